import { type AnyKind, type FieldKind, isBits } from './kind';
import { accepts, formatValue, parseValue } from './matcher';
import { oneOf, suggestName } from './nearest-name';
import { formatAuthored, isMap } from './parse-context';

export interface RecordMember {
  readonly key: string;
  readonly kind: AnyKind;
  readonly doc: string;
  /** What an unset member is when sent; 0 unless said. */
  readonly default?: unknown;
  /** The member that this one is another view of; it has no octets of its own, and a connection tells the two apart. */
  readonly virtual?: string;
}

export type RecordValue = Readonly<Record<string, unknown>>;

/**
 * Several whole-octet values in a row as a map, such as a timestamps option's `{ val, ecr }`. Unset members are not
 * compared and are sent as their default.
 */
export function record(members: readonly RecordMember[]): FieldKind<RecordValue> {
  const onWire = members
    .filter((member) => member.virtual === undefined)
    .map((member) => ({ ...member, view: members.find(({ virtual }) => virtual === member.key)?.key ?? member.key }));
  const known = members.map((member) => member.key);
  const fixedOctets = onWire.reduce((sum, { kind }) => sum + memberOctets(kind, undefined), 0);
  const last = onWire[onWire.length - 1];
  const isFixed = last === undefined || isBits(last.kind.layout) || last.kind.layout.octets !== 'rest';
  return {
    name: 'record',
    doc: `A map with ${known.join(', ')}.`,
    layout: {
      octets: isFixed ? fixedOctets : 'rest',
      decode(bytes, start, end) {
        const value: Record<string, unknown> = {};
        let offset = start;
        for (const { key, kind } of onWire) {
          if (isBits(kind.layout)) {
            value[key] = readNumber(bytes, offset, kind.layout.bits / 8) * (kind.layout.scale ?? 1);
            offset += kind.layout.bits / 8;
          } else {
            const stop = kind.layout.octets === 'rest' ? end : offset + kind.layout.octets;
            value[key] = kind.layout.decode(bytes, offset, stop);
            offset = stop;
          }
        }
        return value;
      },
      encode(value, bytes, start) {
        let offset = start;
        for (const { key, view, kind, default: unset } of onWire) {
          const given = value[view] ?? value[key] ?? unset;
          const octets = memberOctets(kind, given);
          if (isBits(kind.layout))
            writeNumber(bytes, offset, octets, ((given as number | undefined) ?? 0) / (kind.layout.scale ?? 1));
          else if (given !== undefined) kind.layout.encode(given, bytes, offset);
          else bytes.fill(0, offset, offset + octets);
          offset += octets;
        }
      },
      octetLength: (value) =>
        isFixed
          ? fixedOctets
          : onWire.reduce((sum, { key, kind, default: unset }) => sum + memberOctets(kind, value[key] ?? unset), 0),
    },
    expressionType: 'map',
    matchers: {},
    parse(authored, context) {
      if (!isMap(authored)) return context.wrong('WRONG_TYPE', `a map with ${known.join(', ')}`, authored);
      const value: Record<string, unknown> = {};
      let failed = false;
      for (const [key, given] of Object.entries(authored)) {
        const member = members.find((candidate) => candidate.key === key);
        if (member === undefined) {
          context.wrongKey('UNKNOWN_FIELD', key, oneOf(known), suggestName(key, known));
          failed = true;
        } else if (given !== null && given !== undefined) {
          value[key] = parseValue(member.kind, given, context.at(key));
          failed ||= value[key] === undefined;
        }
      }
      return failed ? undefined : value;
    },
    format(value) {
      const parts = members
        .filter(({ key }) => value[key] !== undefined)
        .map(({ key, kind }) => `${key}: ${formatValue(kind, value[key], value)}`);
      return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
    },
    equals: (expected, actual) =>
      members.every(({ key, kind, virtual }) => accepts(kind, expected[key], actual[key] ?? actual[virtual ?? key])),
    schema: (mode) => ({
      type: 'object',
      properties: Object.fromEntries(
        members.map(({ key, kind, doc }) => [
          key,
          { anyOf: [kind.schema(mode), { $ref: '#/$defs/expression' }], description: doc },
        ]),
      ),
      additionalProperties: false,
    }),
    toExpression: (value) =>
      Object.fromEntries(
        members
          .filter(({ key }) => value[key] !== undefined)
          .map(({ key, kind }) => [key, kind.toExpression(value[key])]),
      ),
    examples: [{}, Object.fromEntries(onWire.map(({ key, kind }) => [key, kind.examples[kind.examples.length - 1]]))],
  };
}

