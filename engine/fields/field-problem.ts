/** What is wrong with an authored value; the facts, not the text of the report. */
export type FieldProblemCode =
  | 'UNKNOWN_LAYER'
  | 'UNKNOWN_FIELD'
  | 'UNKNOWN_CONSTANT'
  | 'UNKNOWN_OPTION'
  | 'UNKNOWN_MATCHER'
  | 'WRONG_TYPE'
  | 'WRONG_LENGTH'
  | 'VALUE_TOO_LARGE'
  | 'VALUE_TOO_SMALL'
  | 'NOT_A_MULTIPLE'
  | 'BAD_ADDRESS'
  | 'BAD_HEX'
  | 'DUPLICATE_KEY'
  | 'MATCHER_IN_SEND'
  | 'NOT_IN_THIS_MESSAGE';

export type Path = readonly (string | number)[];

/** One mistake in an authored layer or field. `path` leads from the value given to the parser to the mistake. */
export class FieldProblem {
  constructor(
    readonly code: FieldProblemCode,
    readonly path: Path,
    readonly expected: string,
    readonly got: string,
    readonly fix?: string,
    /** Whether the mistake is the key at the end of `path` rather than its value. */
    readonly at: 'key' | 'value' = 'value',
  ) {}

  /** The problem as one line, for logs and tests; reports lay the parts out themselves. */
  toString(): string {
    const fix = this.fix === undefined ? '' : `; ${this.fix}`;
    return `${this.code} at ${formatPath(this.path)}: expected ${this.expected}, got ${this.got}${fix}`;
  }
}

/** `tcp.options[1].mss` for `['tcp', 'options', 1, 'mss']`; `(top)` for an empty path. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text === '' ? '(top)' : text;
}
