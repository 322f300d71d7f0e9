import {
  dependentEnumeration,
  enumeration,
  flags,
  formatIpv6,
  hexBytes,
  ipv6,
  type OptionValue,
  optional,
  type RecordValue,
  record,
  repeated,
  uint,
} from '../fields';
import type { LayerDescriptor } from './descriptor';
import { groupRecords } from './group-records';
import { ndOptions } from './nd-options';

/** ICMPv6 types (IANA, ICMPv6 "type" Numbers). */
export const ICMPV6_TYPES = {
  dest_unreachable: 1,
  packet_too_big: 2,
  time_exceeded: 3,
  param_problem: 4,
  echo_request: 128,
  echo_reply: 129,
  multicast_listener_query: 130,
  multicast_listener_report: 131,
  multicast_listener_done: 132,
  router_solicitation: 133,
  router_advertisement: 134,
  neighbor_solicitation: 135,
  neighbor_advertisement: 136,
  redirect: 137,
  multicast_listener_report_v2: 143,
} as const;

const T = ICMPV6_TYPES;

/** ICMPv6 codes by type (IANA, ICMPv6 "code" Fields). */
export const ICMPV6_CODES = {
  [T.dest_unreachable]: {
    no_route: 0,
    admin_prohibited: 1,
    beyond_scope: 2,
    addr_unreachable: 3,
    port_unreachable: 4,
    source_policy_failed: 5,
    route_rejected: 6,
    source_routing_error: 7,
  },
  [T.time_exceeded]: { hop_limit_exceeded: 0, reassembly_time_exceeded: 1 },
  [T.param_problem]: {
    erroneous_header: 0,
    unknown_next_header: 1,
    unknown_option: 2,
    incomplete_header_chain: 3,
    sr_upper_layer_error: 4,
  },
} as const;

const ERRORS: readonly number[] = [T.dest_unreachable, T.packet_too_big, T.time_exceeded, T.param_problem];
const ECHOES = [T.echo_request, T.echo_reply];
const LISTENER_V1 = [T.multicast_listener_query, T.multicast_listener_report, T.multicast_listener_done];
const DISCOVERY = [
  T.router_solicitation,
  T.router_advertisement,
  T.neighbor_solicitation,
  T.neighbor_advertisement,
  T.redirect,
];
const KNOWN = [...ERRORS, ...ECHOES, ...LISTENER_V1, ...DISCOVERY, T.multicast_listener_report_v2];

const codes = dependentEnumeration(8, 'type', ICMPV6_CODES);
const types = enumeration(8, ICMPV6_TYPES);
const records = groupRecords(ipv6);

