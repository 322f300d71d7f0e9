import { ICMP_CODES, ICMP_TYPES } from './icmp';
import { ICMPV6_CODES, ICMPV6_TYPES } from './icmpv6';

/** Type and code of an ICMP error. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
}

/** Names that mean the nearest error of the other family too, so that a case over both can say one. */
const IPV6_COUNTERPARTS = {
  net_unreachable: 'no_route',
  host_unreachable: 'addr_unreachable',
  frag_needed: 'packet_too_big',
  ttl_exceeded: 'hop_limit_exceeded',
  pointer_indicates_error: 'erroneous_header',
  proto_unreachable: 'unknown_next_header',
} as const;

const overIpv4 = errorsOf(ICMP_CODES);

const overIpv6: Readonly<Record<string, IcmpError>> = {
  ...errorsOf(ICMPV6_CODES),
  packet_too_big: { type: ICMPV6_TYPES.packet_too_big, code: 0 },
};

const counterparts = Object.entries(IPV6_COUNTERPARTS);

/** ICMP errors by name for each network layer; names of one family stand for the counterparts in the other. */
export const ICMP_ERRORS: Readonly<Record<'ip' | 'ipv6', Readonly<Record<string, IcmpError>>>> = {
  ip: {
    ...pick(
      overIpv4,
      counterparts.map(([ip, ipv6]) => [ipv6, ip]),
    ),
    ...overIpv4,
    source_quench: { type: ICMP_TYPES.source_quench, code: 0 },
  },
  ipv6: { ...pick(overIpv6, counterparts), ...overIpv6 },
};

function errorsOf(codes: Readonly<Record<number, Readonly<Record<string, number>>>>): Record<string, IcmpError> {
  return Object.fromEntries(
    Object.entries(codes).flatMap(([type, names]) =>
      Object.entries(names).map(([name, code]) => [name, { type: Number(type), code }]),
    ),
  );
}

function pick(
  errors: Readonly<Record<string, IcmpError>>,
  names: readonly (readonly [string, string])[],
): Record<string, IcmpError> {
  return Object.fromEntries(names.map(([alias, name]) => [alias, errors[name] as IcmpError]));
}
