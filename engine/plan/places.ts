import type { ExpressionProblem } from '../expressions';
import { type Problem, problemAt, type SourceDocument } from '../loader';
import type { Path } from './authored';

/** Places an expression's problem at its column inside the scalar that holds the expression. */
export function expressionProblemAt(
  document: SourceDocument,
  path: Path,
  { start, end, ...facts }: ExpressionProblem,
): Problem {
  const problem = problemAt(document, { ...facts, path });
  const written = document.sourceOf(path);
  if (written === undefined) return problem;
  // The value is `=` and the source, so its offsets are one behind the value's.
  const offsets = offsetsInText(written, valueAt(document, path));
  const from = offsets[start + 1] ?? written.length;
  const to = Math.max(offsets[end + 1] ?? written.length, from);
  const before = written.slice(0, from).split('\n');
  const line = problem.line + before.length - 1;
  const column = (before.length === 1 ? problem.column : 1) + (before.at(-1)?.length ?? 0);
  const isOneLine = !written.slice(from, to).includes('\n');
  const sourceLine = document.text.split(/\r?\n/)[line - 1];
  return { ...problem, line, column, endColumn: isOneLine ? column + to - from : undefined, sourceLine };
}

function valueAt(document: SourceDocument, path: Path): string {
  let value = document.data;
  for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return String(value);
}

/**
 * For each character of a scalar's value, its offset in the scalar as written. Quotes, escapes, the head and indentation
 * of block scalars, and line breaks folded into spaces are skipped; `\x` escapes are shown where they begin.
 */
function offsetsInText(written: string, value: string): number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const character of value) {
    if (character === ' ' || character === '\n') {
      const blank = /^\s+/.exec(written.slice(at));
      offsets.push(at);
      at += character === ' ' && written[at] === ' ' ? 1 : (blank?.[0].length ?? 0);
    } else {
      const found = written.indexOf(character, at);
      if (found >= 0) at = found;
      offsets.push(at);
      if (found >= 0) at += 1;
    }
  }
  offsets.push(at);
  return offsets;
}
