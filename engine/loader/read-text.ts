import { readFileSync } from 'node:fs';
import type { Problem } from './problem';

/** Largest document that is parsed, many times the longest known case: what is made to exhaust a parser stays short. */
export const maxDocumentBytes = 256 * 1024;

/** The text of a file, or the one problem that keeps it from being read. `bytes`: the contents, if they are at hand. */
export function readText(file: string, bytes?: Uint8Array): { text: string } | { problem: Problem } {
  const read = bytes === undefined ? readBytes(file) : { bytes };
  return 'problem' in read ? read : decodeText(file, read.bytes);
}

function wholeFile(file: string, facts: Pick<Problem, 'code' | 'message' | 'expected' | 'got' | 'fix'>): Problem {
  return { ...facts, file, line: 1, column: 1, path: '' };
}

function readBytes(file: string): { bytes: Uint8Array } | { problem: Problem } {
  try {
    return { bytes: readFileSync(file) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return {
        problem: wholeFile(file, {
          code: 'FILE_MISSING',
          message: 'no such file',
          expected: 'a file NAME.case.yaml or NAME.case.json',
          got: code,
          fix: 'check the path; it is taken from the current directory',
        }),
      };
    }
    if (code === 'EISDIR') {
      return {
        problem: wholeFile(file, {
          code: 'FILE_IS_DIRECTORY',
          message: 'this is a directory, not a case',
          expected: 'a file NAME.case.yaml or NAME.case.json',
          got: 'a directory',
          fix: 'name a file in it',
        }),
      };
    }
    if (code === 'ERR_FS_FILE_TOO_LARGE') return { problem: tooLarge(file, 'over 2 GiB') };
    return {
      problem: wholeFile(file, {
        code: 'FILE_UNREADABLE',
        message: 'the file cannot be read',
        got: code,
        fix: 'check its permissions',
      }),
    };
  }
}

function tooLarge(file: string, size: string): Problem {
  return wholeFile(file, {
    code: 'FILE_TOO_LARGE',
    message: 'the file is too large for a case, and was not read',
    expected: `at most ${maxDocumentBytes} bytes`,
    got: size,
    fix: 'split it; large payloads are written { zeros: n }, { random: n } or { pattern: … }',
  });
}

function decodeText(file: string, bytes: Uint8Array): { text: string } | { problem: Problem } {
  if (bytes.length > maxDocumentBytes) return { problem: tooLarge(file, `${bytes.length} bytes`) };
  const binary = (got: string): { problem: Problem } => ({
    problem: wholeFile(file, {
      code: 'FILE_BINARY',
      message: 'the file is not text',
      expected: 'YAML or JSON in UTF-8',
      got,
      fix: 'save it as UTF-8 text',
    }),
  });
  const nul = bytes.indexOf(0);
  if (nul >= 0) return binary(`a NUL byte at offset ${nul}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return binary('bytes that are not UTF-8');
  }
  if (text.trim() === '') return { problem: emptyDocument(file, 'an empty file') };
  return { text };
}

/** There is nothing in the file that could be a case. */
export function emptyDocument(file: string, got: string): Problem {
  return wholeFile(file, {
    code: 'FILE_EMPTY',
    message: 'there is no case in this file',
    expected: 'a mapping with title and steps',
    got,
    fix: 'begin with "title: …", or delete the file',
  });
}
