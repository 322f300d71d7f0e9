import type { FieldKind } from './kind';

/** One bit that is true or false; the value is 1 or 0. */
export const boolean: FieldKind<number> = {
  name: 'boolean',
  doc: 'true or false.',
  layout: { bits: 1 },
  expressionType: 'bool',
  matchers: {},
  parse(authored, context) {
    if (typeof authored === 'boolean') return authored ? 1 : 0;
    return context.wrong('WRONG_TYPE', 'true or false', authored);
  },
  format: (value) => String(value === 1),
  equals: (expected, actual) => expected === actual,
  schema: () => ({ type: 'boolean' }),
  toExpression: (value) => value === 1,
  examples: [true, false],
};
