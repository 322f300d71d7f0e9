import { contentOf } from './content';
import type { AnyKind, FieldKind, OctetsLayout } from './kind';
import { accepts, formatValue, parseValue } from './matcher';
import { oneOf, suggestName } from './nearest-name';
import { isMap } from './parse-context';

export interface RecordMember {
  readonly key: string;
  readonly kind: AnyKind;
  readonly doc: string;
  /** What an unset member is when sent; 0 unless said. */
  readonly default?: unknown;
  /** The member is, unless set, how many items the list in another member has. */
  readonly countOf?: string;
  /** The member that this one is another view of; it has no octets of its own, and a connection tells the two apart. */
  readonly virtual?: string;
}

export type RecordValue = Readonly<Record<string, unknown>>;

/**
 * Several whole-octet values in a row as a map, such as a timestamps option's `{ val, ecr }`. Unset members are not
 * compared and are sent as their default.
 */
export function record(members: readonly RecordMember[]): FieldKind<RecordValue> {
  const known = members.map((member) => member.key);
  const onWire = members
    .filter((member) => member.virtual === undefined)
    .map(({ key, kind, default: unset, countOf }) => ({
      key,
      countOf,
      view: members.find(({ virtual }) => virtual === key)?.key ?? key,
      unset,
      content: contentOf(kind),
    }));
  const isFixed = onWire.every(({ content }) => content.octets !== undefined);
  const fixedOctets = onWire.reduce((sum, { content }) => sum + (content.octets ?? 0), 0);
  return {
    name: 'record',
    doc: `A map with ${known.join(', ')}.`,
    layout: {
      octets: isFixed ? fixedOctets : 'rest',
      decode(bytes, start, end) {
        const value: Record<string, unknown> = {};
        let offset = start;
        for (let index = 0; index < onWire.length; index++) {
          const { key, content } = onWire[index] as (typeof onWire)[number];
          const stop = content.octets === undefined ? end : offset + content.octets;
          value[key] = content.read(bytes, offset, stop);
          offset = stop;
        }
        return value;
      },
      encode(value, bytes, start) {
        let offset = start;
        for (let index = 0; index < onWire.length; index++) {
          const { key, view, unset, countOf, content } = onWire[index] as (typeof onWire)[number];
          const given = value[view] ?? value[key] ?? (countOf === undefined ? unset : countItems(value[countOf]));
          content.write(given, bytes, offset);
          offset += content.octets ?? content.octetsOf(given);
        }
      },
      octetLength: (value) =>
        isFixed
          ? fixedOctets
          : onWire.reduce((sum, { key, unset, content }) => sum + content.octetsOf(value[key] ?? unset), 0),
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
    examples: [
      {},
      Object.fromEntries(
        members
          .filter(({ virtual, countOf }) => virtual === undefined && countOf === undefined)
          .map(({ key, kind }) => [key, kind.examples.at(-1)]),
      ),
    ],
  };
}

function countItems(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

/** A value at the end of a header that is missing if there are fewer octets than it needs. */
export function optional<T>(kind: FieldKind<T>, leastOctets: number): FieldKind<T | undefined> {
  const layout = kind.layout as OctetsLayout<T>;
  return {
    ...kind,
    layout: {
      octets: 'rest',
      decode: (bytes, start, end) => (end - start < leastOctets ? undefined : layout.decode(bytes, start, end)),
      encode(value, bytes, start) {
        if (value !== undefined) layout.encode(value, bytes, start);
      },
      octetLength: (value) => (value === undefined ? 0 : layout.octetLength(value)),
    },
    format: (value, fields) => (value === undefined ? 'absent' : kind.format(value, fields)),
    equals: (expected, actual) => expected !== undefined && actual !== undefined && kind.equals(expected, actual),
    toExpression: (value) => (value === undefined ? undefined : kind.toExpression(value)),
  };
}

/** As many equal items as there is room for, as a list. */
export function repeated<T>(item: FieldKind<T>, itemOctets: number): FieldKind<readonly T[]> {
  const content = contentOf(item);
  return {
    name: `list of ${item.name}`,
    doc: `A list. Each: ${item.doc}`,
    layout: {
      octets: 'rest',
      decode(bytes, start, end) {
        const items: T[] = [];
        for (let offset = start; offset + itemOctets <= end; offset += itemOctets)
          items.push(content.read(bytes, offset, offset + itemOctets) as T);
        return items;
      },
      encode(items, bytes, start) {
        for (const [index, value] of items.entries()) content.write(value, bytes, start + index * itemOctets);
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
      return context.wrong('WRONG_LENGTH', 'two values', authored);
    },
    schema: (mode) => ({ ...list.schema(mode), minItems: 2, maxItems: 2 }),
    examples: [[kind.examples[0], kind.examples[1]]],
  };
}
