import type { NumberTable } from '../fields';

/** Codepoints of the six DS bits that IPv4 and IPv6 share (IANA, Differentiated Services Field Codepoints). */
export const DSCP = {
  cs0: 0,
  le: 1,
  cs1: 8,
  af11: 10,
  af12: 12,
  af13: 14,
  cs2: 16,
  af21: 18,
  af22: 20,
  af23: 22,
  cs3: 24,
  af31: 26,
  af32: 28,
  af33: 30,
  cs4: 32,
  af41: 34,
  af42: 36,
  af43: 38,
  cs5: 40,
  voice_admit: 44,
  ef: 46,
  cs6: 48,
  cs7: 56,
} as const satisfies NumberTable;

/** The two ECN bits (RFC 3168 §5). */
export const ECN = { not_ect: 0, ect1: 1, ect0: 2, ce: 3 } as const satisfies NumberTable;
