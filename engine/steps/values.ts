import type { StepContext } from './context';
import type { ShownDifference } from './failure';

/** Compares what a call gave with what the author demands; members that are not named are not looked at. */
export function valueDifferences(
  expected: unknown,
  got: unknown,
  path: string,
  context: Pick<StepContext, 'constant'>,
): ShownDifference[] {
  if (expected === undefined || expected === null || expected === 'present') return [];
  if (expected === 'absent') return got === undefined ? [] : [{ path, expected: 'absent', got: show(got) }];
  if (isMatcher(expected)) return matcherDifferences(expected, got, path, context);
  if (Array.isArray(expected)) {
    if (expected.every((item) => typeof item === 'string' && context.constant(item) !== undefined) && isInteger(got)) {
      const flags = expected.reduce<number>((sum, item) => sum | (context.constant(String(item)) ?? 0), 0);
      return Number(got) === flags ? [] : [{ path, expected: expected.join('|'), got: show(got) }];
    }
    if (!Array.isArray(got) || got.length !== expected.length)
      return [{ path, expected: show(expected), got: show(got) }];
    return expected.flatMap((item, index) => valueDifferences(item, got[index], `${path}[${index}]`, context));
  }
  if (expected instanceof Uint8Array) {
    const same = got instanceof Uint8Array && Buffer.compare(expected, got) === 0;
    return same ? [] : [{ path, expected: show(expected), got: show(got) }];
  }
  if (typeof expected === 'object') {
    return Object.entries(expected).flatMap(([key, value]) =>
      valueDifferences(
        value,
        (got as Record<string, unknown> | undefined)?.[key],
        path === '' ? key : `${path}.${key}`,
        context,
      ),
    );
  }
  if (typeof expected === 'string' && isInteger(got)) {
    const number = context.constant(expected);
    return number !== undefined && Number(got) === number ? [] : [{ path, expected, got: show(got) }];
  }
  if (isInteger(expected) && isInteger(got))
    return BigInt(expected) === BigInt(got) ? [] : [{ path, expected: show(expected), got: show(got) }];
  if (typeof expected === 'boolean' && isInteger(got))
    return expected === (Number(got) !== 0) ? [] : [{ path, expected: show(expected), got: show(got) }];
  return expected === got ? [] : [{ path, expected: show(expected), got: show(got) }];
}

interface ValueMatcher {
  readonly min?: unknown;
  readonly max?: unknown;
  readonly in?: readonly unknown[];
  readonly not?: unknown;
  readonly has?: unknown;
  readonly lacks?: unknown;
}

const MATCHER_KEYS: ReadonlySet<string> = new Set(['min', 'max', 'in', 'not', 'has', 'lacks']);

function isMatcher(value: unknown): value is ValueMatcher {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => MATCHER_KEYS.has(key));
}

function matcherDifferences(
  matcher: ValueMatcher,
  got: unknown,
  path: string,
  context: Pick<StepContext, 'constant'>,
): ShownDifference[] {
  const wrong = (expected: string): ShownDifference[] => [{ path, expected, got: show(got) }];
  if (matcher.in !== undefined) {
    const fits = matcher.in.some((item) => valueDifferences(item, got, path, context).length === 0);
    return fits ? [] : wrong(`one of ${matcher.in.map(show).join(', ')}`);
  }
  if (matcher.not !== undefined) {
    return valueDifferences(matcher.not, got, path, context).length > 0 ? [] : wrong(`not ${show(matcher.not)}`);
  }
  if (matcher.has !== undefined || matcher.lacks !== undefined) {
    const has = flagBits(matcher.has, context);
    const lacks = flagBits(matcher.lacks, context);
    const fits = isInteger(got) && (Number(got) & has) === has && (Number(got) & lacks) === 0;
    const words = [
      matcher.has === undefined ? '' : `has ${show(matcher.has)}`,
      matcher.lacks === undefined ? '' : `lacks ${show(matcher.lacks)}`,
    ];
    return fits ? [] : wrong(words.filter((word) => word !== '').join(', '));
  }
  const isNumber = isInteger(got);
  const low = matcher.min === undefined || (isNumber && BigInt(got) >= toBigInt(matcher.min, context));
  const high = matcher.max === undefined || (isNumber && BigInt(got) <= toBigInt(matcher.max, context));
  if (low && high) return [];
  if (matcher.max === undefined) return wrong(`at least ${show(matcher.min)}`);
  if (matcher.min === undefined) return wrong(`at most ${show(matcher.max)}`);
  return wrong(`${show(matcher.min)} to ${show(matcher.max)}`);
}

function flagBits(flags: unknown, context: Pick<StepContext, 'constant'>): number {
  if (flags === undefined) return 0;
  if (typeof flags === 'number') return flags;
  return (Array.isArray(flags) ? flags : [flags]).reduce<number>(
    (bits, flag) => bits | (context.constant(String(flag)) ?? 0),
    0,
  );
}

function toBigInt(value: unknown, context: Pick<StepContext, 'constant'>): bigint {
  if (isInteger(value)) return BigInt(value);
  return BigInt(context.constant(String(value)) ?? 0);
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

/** A value in a message: text quoted, bytes as their length and beginning. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return showBytes(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)) ?? String(value);
}

const SHOWN_BYTES = 16;

function showBytes(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, SHOWN_BYTES));
  const isText = head.every((byte) => byte >= 0x20 && byte < 0x7f);
  const more = bytes.length > SHOWN_BYTES ? '…' : '';
  return `${bytes.length} bytes ${isText ? `"${head.toString('latin1')}"` : head.toString('hex')}${more}`;
}
