import type { NumberTable } from '../fields';

/** EtherTypes (IANA, IEEE 802 Numbers). */
export const ETHERTYPES = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  qinq: 0x88a8,
  experimental_1: 0x88b5,
  experimental_2: 0x88b6,
} as const satisfies NumberTable;
