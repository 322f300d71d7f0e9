import type { SourceDocument } from './document';

/** A mistake in a document: facts only; {@link ../reports/problem-text.ts} words and draws them. */
export interface Problem {
  /** Stable, in capitals: `UNKNOWN_FIELD`. */
  readonly code: string;
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
  /** One past the last column, when the place ends on the same line. */
  readonly endColumn?: number;
  /** `steps[3].expect.tcp.sequence`; empty for the document as a whole. */
  readonly path: string;
  readonly expected?: string;
  readonly got?: string;
  readonly fix?: string;
  /** The line of the document that `line` counts, for the code frame; unset where there is no text to show. */
  readonly sourceLine?: string;
}

/** The facts of a {@link Problem} before its path has become a position. */
export interface Mistake {
  readonly code: string;
  readonly message: string;
  readonly path: readonly (string | number)[];
  /** Point at the key instead of the value. */
  readonly at?: 'key' | 'value';
  readonly expected?: string;
  readonly got?: string;
  readonly fix?: string;
}

/** Places a mistake in its document. A path that leads nowhere (a missing key) is shown at its deepest existing part. */
export function problemAt(document: SourceDocument, mistake: Mistake): Problem {
  const { path, at, ...facts } = mistake;
  const span = document.locate(path, at);
  return {
    ...facts,
    file: document.file,
    line: span.line,
    column: span.column,
    endColumn: span.endLine === span.line ? span.endColumn : undefined,
    path: formatPath(path),
    sourceLine: lineOf(document.text, span.line),
  };
}

/** `['steps', 3, 'expect']` as `steps[3].expect`; keys that are no plain names are quoted: `sysctl["net.ipv4.tcp_sack"]`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[\w-]+$/.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/**
 * Problems as they are shown: by file, line and column, and of several on one line the first only, because the later
 * ones are mostly its consequences. Of several stages (syntax, shape, names, types) an earlier one has the word on its
 * lines.
 */
export function arrangeProblems(...stages: readonly (readonly Problem[])[]): Problem[] {
  const byLine = new Map<string, Problem>();
  for (const stage of stages) {
    for (const problem of [...stage].sort(byPlace)) {
      const line = `${problem.file}:${problem.line}`;
      if (!byLine.has(line)) byLine.set(line, problem);
    }
  }
  return [...byLine.values()].sort(byPlace);
}

function byPlace(a: Problem, b: Problem): number {
  return (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column;
}

/** Line `line` (from 1) of a text, without its line break. */
export function lineOf(text: string, line: number): string | undefined {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}
