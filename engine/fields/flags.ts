import type { FieldKind } from './kind';
import { oneOf, suggestName } from './nearest-name';
import { numberMatchers } from './number-matchers';
import type { ParseContext } from './parse-context';
import { parseInteger } from './uint';

/** Flag names with their bits, in the order in which they are written in text. */
export type FlagTable = Readonly<Record<string, number>>;

/** A set of flags: `SYN-ACK` in any order, a list of names, `none`, or the number of the whole field. */
export function flags(bits: number, table: FlagTable): FieldKind<number> {
  const known = Object.keys(table);
  const entries = Object.entries(table);
  const named = entries.reduce((all, [, bit]) => all | bit, 0);
  const max = 2 ** bits - 1;
  const expected = `flags such as ${known.slice(0, 2).join('-')}, a list of flags, none, or an integer up to ${max}`;
  const base = {
    parse(authored: unknown, context: ParseContext): number | undefined {
      if (typeof authored === 'number' || typeof authored === 'bigint') {
        const value = parseInteger(authored, context, expected);
        if (value === undefined) return undefined;
        if (value < 0) return context.wrong('VALUE_TOO_SMALL', expected, authored);
        if (value > max) return context.wrong('VALUE_TOO_LARGE', `at most ${max} (${bits} bits)`, authored);
        return value;
      }
      if (authored === 'none') return 0;
      const isList = Array.isArray(authored);
      const names: unknown[] = isList ? authored : typeof authored === 'string' ? authored.split('-') : [];
      if (!isList && typeof authored !== 'string') return context.wrong('WRONG_TYPE', expected, authored);
      let value = 0;
      let failed = false;
      for (const [index, name] of names.entries()) {
        const bit = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
        if (bit !== undefined) value |= bit;
        else {
          failed = true;
          const place = isList ? context.at(index) : context;
          if (typeof name !== 'string') place.wrong('WRONG_TYPE', oneOf(known), name);
          else place.wrong('UNKNOWN_CONSTANT', `${oneOf(known)}, joined by -`, name, suggestFlag(name, known));
        }
      }
      return failed ? undefined : value;
    },
    format(value: number): string {
      const parts = entries.filter(([, bit]) => (value & bit) !== 0).map(([name]) => name);
      const unnamed = value & ~named;
      if (unnamed !== 0) return String(value);
      return parts.length === 0 ? 'none' : parts.join('-');
    },
    schema: () => ({
      anyOf: [
        { type: 'string', enum: ['none', ...known] },
        { type: 'string', pattern: `^(${known.join('|')})(-(${known.join('|')}))*$` },
        { type: 'array', items: { enum: known }, uniqueItems: true },
        { type: 'integer', minimum: 0, maximum: max },
      ],
    }),
  };
  return {
    ...base,
    name: `flags${bits}`,
    doc: `A set of ${known.join(', ')}: names joined by - in any order, a list, none, or the number.`,
    layout: { bits },
    expressionType: 'int',
    matchers: numberMatchers(base),
    equals: (a, b) => a === b,
    toExpression: (value) => value,
    examples: [known.slice(0, 2).join('-'), known.slice(0, 1), 'none', max],
  };
}

function suggestFlag(name: string, known: readonly string[]): string | undefined {
  const parts = name.split(/[^A-Za-z]+/).map((part) => part.toUpperCase());
  if (parts.length > 1 && parts.every((part) => known.includes(part))) return `write ${parts.join('-')}`;
  const joined = splitFlags(name.toUpperCase(), known);
  return joined === undefined ? suggestName(name, known) : `write ${joined.join('-')}`;
}

/** `['SYN', 'ACK']` for `SYNACK`. */
function splitFlags(text: string, known: readonly string[]): string[] | undefined {
  if (text === '') return [];
  for (const name of known) {
    const rest = text.startsWith(name) ? splitFlags(text.slice(name.length), known) : undefined;
    if (rest !== undefined) return [name, ...rest];
  }
  return undefined;
}