export const icmpv6: LayerDescriptor = {
  key: 'icmpv6',
  name: 'Internet Control Message Protocol for IPv6',
  spec: 'RFC 4443',
  doc: 'ICMPv6 with neighbour discovery and multicast listener discovery. An error is followed by the packet it quotes as further layers.',
  fields: [
    {
      key: 'type',
      rfcName: 'Type',
      section: 'RFC 4443 §2.1',
      doc: 'echo_request unless set. Which other fields there are depends on it.',
      kind: types,
      default: T.echo_request,
    },
    {
      key: 'code',
      rfcName: 'Code',
      section: 'RFC 4443 §2.1',
      doc: 'Tells more about the type.',
      kind: codes,
    },
    {
      key: 'checksum',
      rfcName: 'Checksum',
      section: 'RFC 4443 §2.3',
      doc: 'Of pseudo-header and the whole message.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'all', pseudoHeader: true },
    },
    {
      key: 'length',
      rfcName: 'Length',
      section: 'RFC 4884 §4.4',
      doc: 'How much is quoted where an extension structure follows; else 0.',
      unit: '64-bit words',
      kind: uint(8),
      when: { field: 'type', in: [T.dest_unreachable, T.time_exceeded] },
    },
    {
      key: 'unused',
      rfcName: 'Unused',
      section: 'RFC 4443 §3.1',
      doc: 'Must be zero; of dest_unreachable and time_exceeded.',
      kind: uint(24),
      when: { field: 'type', in: [T.dest_unreachable, T.time_exceeded] },
    },
    {
      key: 'mtu',
      rfcName: 'MTU',
      section: 'RFC 4443 §3.2',
      doc: 'The MTU of the next link; of packet_too_big.',
      unit: 'octets',
      kind: uint(32),
      when: { field: 'type', in: [T.packet_too_big] },
    },
    {
      key: 'pointer',
      rfcName: 'Pointer',
      section: 'RFC 4443 §3.4',
      doc: 'Which octet of the quoted packet is the problem.',
      unit: 'octets',
      kind: uint(32),
      when: { field: 'type', in: [T.param_problem] },
    },
    {
      key: 'ident',
      rfcName: 'Identifier',
      section: 'RFC 4443 §4.1',
      doc: 'Tells which answers belong to which requests; of echo messages.',
      kind: uint(16),
      when: { field: 'type', in: ECHOES },
    },
    {
      key: 'seq',
      rfcName: 'Sequence Number',
      section: 'RFC 4443 §4.1',
      doc: 'Of echo messages.',
      kind: uint(16),
      when: { field: 'type', in: ECHOES },
    },
    {
      key: 'maximum_response_delay',
      rfcName: 'Maximum Response Delay',
      section: 'RFC 2710 §3.4',
      doc: 'Within which time to answer a query.',
      unit: 'milliseconds; in version 2 a code from 32768 on',
      kind: uint(16),
      when: { field: 'type', in: LISTENER_V1 },
    },
    {
      key: 'mld_reserved',
      rfcName: 'Reserved',
      section: 'RFC 2710 §3, RFC 3810 §5.2',
      doc: 'Must be zero; of messages of multicast listener discovery.',
      kind: uint(16),
      when: { field: 'type', in: [...LISTENER_V1, T.multicast_listener_report_v2] },
    },
    {
      key: 'multicast_address',
      rfcName: 'Multicast Address',
      section: 'RFC 2710 §3.6',
      doc: 'The group; :: in a general query.',
      kind: ipv6,
      when: { field: 'type', in: LISTENER_V1 },
    },
    {
      key: 'query',
      rfcName: 'Version 2 query',
      section: 'RFC 3810 §5.1',
      doc: 'What only a query of version 2 has after the multicast address.',
      kind: optional(
        record([
          { key: 'flags', kind: uint(8), doc: 'Four bits reserved, the S flag, three bits QRV.' },
          { key: 'qqic', kind: uint(8), doc: "QQIC: the querier's interval." },
          {
            key: 'num_sources',
            kind: uint(16),
            doc: 'Number of Sources. Unset: as many as there are.',
            countOf: 'sources',
          },
          { key: 'sources', kind: repeated(ipv6, 16), doc: 'Source Addresses.' },
        ]),
        4,
      ),
      when: { field: 'type', in: [T.multicast_listener_query] },
    },
    {
      key: 'num_records',
      rfcName: 'Nr of Mcast Address Records',
      section: 'RFC 3810 §5.2.3',
      doc: 'Unset: as many as there are.',
      kind: uint(16),
      default: { rule: 'count', of: 'records' },
      when: { field: 'type', in: [T.multicast_listener_report_v2] },
    },
    {
      key: 'records',
      rfcName: 'Multicast Address Records',
      section: 'RFC 3810 §5.2.4',
      doc: 'The groups and their sources.',
      kind: records,
      when: { field: 'type', in: [T.multicast_listener_report_v2] },
    },
    {
      key: 'cur_hop_limit',
      rfcName: 'Cur Hop Limit',
      section: 'RFC 4861 §4.2',
      doc: 'The hop limit that hosts shall use; 0 says nothing.',
      unit: 'hops',
      kind: uint(8),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'ra_flags',
      rfcName: 'M, O and further flags',
      section: 'RFC 4861 §4.2, RFC 4191 §2.2',
      doc: 'M: addresses by DHCPv6, O: other configuration by it, H: home agent, P: proxy. Two bits are the preference.',
      kind: flags(8, { M: 0x80, O: 0x40, H: 0x20, P: 0x04 }),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'router_lifetime',
      rfcName: 'Router Lifetime',
      section: 'RFC 4861 §4.2',
      doc: 'How long it is a default router; 0: it is none.',
      unit: 'seconds',
      kind: uint(16),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'reachable_time',
      rfcName: 'Reachable Time',
      section: 'RFC 4861 §4.2',
      doc: 'How long a neighbour counts as reachable; 0 says nothing.',
      unit: 'milliseconds',
      kind: uint(32),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'retrans_timer',
      rfcName: 'Retrans Timer',
      section: 'RFC 4861 §4.2',
      doc: 'The time between neighbour solicitations; 0 says nothing.',
      unit: 'milliseconds',
      kind: uint(32),
      when: { field: 'type', in: [T.router_advertisement] },
    },
    {
      key: 'na_flags',
      rfcName: 'R, S and O flags',
      section: 'RFC 4861 §4.4',
      doc: 'R: the sender is a router, S: it was asked, O: overrides what is cached.',
      kind: flags(8, { R: 0x80, S: 0x40, O: 0x20 }),
      when: { field: 'type', in: [T.neighbor_advertisement] },
    },
    {
      key: 'na_reserved',
      rfcName: 'Reserved',
      section: 'RFC 4861 §4.4',
      doc: 'Must be zero.',
      kind: uint(24),
      when: { field: 'type', in: [T.neighbor_advertisement] },
    },
    {
      key: 'reserved',
      rfcName: 'Reserved',
      section: 'RFC 4861 §4.1, §4.3, §4.5',
      doc: 'Must be zero; of router and neighbour solicitations and redirects.',
      kind: uint(32),
      when: { field: 'type', in: [T.router_solicitation, T.neighbor_solicitation, T.redirect] },
    },
    {
      key: 'target_address',
      rfcName: 'Target Address',
      section: 'RFC 4861 §4.3, §4.4, §4.5',
      doc: 'The address that is asked for or told of; in a redirect the better first hop.',
      kind: ipv6,
      when: { field: 'type', in: [T.neighbor_solicitation, T.neighbor_advertisement, T.redirect] },
    },
    {
      key: 'destination_address',
      rfcName: 'Destination Address',
      section: 'RFC 4861 §4.5',
      doc: 'The destination that is redirected.',
      kind: ipv6,
      when: { field: 'type', in: [T.redirect] },
    },
    {
      key: 'options',
      rfcName: 'Options',
      section: 'RFC 4861 §4.6',
      doc: 'Options of neighbour discovery.',
      kind: ndOptions,
      when: { field: 'type', in: DISCOVERY },
    },
    {
      key: 'rest',
      rfcName: 'Rest of the header',
      section: 'RFC 4443 §2.1',
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
  under: { ipProtocol: 'icmpv6' },
  quotes: (fields) => (ERRORS.includes(fields.type as number) ? 'ipv6' : undefined),
  summary(fields) {
    const code = codes.format(fields.code as number, fields);
    const parts = [types.format(fields.type as number), ...(code === '0' ? [] : [code])];
    for (const key of ['ident', 'seq', 'mtu', 'pointer']) if (fields[key]) parts.push(`${key} ${fields[key]}`);
    for (const key of ['target_address', 'multicast_address']) {
      if (fields[key] !== undefined) parts.push(formatIpv6(fields[key] as Uint8Array));
    }
    if (fields.records !== undefined) parts.push(records.format(fields.records as readonly RecordValue[]));
    const options = fields.options as readonly OptionValue[] | undefined;
    if (options !== undefined && options.length > 0) parts.push(ndOptions.format(options));
    return parts.join(' ');
  },
  example: {
    type: 'neighbor_solicitation',
    target_address: '2001:db8::2',
    options: [{ source_link_layer_address: '02:00:00:00:00:01' }],
  },
};
