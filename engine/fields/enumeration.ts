import type { FieldKind } from './kind';
import { oneOf, suggestName } from './nearest-name';
import { numberMatchers } from './number-matchers';
import type { ParseContext } from './parse-context';
import { parseInteger } from './uint';

/** Names and their numbers, written once; the inverse is derived. */
export type NumberTable = Readonly<Record<string, number>>;

/** A number with names (IANA's, in snake_case). Numbers without a name are kept and shown as numbers. */
export function enumeration(bits: number, table: NumberTable): FieldKind<number> {
  const names = invert(table);
  return namedNumber(bits, table, (value) => names.get(value));
}

/**
 * A number whose names depend on another field of the layer, such as an ICMP code on its type. Names are unique over
 * all tables, so that they can be read without knowing the other field.
 */
export function dependentEnumeration(
  bits: number,
  field: string,
  tables: Readonly<Record<number, NumberTable>>,
): FieldKind<number> {
  const inverses = new Map(Object.entries(tables).map(([number, table]) => [Number(number), invert(table)]));
  const all: NumberTable = Object.assign({}, ...Object.values(tables));
  return namedNumber(bits, all, (value, fields) => inverses.get(fields?.[field] as number)?.get(value));
}

function namedNumber(
  bits: number,
  table: NumberTable,
  nameOf: (value: number, fields?: Readonly<Record<string, unknown>>) => string | undefined,
): FieldKind<number> {
  const max = 2 ** bits - 1;
  const known = Object.keys(table);
  const base = {
    parse(authored: unknown, context: ParseContext): number | undefined {
      if (typeof authored === 'string') {
        if (Object.hasOwn(table, authored)) return table[authored];
        return context.wrong('UNKNOWN_CONSTANT', oneOf(known), authored, suggestName(authored, known));
      }
      const value = parseInteger(authored, context, `a name or an integer from 0 to ${max}`);
      if (value === undefined) return undefined;
      if (value < 0) return context.wrong('VALUE_TOO_SMALL', `an integer from 0 to ${max}`, authored);
      if (value > max) return context.wrong('VALUE_TOO_LARGE', `at most ${max} (${bits} bits)`, authored);
      return value;
    },
    format: (value: number, fields?: Readonly<Record<string, unknown>>) => nameOf(value, fields) ?? String(value),
    schema: () => ({ anyOf: [{ enum: known }, { type: 'integer', minimum: 0, maximum: max }] }),
  };
  return {
    ...base,
    name: `enumeration${bits}`,
    doc: `A name or an integer from 0 to ${max}.`,
    layout: { bits },
    expressionType: 'int',
    matchers: numberMatchers(base),
    equals: (expected, actual) => expected === actual,
    toExpression: (value) => value,
    examples: [max, ...known],
  };
}

function invert(table: NumberTable): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(table)) if (!names.has(number)) names.set(number, name);
  return names;
}
