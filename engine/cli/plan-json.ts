import { Expression } from '../expressions';
import type { PlannedTest } from '../plan';

/**
 * The checked tests as JSON for people who look into the engine: names are resolved, defaults and rows applied. An
 * expression is shown as it was written, a step's definition by its verb alone, bytes in hexadecimal digits.
 */
export function planToJson(tests: readonly PlannedTest[]): string {
  return JSON.stringify(tests, (key, value: unknown) => (key === 'definition' ? undefined : plain(value)), 2);
}

function plain(value: unknown): unknown {
  if (value instanceof Expression) return `=${value.source}`;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}
