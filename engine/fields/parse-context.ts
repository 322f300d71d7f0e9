import { FieldProblem, type FieldProblemCode, type Path } from './field-problem';

/** Unset means "default or computed" in `send` and "don't care" in `expect`; only `expect` knows matchers. */
export type Mode = 'send' | 'expect';

/** Gives so many random octets. */
export type RandomBytes = (length: number) => Uint8Array;

/** What a parser may use beside the authored value. */
export interface ParseOptions {
  /** Makes the octets of `{ random: N }`; passed in, so that a seed can be replayed. */
  readonly random?: RandomBytes;
  /** True for values that only the run can tell (expressions): they are taken as they are, so that the rest can be checked. */
  readonly isUnknown?: (authored: unknown) => boolean;
}

/** Where in the authored value a parser stands, what it may use, and where it puts the problems it finds. */
export class ParseContext {
  readonly problems: FieldProblem[];

  constructor(
    readonly mode: Mode,
    private readonly options: ParseOptions = {},
    readonly path: Path = [],
    problems: FieldProblem[] = [],
  ) {
    this.problems = problems;
  }

  get random(): RandomBytes | undefined {
    return this.options.random;
  }

  get isUnknown(): ((authored: unknown) => boolean) | undefined {
    return this.options.isUnknown;
  }

  /** The context of a value inside this one; problems are collected together. */
  at(...keys: (string | number)[]): ParseContext {
    return new ParseContext(this.mode, this.options, [...this.path, ...keys], this.problems);
  }

  /** Notes a problem with the value here and returns undefined, which is what a parser then returns. */
  wrong(code: FieldProblemCode, expected: string, got: unknown, fix?: string): undefined {
    this.problems.push(new FieldProblem(code, this.path, expected, formatAuthored(got), fix));
    return undefined;
  }

  /** Notes a problem with a key of the value here. */
  wrongKey(code: FieldProblemCode, key: string, expected: string, fix?: string): undefined {
    this.problems.push(new FieldProblem(code, [...this.path, key], expected, key, fix, 'key'));
    return undefined;
  }
}

/** An authored value as the author could have written it, cut at 60 characters. */
export function formatAuthored(value: unknown): string {
  const text = formatWhole(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** True for an authored map, as opposed to lists, bytes and null. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function formatWhole(value: unknown): string {
  if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value);
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(formatWhole).join(', ')}]`;
  if (typeof value === 'function') return 'a function';
  if (isMap(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${formatWhole(inner)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return String(value);
}

/** A text that YAML would not take for something else, so that it needs no quotes. */
function isPlain(text: string): boolean {
  return /^[\w.:/ -]+$/.test(text) && !/^(-?\d+(\.\d+)?|true|false|null)$/.test(text);
}
