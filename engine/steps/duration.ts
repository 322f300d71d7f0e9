import { CaseError } from './failure';

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9 };

/** Nanoseconds of a text such as `200ms` or `1.5s`; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(-?\d+(?:\.\d+)?)(ns|us|ms|s|m)$/.exec(text);
  const unit = NANOSECONDS[parts?.[2] ?? ''];
  return parts === null || unit === undefined ? undefined : Math.round(Number(parts[1]) * unit);
}

/** A duration that expressions make: exact nanoseconds. */
export interface DurationValue {
  readonly nanoseconds: number;
}

/**
 * Nanoseconds of an evaluated duration: a text with a unit, or what an expression made of one.
 * @throws CaseError for anything else.
 */
export function durationNs(value: unknown, path: readonly (string | number)[]): number {
  if (typeof value === 'string') {
    const parsed = parseDuration(value);
    if (parsed !== undefined) return parsed;
  }
  if (typeof value === 'object' && value !== null) {
    const { nanoseconds, seconds, nanos } = value as { nanoseconds?: number; seconds?: bigint; nanos?: number };
    if (typeof nanoseconds === 'number') return nanoseconds;
    if (seconds !== undefined && nanos !== undefined) return Number(seconds) * 1e9 + nanos;
  }
  throw new CaseError('not a duration', {
    code: 'WRONG_TYPE',
    path,
    expected: 'a duration with a unit, such as 200ms',
    got: String(value),
    fix: 'write a unit after the number, or make a duration with ms(n) or s(n)',
  });
}

/** A duration as people write it: `1.5s`, `20ms`, `640us`. */
export function formatDuration(nanoseconds: number): string {
  const size = Math.abs(nanoseconds);
  for (const unit of ['s', 'ms', 'us'] as const) {
    const scale = NANOSECONDS[unit] ?? 1;
    if (size >= scale) return `${Number((nanoseconds / scale).toPrecision(4))}${unit}`;
  }
  return `${nanoseconds}ns`;
}
