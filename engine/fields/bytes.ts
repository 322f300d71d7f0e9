import type { FieldKind, JsonSchema, MatcherDefinition } from './kind';
import { Matcher, UNKNOWN } from './matcher';
import { oneOf, suggestName } from './nearest-name';
import { isMap, type ParseContext } from './parse-context';
import { parseInteger } from './uint';

const EMPTY = Buffer.alloc(0);

/** The largest payload that a form such as `zeros` makes. */
const MAX_FORM_LENGTH = 16 * 1024 * 1024;

/** One way to write octets as a map with one key. */
interface Form {
  readonly doc: string;
  readonly schema: JsonSchema;
  /** `length` stands beside `pattern` only. */
  parse(authored: unknown, context: ParseContext, length?: number): Buffer | Matcher | undefined;
}

const lengthSchema: JsonSchema = { type: 'integer', minimum: 0, maximum: MAX_FORM_LENGTH };

const forms: Readonly<Record<string, Form>> = {
  zeros: {
    doc: 'So many zero octets.',
    schema: lengthSchema,
    parse(authored, context) {
      const length = parseLength(authored, context);
      return length === undefined ? undefined : Buffer.alloc(length);
    },
  },
  random: {
    doc: 'So many random octets; a failure prints the seed that makes them again.',
    schema: lengthSchema,
    parse(authored, context) {
      const length = parseLength(authored, context);
      if (length === undefined) return undefined;
      if (context.random === undefined || context.mode === 'expect') {
        return context.wrong(
          'WRONG_TYPE',
          'octets that are known beforehand',
          `random: ${length}`,
          'make them with let and expect the name',
        );
      }
      return Buffer.from(context.random(length));
    },
  },
  text: {
    doc: 'The UTF-8 octets of a text.',
    schema: { type: 'string' },
    parse: (authored, context) =>
      typeof authored === 'string'
        ? Buffer.from(authored)
        : context.wrong('WRONG_TYPE', 'a text', authored, 'quote it'),
  },
  hex: {
    doc: 'Octets in hexadecimal; spaces and colons may stand between them.',
    schema: { type: 'string', pattern: '^([0-9A-Fa-f]{2}[ :]?)*$' },
    parse: parseHex,
  },
  bytes: {
    doc: 'Octets as a list of numbers from 0 to 255.',
    schema: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
    parse(authored, context) {
      if (authored instanceof Uint8Array) return asBuffer(authored);
      if (!Array.isArray(authored)) return context.wrong('WRONG_TYPE', 'a list of numbers from 0 to 255', authored);
      const numbers = authored.map((item, index) => parseInteger(item, context.at(index), 'an integer from 0 to 255'));
      for (const [index, number] of numbers.entries()) {
        if (number === undefined) return undefined;
        if (number < 0) return context.at(index).wrong('VALUE_TOO_SMALL', 'an integer from 0 to 255', number);
        if (number > 255) return context.at(index).wrong('VALUE_TOO_LARGE', 'at most 255', number);
      }
      return Buffer.from(numbers as number[]);
    },
  },
  pattern: {
    doc: 'A text or octets, repeated up to `length`.',
    schema: { type: 'string' },
    parse: parsePattern,
  },
  length: {
    doc: 'So many octets, whatever they are; zeros when sending.',
    schema: lengthSchema,
    parse(authored, context) {
      const length = parseLength(authored, context);
      if (length === undefined) return undefined;
      if (context.mode === 'send') return Buffer.alloc(length);
      return new Matcher(`{ length: ${length} }`, (actual) => (actual as Uint8Array | undefined)?.length === length);
    },
  },
};

/** Names and docs of the forms in which octets are written as a map, for schema and reference. */
export const payloadForms: readonly { key: string; doc: string; schema: JsonSchema }[] = Object.entries(forms).map(
  ([key, { doc, schema }]) => ({ key, doc, schema }),
);

/** Octets up to the end of the header: a number (so many zeros), a text, octets, or a map with one form. */
export const payloadBytes: FieldKind<Buffer> = {
  ...octetKind('payload', 'rest', 1),
  doc: 'So many zero octets (a number), a text, or one of { zeros | random | text | hex | bytes | pattern | length: … }.',
  parse(authored, context) {
    if (authored instanceof Uint8Array) return asBuffer(authored);
    if (typeof authored === 'string') return Buffer.from(authored);
    if (typeof authored === 'number' || typeof authored === 'bigint') {
      const length = parseLength(authored, context);
      return length === undefined ? undefined : Buffer.alloc(length);
    }
    const known = Object.keys(forms);
    const expected = `a number, a text, or a map with one of ${known.join(', ')}`;
    if (!isMap(authored)) return context.wrong('WRONG_TYPE', expected, authored);
    const given = Object.entries(authored).filter(([, value]) => value !== null && value !== undefined);
    for (const [key] of given) {
      if (!Object.hasOwn(forms, key))
        return context.wrongKey('UNKNOWN_FIELD', key, oneOf(known), suggestName(key, known));
    }
    if (given.some(([, value]) => context.isUnknown?.(value))) return UNKNOWN as unknown as Buffer;
    const others = given.filter(([key]) => key !== 'length' || given.length === 1);
    const [only] = others;
    const isPair = given.length === 2 && only?.[0] === 'pattern';
    if (only === undefined || (given.length > 1 && !isPair))
      return context.wrong('WRONG_TYPE', 'a map with one key', authored);
    const length = isPair ? parseLength(authored.length, context.at('length')) : undefined;
    if (isPair && length === undefined) return undefined;
    // `length` gives a matcher in expectations; codec keeps it where the octets would stand.
    return forms[only[0]]?.parse(only[1], context.at(only[0]), length) as Buffer | undefined;
  },
  format: (value) => (isPrintable(value) ? JSON.stringify(value.toString('latin1')) : formatOctets(value)),
  schema: () => ({
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string' },
      {
        type: 'object',
        properties: Object.fromEntries(
          payloadForms.map(({ key, doc, schema }) => [
            key,
            { anyOf: [schema, { $ref: '#/$defs/expression' }], description: doc },
          ]),
        ),
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 2,
      },
    ],
  }),
  examples: [0, 3, 'hello', { hex: '00ff' }, { bytes: [1, 2] }, { pattern: 'abc', length: 8 }],
};

