import pc from 'picocolors';
import type { Problem } from '../loader';

/** Widest part of a source line that a code frame shows. */
const frameWidth = 120;

/**
 * Problems as a person reads them, each with its code frame, a blank line between two. Without colours unless asked.
 */
export function formatProblems(problems: readonly Problem[], options: { readonly color?: boolean } = {}): string {
  return problems.map((problem) => formatProblem(problem, options)).join('\n');
}

/** One problem: what, where, code frame, expected, got, fix; ends in a line break. */
export function formatProblem(problem: Problem, options: { readonly color?: boolean } = {}): string {
  const c = pc.createColors(options.color ?? false);
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const lines = [`${c.red(c.bold(`error ${problem.code}`))}: ${c.bold(problem.message)}`];
  const row = (label: string, text: string) =>
    lines.push(`  ${c.dim(label.padEnd(9))} ${text.replaceAll('\n', '\n            ')}`);
  row('at', problem.path === '' ? place : `${place} (${problem.path})`);
  if (problem.sourceLine !== undefined) lines.push(...codeFrame(problem, problem.sourceLine, c));
  if (problem.expected !== undefined) row('expected', problem.expected);
  if (problem.got !== undefined) row('got', problem.got);
  if (problem.fix !== undefined) row('fix', c.green(problem.fix));
  return `${lines.join('\n')}\n`;
}

/** The same facts for programs: one object a problem, absent parts left out. */
export function problemsToJson(problems: readonly Problem[]): Record<string, unknown>[] {
  return problems.map(({ code, message, file, line, column, endColumn, path, expected, got, fix }) => {
    const all = { code, message, file, line, column, endColumn, path, expected, got, fix };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  });
}

function codeFrame(problem: Problem, sourceLine: string, c: ReturnType<typeof pc.createColors>): string[] {
  // A tab would move the caret by an unknown width.
  const text = sourceLine.replaceAll('\t', '→');
  const at = problem.column - 1;
  const from = Math.max(0, Math.min(at - 40, text.length - frameWidth));
  const shown = text.slice(from, from + frameWidth);
  const end = Math.min(problem.endColumn ?? Number.POSITIVE_INFINITY, from + shown.trimEnd().length + 1);
  const carets = '^'.repeat(Math.max(1, end - problem.column));
  const gutter = String(problem.line);
  const lead = from > 0 ? '…' : '';
  const bar = c.dim('|');
  return [
    `  ${c.dim(gutter.padStart(9))} ${bar} ${lead}${shown}${from + frameWidth < text.length ? '…' : ''}`.trimEnd(),
    `  ${' '.repeat(9)} ${bar} ${' '.repeat(lead.length + at - from)}${c.red(carets)}`,
  ];
}
