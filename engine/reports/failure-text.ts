import pc from 'picocolors';
import type { Failure, TestResult } from '../runner';

/** Lines of the case that are shown above and below the one that failed. */
const frameContext = 2;

/** What the text of a failure needs beside the result itself. */
export interface FailureTextOptions {
  readonly color?: boolean;
  /** Text of a case file, for the code frame; undefined when it cannot be read. */
  readonly readSource?: (file: string) => string | undefined;
  /** Leaves out where it is: the reader is shown that by other means. */
  readonly withoutPlace?: boolean;
}

/**
 * One failure as a person reads it: first what differed, then where with the lines of the case, then what was seen.
 * Ends without a line break.
 */
export function formatFailure(failure: Failure, options: FailureTextOptions = {}): string {
  const c = pc.createColors(options.color ?? false);
  const lines = [c.bold(c.red(failure.message))];
  const row = (label: string, text: string) => {
    const [first, ...more] = text.split('\n');
    lines.push(`${c.dim(label.padEnd(11))} ${first}`, ...more.map((line) => `${' '.repeat(12)}${line}`));
  };
  if (options.withoutPlace !== true) {
    row('at', `${failure.file}:${failure.line}:${failure.column}${failure.path === '' ? '' : ` (${failure.path})`}`);
    const source = options.readSource?.(failure.file);
    if (source !== undefined) lines.push(...codeFrame(source, failure, c));
  }
  if (failure.differences.length > 0) {
    lines.push(...differenceTable(failure.differences, c));
  } else {
    if (failure.expected !== undefined) row('expected', failure.expected);
    if (failure.got !== undefined) row('got', failure.got);
  }
  lines.push(...failure.details);
  if (failure.fix !== undefined) row('fix', c.green(failure.fix));
  return lines.join('\n');
}

/** The shell command that runs one test again, with the same random numbers. */
export function rerunCommand(result: TestResult): string {
  const { file, title, name } = result.test;
  const pattern = `^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
  // A test that is called as its case is the only one in the file.
  const filter = name === title ? '' : ` --filter ${shellWord(pattern)}`;
  return `npx packetcase run ${shellWord(file)}${filter} --seed ${result.seed}`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The lines of the case around the step, its own marked, with a caret where it begins. */
function codeFrame(source: string, failure: Failure, c: ReturnType<typeof pc.createColors>): string[] {
  const text = source.split(/\r?\n/);
  if (text[failure.line - 1] === undefined) return [];
  const first = Math.max(1, failure.line - frameContext);
  const last = Math.min(text.at(-1) === '' ? text.length - 1 : text.length, failure.line + frameContext);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const content = (text[number - 1] ?? '').replaceAll('\t', ' ');
    const isIt = number === failure.line;
    const gutter = `${isIt ? '>' : ' '} ${String(number).padStart(width)} |`;
    frame.push(`  ${isIt ? c.red(gutter) : c.dim(gutter)} ${content}`.trimEnd());
    if (isIt) frame.push(`  ${' '.repeat(width + 2)} ${c.dim('|')} ${' '.repeat(failure.column - 1)}${c.red('^')}`);
  }
  return frame;
}

/** Each field that differs, expected and got in columns. */
function differenceTable(differences: Failure['differences'], c: ReturnType<typeof pc.createColors>): string[] {
  const wide = (texts: string[]) => Math.max(...texts.map((text) => text.length));
  const pathWidth = wide(differences.map((difference) => difference.path));
  const expectedWidth = wide(differences.map((difference) => difference.expected));
  return differences.map(
    ({ path, expected, got }) =>
      `  ${path.padEnd(pathWidth)}  ${c.dim('expected')} ${c.green(expected.padEnd(expectedWidth))}  ${c.dim('got')} ${c.red(got)}`,
  );
}
