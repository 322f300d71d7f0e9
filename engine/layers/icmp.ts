import { dependentEnumeration, enumeration, hexBytes, ipv4, record, repeated, serialNumber, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';

/** ICMP types (IANA, ICMP Type Numbers). */
export const ICMP_TYPES = {
  echo_reply: 0,
  dest_unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo_request: 8,
  router_advertisement: 9,
  router_solicitation: 10,
  time_exceeded: 11,
  param_problem: 12,
  timestamp_request: 13,
  timestamp_reply: 14,
  information_request: 15,
  information_reply: 16,
  address_mask_request: 17,
  address_mask_reply: 18,
} as const;

const T = ICMP_TYPES;

/** ICMP codes by type (IANA, ICMP Type Numbers). */
export const ICMP_CODES = {
  [T.dest_unreachable]: {
    net_unreachable: 0,
    host_unreachable: 1,
    proto_unreachable: 2,
    port_unreachable: 3,
    frag_needed: 4,
    source_route_failed: 5,
    net_unknown: 6,
    host_unknown: 7,
    source_host_isolated: 8,
    net_prohibited: 9,
    host_prohibited: 10,
    net_unreachable_for_tos: 11,
    host_unreachable_for_tos: 12,
    admin_prohibited: 13,
    host_precedence_violation: 14,
    precedence_cutoff: 15,
  },
  [T.redirect]: { redirect_net: 0, redirect_host: 1, redirect_tos_net: 2, redirect_tos_host: 3 },
  [T.time_exceeded]: { ttl_exceeded: 0, reassembly_time_exceeded: 1 },
  [T.param_problem]: { pointer_indicates_error: 0, missing_option: 1, bad_length: 2 },
} as const;

const ERRORS: readonly number[] = [T.dest_unreachable, T.source_quench, T.redirect, T.time_exceeded, T.param_problem];
const WITH_IDENT = [
  T.echo_reply,
  T.echo_request,
  T.timestamp_request,
  T.timestamp_reply,
  T.information_request,
  T.information_reply,
  T.address_mask_request,
  T.address_mask_reply,
];
const TIMESTAMPS = [T.timestamp_request, T.timestamp_reply];
const ADDRESS_MASKS = [T.address_mask_request, T.address_mask_reply];
const KNOWN = [...WITH_IDENT, T.dest_unreachable, T.redirect, T.time_exceeded, T.param_problem, T.router_advertisement];

const codes = dependentEnumeration(8, 'type', ICMP_CODES);
const types = enumeration(8, ICMP_TYPES);

export const icmp: LayerDescriptor = {
  key: 'icmp',
  name: 'Internet Control Message Protocol',
  spec: 'RFC 792',
  doc: 'ICMP for IPv4. An error is followed by the packet it quotes as further layers; echo data are the payload.',
  fields: [
    {
      key: 'type',
      rfcName: 'Type',
      section: 'RFC 792',
      doc: 'echo_request unless set. Which other fields there are depends on it.',
      kind: types,
      default: T.echo_request,
    },
    {
      key: 'code',
      rfcName: 'Code',
      section: 'RFC 792',
      doc: 'Tells more about the type.',
      kind: codes,
    },
    {
      key: 'checksum',
      rfcName: 'Checksum',
      section: 'RFC 792',
      doc: 'Of the whole message.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'all' },
    },
    {
      key: 'ident',
      rfcName: 'Identifier',
      section: 'RFC 792 Echo',
      doc: 'Tells which answers belong to which requests; of echo, timestamp, information and address mask messages.',
      kind: uint(16),
      when: { field: 'type', in: WITH_IDENT },
    },
    {
      key: 'seq',
      rfcName: 'Sequence Number',
      section: 'RFC 792 Echo',
      doc: 'Of echo, timestamp, information and address mask messages.',
      kind: uint(16),
      when: { field: 'type', in: WITH_IDENT },
    },
    {
      key: 'pointer',
      rfcName: 'Pointer',
      section: 'RFC 792 Parameter Problem',
      doc: 'Which octet of the quoted packet is the problem.',
      unit: 'octets',
      kind: uint(8),
      when: { field: 'type', in: [T.param_problem] },
    },
    {
      key: 'unused',
      rfcName: 'unused',
      section: 'RFC 792 Destination Unreachable',
      doc: 'Must be zero; of dest_unreachable and time_exceeded.',
      kind: uint(8),
      when: { field: 'type', in: [T.dest_unreachable, T.time_exceeded] },
    },
    {
      key: 'length',
      rfcName: 'Length',
      section: 'RFC 4884 §4.1',
      doc: 'How much is quoted where an extension structure follows; else 0.',
      unit: '32-bit words',
      kind: uint(8),
      when: { field: 'type', in: [T.dest_unreachable, T.time_exceeded, T.param_problem] },
    },
    {
      key: 'mtu',
      rfcName: 'Next-Hop MTU',
      section: 'RFC 1191 §4',
      doc: 'The largest datagram that the next network takes; of dest_unreachable, for frag_needed.',
      unit: 'octets',
      kind: uint(16),
      when: { field: 'type', in: [T.dest_unreachable] },
    },
    {
      key: 'reserved',
      rfcName: 'unused',
      section: 'RFC 792 Time Exceeded',
      doc: 'The last 16 bits of time_exceeded and param_problem; must be zero.',
      kind: uint(16),
      when: { field: 'type', in: [T.time_exceeded, T.param_problem] },
    },
    {
      key: 'redir_gw',
      rfcName: 'Gateway Internet Address',
      section: 'RFC 792 Redirect',
      doc: 'The router to send to instead.',
      kind: ipv4,
      when: { field: 'type', in: [T.redirect] },
    },
    {
      key: 'originate_timestamp',
      rfcName: 'Originate Timestamp',
      section: 'RFC 792 Timestamp',
      doc: 'When the request was sent.',
      unit: 'milliseconds since midnight UT',
      kind: serialNumber(),
      when: { field: 'type', in: TIMESTAMPS },
    },
    {
      key: 'receive_timestamp',
      rfcName: 'Receive Timestamp',
      section: 'RFC 792 Timestamp',
      doc: 'When the request arrived.',
      unit: 'milliseconds since midnight UT',
      kind: serialNumber(),
      when: { field: 'type', in: TIMESTAMPS },
    },
    {
      key: 'transmit_timestamp',
      rfcName: 'Transmit Timestamp',
      section: 'RFC 792 Timestamp',
      doc: 'When the answer was sent.',
      unit: 'milliseconds since midnight UT',
      kind: serialNumber(),
      when: { field: 'type', in: TIMESTAMPS },
    },
    {
      key: 'address_mask',
      rfcName: 'Address Mask',
      section: 'RFC 950 Appendix I',
      doc: 'The mask of the subnet.',
      kind: ipv4,
      when: { field: 'type', in: ADDRESS_MASKS },
    },
    {
      key: 'num_addrs',
      rfcName: 'Num Addrs',
      section: 'RFC 1256 §3.1',
      doc: 'How many addresses follow. Unset: as many as there are.',
      kind: uint(8),
      default: { rule: 'count', of: 'addresses' },
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'addr_entry_size',
      rfcName: 'Addr Entry Size',
      section: 'RFC 1256 §3.1',
      doc: '2 unless set. The entries here stay 2 words long, whatever it says.',
      unit: '32-bit words',
      kind: uint(8),
      default: 2,
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'lifetime',
      rfcName: 'Lifetime',
      section: 'RFC 1256 §3.1',
      doc: 'How long the addresses count.',
      unit: 'seconds',
      kind: uint(16),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'addresses',
      rfcName: 'Router Address[i], Preference Level[i]',
      section: 'RFC 1256 §3.1',
      doc: "The router's addresses.",
      kind: repeated(
        record([
          { key: 'address', kind: ipv4, doc: 'Router Address.' },
          { key: 'preference', kind: serialNumber(), doc: 'Preference Level.' },
        ]),
        8,
      ),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'rest',
      rfcName: 'Rest of the header',
      section: 'RFC 792',
      doc: 'The second 32 bits of the other types.',
      kind: uint(32),
      when: { field: 'type', notIn: KNOWN },
    },
    {
      key: 'trailer',
      rfcName: 'Extension Structure',
      section: 'RFC 4884 §7',
      doc: 'Octets after the end of the quoted packet by its own length.',
      kind: hexBytes('rest'),
      trailer: true,
    },
  ],
  under: { ipProtocol: 'icmp' },
  quotes: (fields) => (ERRORS.includes(fields.type as number) ? 'ip' : undefined),
  summary(fields) {
    const code = codes.format(fields.code as number, fields);
    const parts = [types.format(fields.type as number), ...(code === '0' ? [] : [code])];
    for (const key of ['ident', 'seq', 'mtu', 'pointer']) if (fields[key]) parts.push(`${key} ${fields[key]}`);
    return parts.join(' ');
  },
  example: { type: 'dest_unreachable', code: 'frag_needed', mtu: 1280 },
};
