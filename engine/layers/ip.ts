import { enumeration, formatIpv4, hexBytes, ipv4, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { DSCP, ECN } from './differentiated-services';
import { IP_FLAGS, ipFlags } from './ip-flags';
import { ipOptions } from './ip-options';
import { IP_PROTOCOLS } from './ip-protocols';

export const ip: LayerDescriptor = {
  key: 'ip',
  name: 'Internet Protocol version 4',
  spec: 'RFC 791',
  doc: 'An IPv4 datagram or a fragment of one.',
  fields: [
    {
      key: 'version',
      rfcName: 'Version',
      section: 'RFC 791 §3.1',
      doc: 'The version of the header; 4 unless set.',
      kind: uint(4),
      default: 4,
      isFraming: true,
    },
    {
      key: 'hdr_len',
      rfcName: 'Internet Header Length',
      section: 'RFC 791 §3.1',
      doc: 'Where the data begin.',
      unit: 'octets, a multiple of 4 (the wire has 32-bit words)',
      kind: uint(4, { scale: 4 }),
      default: { rule: 'headerLength' },
    },
    {
      key: 'dscp',
      rfcName: 'Differentiated Services Codepoint',
      section: 'RFC 2474 §3',
      doc: 'The upper six bits of what was the Type of Service.',
      kind: enumeration(6, DSCP),
    },
    {
      key: 'ecn',
      rfcName: 'Explicit Congestion Notification',
      section: 'RFC 3168 §5',
      doc: 'Whether the sender understands ECN (ect0, ect1), and congestion that a router met (ce).',
      kind: enumeration(2, ECN),
    },
    {
      key: 'len',
      rfcName: 'Total Length',
      section: 'RFC 791 §3.1',
      doc: 'Header and data. What follows in the frame is padding.',
      unit: 'octets',
      kind: uint(16),
      default: { rule: 'totalLength' },
    },
    {
      key: 'id',
      rfcName: 'Identification',
      section: 'RFC 791 §3.1',
      doc: 'Tells which fragments belong together.',
      kind: uint(16),
    },
    {
      key: 'flags',
      rfcName: 'Flags',
      section: 'RFC 791 §3.1',
      doc: 'DF: do not fragment. MF: more fragments follow. RB: the reserved bit.',
      kind: ipFlags,
    },
    {
      key: 'frag_offset',
      rfcName: 'Fragment Offset',
      section: 'RFC 791 §3.1',
      doc: "Where the fragment's data belong in the datagram.",
      unit: 'octets, a multiple of 8 (the wire has units of 8)',
      kind: uint(13, { scale: 8 }),
    },
    {
      key: 'ttl',
      rfcName: 'Time to Live',
      section: 'RFC 791 §3.1',
      doc: 'How many routers may still pass the datagram on; 64 unless set.',
      unit: 'hops',
      kind: uint(8),
      default: 64,
    },
    {
      key: 'proto',
      rfcName: 'Protocol',
      section: 'RFC 791 §3.1',
      doc: 'What the datagram carries. Unset: the number of the next layer, or experimental_1 before a bare payload.',
      kind: enumeration(8, IP_PROTOCOLS),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'checksum',
      rfcName: 'Header Checksum',
      section: 'RFC 791 §3.1',
      doc: 'Of the header alone.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'header' },
    },
    { key: 'src', rfcName: 'Source Address', section: 'RFC 791 §3.1', doc: 'Who sent the datagram.', kind: ipv4 },
    { key: 'dst', rfcName: 'Destination Address', section: 'RFC 791 §3.1', doc: 'Who is to receive it.', kind: ipv4 },
    {
      key: 'options',
      rfcName: 'Options',
      section: 'RFC 791 §3.1',
      doc: 'Filled up with zero octets to a multiple of 4.',
      kind: ipOptions,
    },
    {
      key: 'trailer',
      rfcName: 'Surplus Area',
      section: 'RFC 9868 §4',
      doc: 'Octets of the datagram after the end of what it carries by the inner length, such as UDP options.',
      kind: hexBytes('rest'),
      trailer: true,
    },
  ],
  under: { ethertype: 'ipv4', ipProtocol: 'ipv4' },
  next: { field: 'proto', space: 'ipProtocol', otherwise: IP_PROTOCOLS.experimental_1 },
  pseudoHeader: ['src', 'dst'],
  fragmentation: { offset: 'frag_offset', ident: 'id', more: { field: 'flags', bit: IP_FLAGS.MF } },
  isFragment: (fields) => fields.frag_offset !== 0 || ((fields.flags as number) & IP_FLAGS.MF) !== 0,
  summary(fields) {
    const isFragment = fields.frag_offset !== 0 || ((fields.flags as number) & IP_FLAGS.MF) !== 0;
    const fragment = isFragment
      ? ` fragment ${fields.id}@${fields.frag_offset}${(fields.flags as number) & IP_FLAGS.MF ? '+' : ''}`
      : '';
    return `${formatIpv4(fields.src as number)} > ${formatIpv4(fields.dst as number)}${fragment}`;
  },
  // RFC 1112 §6.4: the low 23 bits of a group address; the limited broadcast goes to everybody.
  linkDestination(fields) {
    const destination = fields.dst as number | undefined;
    if (destination === 0xffffffff) return 0xffffffffffff;
    return destination !== undefined && destination >>> 28 === 0xe
      ? 0x01005e000000 + (destination & 0x7fffff)
      : undefined;
  },
  example: { src: '192.0.2.1', dst: '192.0.2.2', ttl: 1, flags: 'DF' },
};
