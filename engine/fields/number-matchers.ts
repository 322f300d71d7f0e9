import type { FieldKind, MatcherDefinition } from './kind';

/** `min`, `max`, `has` and `lacks` for a kind whose values are numbers. */
export function numberMatchers(
  kind: Pick<FieldKind<number>, 'parse' | 'format' | 'schema'>,
): Record<string, MatcherDefinition> {
  const define = (doc: string, test: (bound: number) => (actual: unknown) => boolean): MatcherDefinition => ({
    doc,
    schema: kind.schema('expect'),
    parse(authored, context) {
      const bound = kind.parse(authored, context);
      return bound === undefined ? undefined : { text: kind.format(bound), test: test(bound) };
    },
  });
  return {
    min: define('The least value that matches.', (bound) => (actual) => (actual as number) >= bound),
    max: define('The greatest value that matches.', (bound) => (actual) => (actual as number) <= bound),
    has: define('All of these flags or bits are set.', (bound) => (actual) => includesBits(actual as number, bound)),
    lacks: define('None of these flags or bits is set.', (bound) => (actual) => sharesNoBit(actual as number, bound)),
  };
}

/** Bit tests in two halves, for JavaScript's bit operators know only 32 bits. */
function includesBits(value: number, bits: number): boolean {
  return (high(value) & high(bits)) >>> 0 === high(bits) && (value & bits) >>> 0 === bits >>> 0;
}

function sharesNoBit(value: number, bits: number): boolean {
  return (high(value) & high(bits)) === 0 && (value & bits) === 0;
}

function high(value: number): number {
  return Math.floor(value / 2 ** 32);
}
