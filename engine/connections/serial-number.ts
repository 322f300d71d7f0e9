/** 32-bit serial numbers that wrap (RFC 9293 §3.4). */

/** `a + n` modulo 2^32. */
export function add(a: number, n: number): number {
  return (a + n) >>> 0;
}

/** The distance from `b` to `a`, in [-2^31, 2^31). */
export function difference(a: number, b: number): number {
  return (a - b) | 0;
}

/** Whether `a` lies before `b`. */
export function isBefore(a: number, b: number): boolean {
  return difference(a, b) < 0;
}
