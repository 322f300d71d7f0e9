import type { ExpressionType } from '../expressions';
import { isMap, type Path } from './authored';

/** One row of a test: a combination of the axes and rows that apply to it. */
export interface Row {
  readonly name: string;
  /** Values by column; a cell that only other rows have is null. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The row's own `stacks:`. */
  readonly stacks?: Readonly<Record<string, unknown>>;
  /** Where the last part of it is written. */
  readonly path: Path;
}

/** A mistake in rows; paths are from the document's root. */
export interface RowMistake {
  readonly code: string;
  readonly message: string;
  readonly path: Path;
  readonly at?: 'key' | 'value';
  readonly expected?: string;
  readonly got?: string;
  readonly fix?: string;
}

/** Where the rows of a test come from: `matrix` and `table` of its file and its own. */
export interface RowSource {
  readonly matrix?: unknown;
  readonly table?: unknown;
  readonly path: Path;
}

/** One axis: an axis of a matrix, or a table with its rows. Rows of a test are one part of each, in order. */
type Axis = readonly Part[];

interface Part {
  readonly label: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly stacks?: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

/** Words that CEL's grammar does not let stand after a dot. */
const keywords: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null']);

/** Most rows that one test may have; more is a slip (a matrix of two long lists too many). */
const MAX_ROWS = 100_000;

/** A cell with its expressions compiled, or their value where it is known already. */
type CompileCell = (value: unknown, path: Path) => unknown;

/** All rows of a test, in the order of writing, the last axis running fastest; none given: undefined. */
export function makeRows(
  sources: readonly RowSource[],
  compile: CompileCell,
  report: (mistake: RowMistake) => void,
): Row[] | undefined {
  const axes = sources.flatMap((source) => [
    ...matrixAxes(source, compile, report),
    ...tableAxis(source, compile, report),
  ]);
  if (axes.length === 0) return undefined;
  checkColumns(axes, report);
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  if (count > MAX_ROWS) {
    const path = axes.at(-1)?.[0]?.path.slice(0, -1) ?? [];
    report({
      code: 'TOO_MANY_ROWS',
      message: `these make ${count} rows`,
      path,
      expected: `at most ${MAX_ROWS}`,
      got: String(count),
    });
    return [];
  }
  let parts: Part[] = [{ label: '', values: {}, path: [] }];
  for (const axis of axes) parts = parts.flatMap((before) => axis.map((part) => joined(before, part)));
  const columns = new Set(parts.flatMap(({ values }) => Object.keys(values)));
  const rows = parts.map(({ label, values, stacks, path }) => ({
    name: label,
    values: complete(values, columns),
    stacks,
    path,
  }));
  checkNames(rows, report);
  return rows;
}

/** The type of each column: that of all its cells when they agree. */
export function columnTypes(
  rows: readonly Row[],
  typeOf: (value: unknown) => ExpressionType,
): Record<string, ExpressionType> {
  const types: Record<string, ExpressionType> = {};
  for (const { values } of rows) {
    for (const [column, value] of Object.entries(values)) {
      const type = value === null ? 'dyn' : typeOf(value);
      types[column] = (types[column] ?? type) === type ? type : 'dyn';
    }
  }
  return types;
}

function matrixAxes({ matrix, path }: RowSource, compile: CompileCell, report: (mistake: RowMistake) => void): Axis[] {
  if (matrix === undefined || !isMap(matrix)) return [];
  const axes: Axis[] = [];
  for (const [name, choices] of Object.entries(matrix)) {
    const axisPath = [...path, 'matrix', name];
    const list = typeof choices === 'string' ? compile(choices, axisPath) : choices;
    if (!Array.isArray(list)) {
      report({
        code: 'ROWS_NOT_KNOWN',
        message: 'the values of an axis have to be known before the run',
        path: axisPath,
        expected: 'a list, or an expression of constants that gives one',
      });
      continue;
    }
    if (list.length === 0) report(noRows('this axis has no values', axisPath));
    axes.push(
      list.map((choice: unknown, index) => {
        const itemPath = [...axisPath, index];
        const value = list === choices ? compile(choice, itemPath) : choice;
        return { label: `${name}=${shortText(value)}`, values: { [name]: value }, path: itemPath };
      }),
    );
  }
  return axes;
}

function tableAxis({ table, path }: RowSource, compile: CompileCell, report: (mistake: RowMistake) => void): Axis[] {
  if (!Array.isArray(table)) return [];
  const tablePath = [...path, 'table'];
  if (table.length === 0) report(noRows('this table has no rows', tablePath));
  return [
    table.flatMap((row: unknown, index): Part[] => {
      if (!isMap(row)) return [];
      const { stacks, ...cells } = row;
      const rowPath = [...tablePath, index];
      const values: Record<string, unknown> = {};
      for (const [column, cell] of Object.entries(cells)) values[column] = compile(cell, [...rowPath, column]);
      const labels = Object.entries(values).map(([column, value]) => `${column}=${shortText(value)}`);
      const label = cells.name === undefined ? labels.join(', ') : String(cells.name);
      return [{ label, values, stacks: isMap(stacks) ? stacks : undefined, path: rowPath }];
    }),
  ];
}

function noRows(message: string, path: Path): RowMistake {
  return {
    code: 'NO_ROWS',
    message: `${message}, so the test would not run at all`,
    path,
    expected: 'at least one',
    got: 'none',
  };
}

function checkColumns(axes: readonly Axis[], report: (mistake: RowMistake) => void): void {
  const seen = new Set<string>();
  for (const axis of axes) {
    const columns = new Map<string, Part>();
    for (const part of axis)
      for (const column of Object.keys(part.values)) if (!columns.has(column)) columns.set(column, part);
    for (const [column, part] of columns) {
      const isAxis = part.path.at(-2) === column;
      const place = isAxis ? part.path.slice(0, -1) : [...part.path, column];
      const isWord = keywords.has(column);
      if (isWord || !/^[A-Za-z_]\w*$/.test(column)) {
        report({
          code: isWord ? 'NAME_RESERVED' : 'NAME_INVALID',
          message: `"${column}" cannot be read as =row.${column}${isWord ? ': it is a word of CEL' : ''}`,
          path: place,
          at: 'key',
          expected: 'a name of letters, digits and _',
          got: column,
          fix: 'choose another name for the column',
        });
      }
      if (seen.has(column) && column !== 'name') {
        report({
          code: 'DUPLICATE_COLUMN',
          message: `"${column}" is a column already, of another table or matrix of this test`,
          path: place,
          at: 'key',
          got: column,
          fix: 'give one of the two another name',
        });
      }
      seen.add(column);
    }
  }
}

function checkNames(rows: readonly Row[], report: (mistake: RowMistake) => void): void {
  const seen = new Set<string>();
  const reported = new Set<string>();
  for (const { name, path } of rows) {
    const key = JSON.stringify(path);
    if (seen.has(name) && !reported.has(key)) {
      reported.add(key);
      report({
        code: 'DUPLICATE_ROW',
        message: `two rows of this test are called "${name}"`,
        path,
        expected: 'a name that no other row has',
        got: name,
        fix: 'give each row a name: of its own',
      });
    }
    seen.add(name);
  }
}

function joined(before: Part, part: Part): Part {
  if (before.label === '' && before.path.length === 0) return part;
  return {
    label: `${before.label}, ${part.label}`,
    values: { ...before.values, ...part.values },
    stacks: part.stacks ?? before.stacks,
    path: part.path,
  };
}

function complete(values: Readonly<Record<string, unknown>>, columns: ReadonlySet<string>): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const column of columns) all[column] = values[column] ?? null;
  return all;
}

const SHORT = 40;

/** A cell in a row's name. */
function shortText(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : (JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ??
        String(value));
  return text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
}
