import { nearest } from './nearest';

/** What is wrong with an expression; offsets are into its source, without the `=`. */
export interface ExpressionProblem {
  readonly code:
    | 'EXPRESSION_SYNTAX'
    | 'EXPRESSION_TYPE'
    | 'EXPRESSION_FAILED'
    | 'UNKNOWN_NAME'
    | 'UNKNOWN_FIELD'
    | 'VALUE_TOO_LARGE'
    | (string & {});
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly expected?: string;
  readonly got?: string;
  readonly fix?: string;
}

/** CEL's functions that make values which our times cannot be computed with, and what to write instead. */
export const foreignFunctions: Readonly<Record<string, string>> = {
  duration: 'write s(n), ms(n), us(n) or ns(n)',
  timestamp: 'times come from frames and calls: NAME.time, NAME.start, NAME.end',
};

/** The parts of CEL's errors that are read here; they are public but the package's type of a caught error is unknown. */
interface CelError {
  readonly code?: string;
  readonly summary?: string;
  readonly range?: { readonly start: number; readonly end: number };
  readonly node?: { readonly start?: number; readonly args?: unknown };
}

/** Operators of other languages, and what says the same here. */
const foreignOperators: readonly (readonly [RegExp, string])[] = [
  [/^<<|^<$/, 'shift_left(a, n)'],
  [/^>>/, 'shift_right(a, n)'],
  [/^\|(?!\|)/, 'bit_or(a, b)'],
  [/^&(?!&)/, 'bit_and(a, b)'],
  [/^\^/, 'bit_xor(a, b)'],
  [/^=(?!=)/, '== to compare'],
  [/^and\b/, '&&'],
  [/^or\b/, '||'],
];

const tokenNames: Readonly<Record<string, string>> = {
  EOF: 'the end',
  IDENTIFIER: 'a name',
  LPAREN: '"("',
  RPAREN: '")"',
  LBRACKET: '"["',
  RBRACKET: '"]"',
  LBRACE: '"{"',
  RBRACE: '"}"',
  COLON: '":"',
};

/** Words an error of CEL's parser. */
export function explainSyntax(source: string, error: unknown): ExpressionProblem {
  const { code = '', summary = String(error), range } = error as CelError;
  const start = Math.min(range?.start ?? 0, source.length);
  const end = Math.max(range?.end ?? start, start);
  const rest = source.slice(start);
  const problem = { code: 'EXPRESSION_SYNTAX', start, end: Math.max(end, Math.min(start + 1, source.length)) } as const;
  if (source.trim() === '') {
    return {
      ...problem,
      message: 'there is no expression after "="',
      fix: 'write one, or quote a text that is only "="',
    };
  }
  if (code === 'reserved_identifier') {
    const word = source.slice(start, end);
    return {
      ...problem,
      message: `"${word}" is a reserved word of CEL`,
      got: word,
      fix: 'give the thing another name',
    };
  }
  const atStart = source.slice(Math.max(0, start - 1)).startsWith('<<') ? source.slice(start - 1) : rest;
  const shifted = source.slice(Math.max(0, start - 1)).startsWith('>>') ? source.slice(start - 1) : atStart;
  const foreign = foreignOperators.find(([pattern]) => pattern.test(shifted));
  if (foreign !== undefined && rest !== '') {
    return {
      ...problem,
      message: `CEL has no operator "${/^\W+|^\w+/.exec(shifted)?.[0].trim() ?? ''}"`,
      fix: `write ${foreign[1]}`,
    };
  }
  const unit = /\d(?:\.\d+)?$/.test(source.slice(0, start)) ? /^(?:ns|us|ms|s|m)\b/.exec(rest)?.[0] : undefined;
  if (unit !== undefined) {
    const fix = unit === 'm' ? 's(60 * n)' : `${unit}(n)`;
    return { ...problem, message: 'a number in an expression has no unit', got: unit, fix: `write ${fix}` };
  }
  const [, wanted, found] = /^Expected (\w+), got (\w+)$/.exec(summary) ?? [];
  if (wanted !== undefined && found !== undefined) {
    const message = `${tokenNames[wanted] ?? wanted.toLowerCase()} has to stand here`;
    return { ...problem, message, got: rest === '' ? 'the end' : rest };
  }
  if (code === 'unexpected_token' || code === 'unexpected_character') {
    const message = rest === '' ? 'the expression ends too early' : 'the expression cannot go on like this';
    return { ...problem, message, got: rest === '' ? 'the end' : rest };
  }
  return { ...problem, message: summary[0]?.toLowerCase() + summary.slice(1) };
}

