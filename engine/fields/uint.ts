import type { FieldKind } from './kind';
import { numberMatchers } from './number-matchers';
import type { ParseContext } from './parse-context';

/** An unsigned integer of 1 to 48 bits. `scale`: the value's unit is that many times smaller than the wire's. */
export function uint(bits: number, options: { scale?: number } = {}): FieldKind<number> {
  const scale = options.scale ?? 1;
  const max = (2 ** bits - 1) * scale;
  const unit = scale === 1 ? '' : ` that is a multiple of ${scale}`;
  const base = {
    parse(authored: unknown, context: ParseContext): number | undefined {
      const value = parseInteger(authored, context, `an integer from 0 to ${max}${unit}`);
      if (value === undefined) return undefined;
      if (value < 0) return context.wrong('VALUE_TOO_SMALL', `an integer from 0 to ${max}`, authored);
      if (value > max) return context.wrong('VALUE_TOO_LARGE', `at most ${max} (${bits} bits)`, authored);
      if (value % scale !== 0) {
        const lower = value - (value % scale);
        const fix = `write ${lower} or ${Math.min(lower + scale, max)}`;
        return context.wrong('NOT_A_MULTIPLE', `a multiple of ${scale}`, authored, fix);
      }
      return value;
    },
    format: (value: number) => String(value),
    schema: () => ({ type: 'integer', minimum: 0, maximum: max, ...(scale === 1 ? {} : { multipleOf: scale }) }),
  };
  return {
    ...base,
    name: `uint${bits}`,
    doc: `An integer from 0 to ${max}${unit}.`,
    layout: scale === 1 ? { bits } : { bits, scale },
    expressionType: 'int',
    matchers: numberMatchers(base),
    equals: (expected, actual) => expected === actual,
    toExpression: (value) => value,
    examples: [0, max],
  };
}

/** A 32-bit number that wraps: negative ones count back from 2^32, so that `-1` is the one before 0. */
export function serialNumber(): FieldKind<number> {
  const range = 'an integer from -2147483648 to 4294967295';
  const base = {
    parse(authored: unknown, context: ParseContext): number | undefined {
      const value = parseInteger(authored, context, range);
      if (value === undefined) return undefined;
      if (value > 0xffffffff) return context.wrong('VALUE_TOO_LARGE', 'at most 4294967295 (32 bits)', authored);
      if (value < -0x80000000) return context.wrong('VALUE_TOO_SMALL', range, authored);
      return value >>> 0;
    },
    format: (value: number) => String(value),
    schema: () => ({ type: 'integer', minimum: -0x80000000, maximum: 0xffffffff }),
  };
  return {
    ...base,
    name: 'serialNumber',
    doc: 'A 32-bit number that wraps; -1 is the one before 0.',
    layout: { bits: 32 },
    expressionType: 'int',
    matchers: numberMatchers(base),
    equals: (expected, actual) => expected === actual,
    toExpression: (value) => value,
    examples: [0, 1, 0xffffffff, -1],
  };
}

/** A whole number as a JavaScript number, from a number or (as expressions give them) a bigint. */
export function parseInteger(authored: unknown, context: ParseContext, expected: string): number | undefined {
  if (typeof authored === 'bigint') {
    if (authored > BigInt(Number.MAX_SAFE_INTEGER)) return context.wrong('VALUE_TOO_LARGE', expected, authored);
    if (authored < -BigInt(Number.MAX_SAFE_INTEGER)) return context.wrong('VALUE_TOO_SMALL', expected, authored);
    return Number(authored);
  }
  if (typeof authored === 'number' && Number.isInteger(authored)) return authored;
  if (typeof authored === 'string' && /^-?\d+$/.test(authored)) {
    return context.wrong('WRONG_TYPE', expected, authored, 'write the number without quotes');
  }
  return context.wrong('WRONG_TYPE', expected, authored);
}
