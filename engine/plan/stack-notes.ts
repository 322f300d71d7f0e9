import { EvaluationFailure, Expression } from '../expressions';
import type { Problem, SourceDocument } from '../loader';
import type { Template } from '../steps';
import { isMap, type Path } from './authored';
import type { NameScope } from './names';
import { expressionProblemAt } from './places';
import type { Expectation } from './planned-test';
import type { Row } from './rows';
import { compileTemplate, type TemplateContext } from './templates';

/** A `stacks:` of a case, a test or a folder. */
export interface StackSource {
  readonly document: SourceDocument;
  readonly notes: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

/** What is known of one stack. */
export interface StackNote {
  readonly stack: string;
  readonly expectation: Expectation;
  /** Which rows it is about. */
  readonly where?: Template;
  readonly document: SourceDocument;
}

/** The notes of sources in the same order; `scope` knows the row only, because notes are judged before the run. */
export function compileNotes(sources: readonly StackSource[], scope: NameScope, context: TemplateContext): StackNote[] {
  return sources.flatMap(({ document, notes, path }) =>
    Object.entries(notes).flatMap(([stack, note]): StackNote[] => {
      const expectation = expectationOf(note);
      if (expectation === undefined || !isMap(note)) return [];
      const where = compileTemplate(note.where, [...path, stack, 'where'], scope, { ...context, document });
      return [{ stack, expectation, where, document }];
    }),
  );
}

/** What will come of a row on a stack: its own note, else the first that is about it. */
export function expectationFor(
  stack: string,
  row: Row | undefined,
  notes: readonly StackNote[],
  problems: Problem[],
): Expectation {
  const own = expectationOf(row?.stacks?.[stack]);
  if (own !== undefined) return own;
  const note = notes.find((each) => each.stack === stack && isAbout(row, each, problems));
  return note?.expectation ?? { kind: 'pass' };
}

function isAbout(row: Row | undefined, { where, document }: StackNote, problems: Problem[]): boolean {
  if (!(where instanceof Expression)) return true;
  try {
    return where.evaluate({ row: row?.values }) === true;
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const { reason, start, end } = error;
    const problem = { code: 'EXPRESSION_FAILED', message: reason, start, end, got: row?.name };
    problems.push(expressionProblemAt(document, where.where.path, problem));
    return false;
  }
}

function expectationOf(note: unknown): Expectation | undefined {
  if (!isMap(note)) return undefined;
  const { fails, skip, issue, version } = note;
  const rest = {
    issue: issue === undefined ? undefined : String(issue),
    version: version === undefined ? undefined : String(version),
  };
  if (skip !== undefined) return { kind: 'skip', reason: String(skip), ...rest };
  return fails === undefined ? undefined : { kind: 'fails', reason: String(fails), ...rest };
}
