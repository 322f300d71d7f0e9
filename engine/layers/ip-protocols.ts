import type { NumberTable } from '../fields';

/** Protocol numbers of IPv4 and IPv6 (IANA, Protocol Numbers). */
export const IP_PROTOCOLS = {
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  ipv6_route: 43,
  ipv6_frag: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ipv6_nonxt: 59,
  ipv6_opts: 60,
  pim: 103,
  sctp: 132,
  mobility: 135,
  udplite: 136,
  experimental_1: 253,
  experimental_2: 254,
  reserved: 255,
} as const satisfies NumberTable;