/**
 * Octets in hexadecimal, so many or (`rest`) all up to the end of the header. `unit`: their number is a multiple of it,
 * since the length that the header says can tell no other.
 */
export function hexBytes(octets: number | 'rest', options: { unit?: number } = {}): FieldKind<Buffer> {
  return octetKind('hex', octets, options.unit ?? 1);
}

function octetKind(name: string, octets: number | 'rest', unit: number): FieldKind<Buffer> {
  return {
    name,
    doc: octets === 'rest' ? 'Octets in hexadecimal.' : `${octets} octets in hexadecimal.`,
    layout: {
      octets,
      decode: (bytes, start, end) => (start === end ? EMPTY : bytes.subarray(start, end)),
      encode(value, bytes, start) {
        value.copy(bytes, start);
      },
      octetLength: (value) => value.length,
    },
    expressionType: 'bytes',
    matchers: octets === 'rest' ? { min_length: lengthMatcher('least'), max_length: lengthMatcher('greatest') } : {},
    parse(authored, context) {
      const value = authored instanceof Uint8Array ? asBuffer(authored) : parseHex(authored, context);
      if (value !== undefined && value.length % unit !== 0) {
        return context.wrong('WRONG_LENGTH', `a multiple of ${unit} octets`, value);
      }
      if (value === undefined || octets === 'rest' || value.length === octets) return value;
      return context.wrong('WRONG_LENGTH', `${octets} octets`, value);
    },
    format: (value) => formatOctets(value),
    equals: (expected, actual) => expected.equals(actual),
    schema: () => ({ type: 'string', pattern: '^([0-9A-Fa-f]{2}[ :]?)*$' }),
    toExpression: (value) => value,
    ...(octets === 'rest' ? { empty: EMPTY } : {}),
    examples: octets === 'rest' ? ['', '0f'.repeat(unit === 1 ? 3 : unit)] : ['ab'.repeat(octets)],
  };
}

function lengthMatcher(which: 'least' | 'greatest'): MatcherDefinition {
  return {
    doc: `The ${which} number of octets that matches.`,
    schema: lengthSchema,
    parse(authored, context) {
      const length = parseLength(authored, context);
      if (length === undefined) return undefined;
      const test = (actual: unknown) => {
        const octets = (actual as Uint8Array).length;
        return which === 'least' ? octets >= length : octets <= length;
      };
      return { text: String(length), test };
    },
  };
}

function parsePattern(authored: unknown, context: ParseContext, length?: number): Buffer | undefined {
  const unit = typeof authored === 'string' ? Buffer.from(authored) : authored;
  if (!(unit instanceof Uint8Array) || unit.length === 0)
    return context.wrong('WRONG_TYPE', 'a text or octets', authored);
  if (length === undefined) return context.wrong('WRONG_TYPE', 'length beside pattern', authored, 'add length: N');
  return Buffer.alloc(length, unit);
}

function parseLength(authored: unknown, context: ParseContext): number | undefined {
  const length = parseInteger(authored, context, 'a number of octets');
  if (length === undefined) return undefined;
  if (length < 0) return context.wrong('VALUE_TOO_SMALL', 'a number of octets', authored);
  return length > MAX_FORM_LENGTH
    ? context.wrong('VALUE_TOO_LARGE', `at most ${MAX_FORM_LENGTH} octets`, authored)
    : length;
}

function parseHex(authored: unknown, context: ParseContext): Buffer | undefined {
  if (typeof authored === 'number' || typeof authored === 'bigint') {
    return context.wrong('WRONG_TYPE', 'octets in hexadecimal', authored, `quote it: "${authored}"`);
  }
  if (typeof authored !== 'string') return context.wrong('WRONG_TYPE', 'octets in hexadecimal', authored);
  const digits = authored.replaceAll(/[ :]/g, '');
  if (!/^[0-9A-Fa-f]*$/.test(digits)) return context.wrong('BAD_HEX', 'hexadecimal digits', authored);
  if (digits.length % 2 !== 0) return context.wrong('BAD_HEX', 'two hexadecimal digits for each octet', authored);
  return Buffer.from(digits, 'hex');
}

function formatOctets(value: Buffer): string {
  if (value.length <= 32) return value.length === 0 ? '""' : value.toString('hex');
  return `${value.toString('hex', 0, 16)}… (${value.length} octets)`;
}

function isPrintable(value: Buffer): boolean {
  return value.length > 0 && value.length <= 60 && value.every((octet) => octet >= 0x20 && octet < 0x7f);
}

function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