/** Words an error of CEL's type check. */
export function explainType(
  source: string,
  error: unknown,
  fieldsOf: (type: string) => readonly string[],
): ExpressionProblem {
  const { code = '', summary = String(error), range, node } = error as CelError;
  // The range of `a.b` begins at b, which is right only where b itself is the mistake.
  const start = (code === 'no_such_key' ? range?.start : (node?.start ?? range?.start)) ?? 0;
  const end = Math.max(range?.end ?? source.length, start + 1);
  const at = { start, end };
  if (code === 'no_such_key') return unknownField(summary, node, fieldsOf, at);
  const overload = /^no such overload: (?:(.+) (\S+) (.+)|([-!])(.+))$/.exec(summary);
  if (overload !== null) {
    const [, left, operator = '', right, sign, operand] = overload;
    const got = sign === undefined ? `${left} ${operator} ${right}` : `${sign} ${operand}`;
    const fix = left === undefined || right === undefined ? undefined : mend(left, operator, right);
    return { code: 'EXPRESSION_TYPE', message: `cannot compute ${got}`, ...at, got: source.slice(start, end), fix };
  }
  const call = /^found no matching overload for '(.+)'$/s.exec(summary);
  if (call !== null) {
    return { code: 'EXPRESSION_TYPE', message: `no function takes ${call[1]}`, ...at, got: source.slice(start, end) };
  }
  const message = summary.replaceAll("'", '"');
  return {
    code: 'EXPRESSION_TYPE',
    message: message[0]?.toLowerCase() + message.slice(1),
    ...at,
    got: source.slice(start, end),
  };
}

function unknownField(
  summary: string,
  node: CelError['node'],
  fieldsOf: (type: string) => readonly string[],
  at: { start: number; end: number },
): ExpressionProblem {
  const got = summary.replace('No such key: ', '');
  const owner = (node?.args as [{ checkedType?: { name?: string } }] | undefined)?.[0]?.checkedType?.name ?? '';
  const fields = fieldsOf(owner);
  const near = nearest(got, fields);
  return {
    code: 'UNKNOWN_FIELD',
    message: `${owner} has no field "${got}"`,
    ...at,
    expected: fields.length === 0 ? undefined : `one of ${fields.join(', ')}`,
    got,
    fix: near === undefined ? undefined : `write ${near}`,
  };
}

function mend(left: string, operator: string, right: string): string | undefined {
  const pair = [left, right];
  const times = pair.includes('duration') || pair.includes('timestamp');
  if (times && pair.includes('int')) return 'give the number a unit: s(n), ms(n), us(n)';
  if (times && pair.includes('string')) return 'write the time as s(n), ms(n) or us(n)';
  if (pair.includes('duration') && pair.includes('timestamp')) return 'the difference of two times is a duration';
  if (pair.includes('int') && pair.includes('double')) return 'turn one into the other: double(n) or int(x)';
  if (pair.includes('string') && pair.includes('int')) {
    return operator === '+'
      ? 'turn the number into a text: string(n)'
      : 'flags, addresses and errnos are texts: quote the other side, or compare numbers';
  }
  return undefined;
}

/** Words why a run of an expression failed; CEL's types of single values are of no interest then. */
export function explainRun(summary: string): string {
  const plain = summary.replaceAll(/dyn<(\w+)>/g, '$1').replaceAll("'", '"');
  const missing = /^No such key: (.*)$/s.exec(plain)?.[1];
  if (missing !== undefined) return `there is no "${missing}"`;
  const overload = /^no such overload: (.*)$/s.exec(plain)?.[1];
  return overload === undefined ? plain : `cannot compute ${overload}`;
}