/** As many equal items as there is room for, as a list. */
export function repeated<T>(item: FieldKind<T>, itemOctets: number): FieldKind<readonly T[]> {
  const readItem = (bytes: Buffer, start: number): T =>
    isBits(item.layout)
      ? (readNumber(bytes, start, itemOctets) as T)
      : item.layout.decode(bytes, start, start + itemOctets);
  return {
    name: `list of ${item.name}`,
    doc: `A list. Each: ${item.doc}`,
    layout: {
      octets: 'rest',
      decode(bytes, start, end) {
        const items: T[] = [];
        for (let offset = start; offset + itemOctets <= end; offset += itemOctets) items.push(readItem(bytes, offset));
        return items;
      },
      encode(items, bytes, start) {
        for (const [index, value] of items.entries()) {
          if (isBits(item.layout)) writeNumber(bytes, start + index * itemOctets, itemOctets, value as number);
          else item.layout.encode(value, bytes, start + index * itemOctets);
        }
      },
      octetLength: (items) => items.length * itemOctets,
    },
    expressionType: 'list',
    matchers: {},
    parse(authored, context) {
      if (!Array.isArray(authored)) return context.wrong('WRONG_TYPE', 'a list', authored);
      const items = authored.map((value, index) => parseValue(item, value, context.at(index)) as T | undefined);
      return items.includes(undefined) ? undefined : (items as T[]);
    },
    format: (items) => `[${items.map((value) => formatValue(item, value)).join(', ')}]`,
    equals: (expected, actual) =>
      expected.length === actual.length && expected.every((value, index) => accepts(item, value, actual[index])),
    schema: (mode) => ({ type: 'array', items: { anyOf: [item.schema(mode), { $ref: '#/$defs/expression' }] } }),
    toExpression: (items) => items.map((value) => item.toExpression(value)),
    empty: [],
    examples: [[], item.examples],
  };
}

/** A pair such as a SACK block's edges, written `[left, right]`. */
export function pair(kind: FieldKind<number>): FieldKind<readonly number[]> {
  const octets = (kind.layout as { bits: number }).bits / 8;
  const list = repeated(kind, octets);
  return {
    ...list,
    name: `pair of ${kind.name}`,
    doc: `Two values. Each: ${kind.doc}`,
    parse(authored, context) {
      const value = list.parse(authored, context);
      if (value === undefined || value.length === 2) return value;
      return context.wrong('WRONG_LENGTH', 'two values', formatAuthored(authored));
    },
    schema: (mode) => ({ ...list.schema(mode), minItems: 2, maxItems: 2 }),
    examples: [[kind.examples[0], kind.examples[1]]],
  };
}

/** The unsigned number in so many octets (at most 6), most significant first. */
export function readNumber(bytes: Uint8Array, start: number, octets: number): number {
  let value = 0;
  for (let index = start; index < start + octets; index++) value = value * 256 + (bytes[index] as number);
  return value;
}

/** Writes an unsigned number into so many octets, most significant first. */
export function writeNumber(bytes: Uint8Array, start: number, octets: number, value: number): void {
  let rest = value;
  for (let index = start + octets - 1; index >= start; index--) {
    bytes[index] = rest & 255;
    rest = Math.floor(rest / 256);
  }
}

function memberOctets(kind: AnyKind, value: unknown): number {
  const { layout } = kind;
  if (isBits(layout)) return layout.bits / 8;
  if (layout.octets !== 'rest') return layout.octets;
  return value === undefined ? 0 : layout.octetLength(value);
}
