import { flags } from '../fields';

/** The three control flags of an IPv4 header (RFC 791 §3.1); the first is reserved. */
export const IP_FLAGS = { DF: 2, MF: 1, RB: 4 } as const;

export const ipFlags = flags(3, IP_FLAGS);
