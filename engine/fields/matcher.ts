import type { AnyKind, FieldKind, JsonSchema, MatcherDefinition } from './kind';
import { oneOf, suggestName } from './nearest-name';
import { isMap, type ParseContext } from './parse-context';

/** What stands in an expectation instead of a literal. Values are canonical; undefined is a field that a header lacks. */
export class Matcher {
  constructor(
    /** As an author writes it. */
    readonly text: string,
    readonly test: (actual: unknown) => boolean,
  ) {}

  /** The same test on another view of the value, such as a number relative to something. */
  over(view: (actual: unknown) => unknown): Matcher {
    return new Matcher(this.text, (actual) => this.test(actual === undefined ? undefined : view(actual)));
  }
}

/** The field is there, whatever its value; also lifts what a connection would demand of it. */
export const PRESENT = new Matcher('present', (actual) => actual !== undefined);

/** The field is not in the header, or is empty. */
export const ABSENT = new Matcher('absent', (actual) => actual === undefined);

/** Stands for a value that only the run can tell, in checks before it. */
export const UNKNOWN = new Matcher('=…', () => true);

/**
 * The canonical value of an authored one, or in mode `expect` a {@link Matcher}; undefined after noting a problem.
 * Matchers and canonical octets pass as they are.
 */
export function parseValue(kind: AnyKind, authored: unknown, context: ParseContext): unknown {
  if (authored instanceof Matcher) return authored;
  if (context.isUnknown?.(authored)) return UNKNOWN;
  if (context.mode === 'expect') {
    if (authored === 'present') return kind.empty === undefined ? PRESENT : notEmpty(kind);
    if (authored === 'absent') return kind.empty === undefined ? ABSENT : empty(kind);
    // No scalar is written as a map, so that a map with a strange key is a matcher misspelt.
    if (isMap(authored) && (isMatcherMap(kind, authored) || SCALARS.includes(kind.expressionType))) {
      return parseMatcher(kind, authored, context);
    }
  } else if (isMap(authored) && isMatcherMap(kind, authored)) {
    return context.wrong('MATCHER_IN_SEND', 'a value to send', authored, 'matchers stand in expectations only');
  }
  return kind.parse(authored, context);
}

/** Whether an actual value is what a canonical value or matcher expects; an unset expectation takes everything. */
export function accepts(kind: AnyKind, expected: unknown, actual: unknown): boolean {
  if (expected === undefined) return true;
  if (expected instanceof Matcher) return expected.test(actual);
  return actual !== undefined && kind.equals(expected, actual);
}

/** A canonical value or matcher as an author writes it. */
export function formatValue(kind: AnyKind, value: unknown, fields?: Readonly<Record<string, unknown>>): string {
  if (value === undefined) return 'absent';
  return value instanceof Matcher ? value.text : kind.format(value, fields);
}

/** Schema of the matchers of a kind. */
export function matcherSchema(kind: AnyKind): JsonSchema {
  const literal = kind.schema('expect');
  const properties: Record<string, unknown> = {
    in: { type: 'array', items: literal, description: 'One of these values.' },
    not: { ...literal, description: 'Anything but this value.' },
    where: {
      type: 'string',
      pattern: '^=',
      description: 'An expression that is true of the value, which it calls `it`.',
    },
  };
  for (const [key, matcher] of Object.entries(kind.matchers)) {
    properties[key] = { anyOf: [matcher.schema, { $ref: '#/$defs/expression' }], description: matcher.doc };
  }
  return { type: 'object', properties, additionalProperties: false, minProperties: 1 };
}

const SCALARS: readonly string[] = ['int', 'bool', 'string'];

const everyKind: Readonly<Record<string, (kind: AnyKind) => MatcherDefinition>> = {
  in: (kind) => ({
    doc: 'One of these values.',
    schema: {},
    parse(authored, context) {
      if (!Array.isArray(authored)) return context.wrong('WRONG_TYPE', 'a list of values', authored);
      const values = authored.map((item, index) => parseValue(kind, item, context.at(index)));
      if (values.includes(undefined)) return undefined;
      return {
        text: `[${values.map((value) => formatValue(kind, value)).join(', ')}]`,
        test: (actual) => values.some((value) => accepts(kind, value, actual)),
      };
    },
  }),
  not: (kind) => ({
    doc: 'Anything but this value.',
    schema: {},
    parse(authored, context) {
      const value = parseValue(kind, authored, context);
      if (value === undefined) return undefined;
      return { text: formatValue(kind, value), test: (actual) => !accepts(kind, value, actual) };
    },
  }),
  where: (kind) => ({
    doc: 'An expression that is true of the value.',
    schema: {},
    parse(authored, context) {
      if (typeof authored !== 'function')
        return context.wrong('WRONG_TYPE', 'an expression that begins with =', authored);
      return { text: '=…', test: (actual) => authored(kind.toExpression(actual)) === true };
    },
  }),
};

function isMatcherMap(kind: AnyKind, map: Record<string, unknown>): boolean {
  return Object.keys(map).some((key) => Object.hasOwn(everyKind, key) || Object.hasOwn(kind.matchers, key));
}

function parseMatcher(kind: AnyKind, map: Record<string, unknown>, context: ParseContext): Matcher | undefined {
  const texts: string[] = [];
  const tests: ((actual: unknown) => boolean)[] = [];
  let failed = false;
  for (const [key, authored] of Object.entries(map)) {
    if (authored === null || authored === undefined) continue;
    const definition = Object.hasOwn(everyKind, key) ? everyKind[key]?.(kind) : kind.matchers[key];
    if (definition === undefined) {
      const known = [...Object.keys(kind.matchers), ...Object.keys(everyKind)];
      context.wrongKey('UNKNOWN_MATCHER', key, oneOf(known), suggestName(key, known));
      failed = true;
      continue;
    }
    if (context.isUnknown?.(authored)) continue;
    const part = definition.parse(authored, context.at(key));
    if (part === undefined) failed = true;
    else {
      texts.push(`${key}: ${part.text}`);
      tests.push(part.test);
    }
  }
  if (failed) return undefined;
  return new Matcher(
    `{ ${texts.join(', ')} }`,
    (actual) => actual !== undefined && tests.every((test) => test(actual)),
  );
}

function notEmpty(kind: FieldKind): Matcher {
  return new Matcher('present', (actual) => actual !== undefined && !kind.equals(kind.empty, actual));
}

function empty(kind: FieldKind): Matcher {
  return new Matcher('absent', (actual) => actual === undefined || kind.equals(kind.empty, actual));
}
