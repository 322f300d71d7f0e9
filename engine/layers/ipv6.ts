import { enumeration, formatIpv6, hexBytes, ipv6 as ipv6Address, readNumber, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { DSCP, ECN } from './differentiated-services';
import { IP_PROTOCOLS } from './ip-protocols';

export const ipv6: LayerDescriptor = {
  key: 'ipv6',
  name: 'Internet Protocol version 6',
  spec: 'RFC 8200',
  doc: 'The IPv6 header; extension headers are layers of their own after it.',
  fields: [
    {
      key: 'version',
      rfcName: 'Version',
      section: 'RFC 8200 §3',
      doc: 'The version of the header; 6 unless set.',
      kind: uint(4),
      default: 6,
      isFraming: true,
    },
    {
      key: 'dscp',
      rfcName: 'Differentiated Services Codepoint',
      section: 'RFC 2474 §3',
      doc: 'The upper six bits of the Traffic Class.',
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
      key: 'flow',
      rfcName: 'Flow Label',
      section: 'RFC 8200 §3',
      doc: 'Labels packets that routers shall treat as one flow.',
      kind: uint(20),
    },
    {
      key: 'plen',
      rfcName: 'Payload Length',
      section: 'RFC 8200 §3',
      doc: 'Everything after this header, extension headers included. What follows in the frame is padding.',
      unit: 'octets',
      kind: uint(16),
      default: { rule: 'payloadLength' },
    },
    {
      key: 'nxt',
      rfcName: 'Next Header',
      section: 'RFC 8200 §3',
      doc: 'What follows this header. Unset: the number of the next layer, or ipv6_nonxt before a bare payload.',
      kind: enumeration(8, IP_PROTOCOLS),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'hlim',
      rfcName: 'Hop Limit',
      section: 'RFC 8200 §3',
      doc: 'How many routers may still pass the packet on; 64 unless set.',
      unit: 'hops',
      kind: uint(8),
      default: 64,
    },
    { key: 'src', rfcName: 'Source Address', section: 'RFC 8200 §3', doc: 'Who sent the packet.', kind: ipv6Address },
    {
      key: 'dst',
      rfcName: 'Destination Address',
      section: 'RFC 8200 §3',
      doc: 'Who is to receive it.',
      kind: ipv6Address,
    },
    {
      key: 'trailer',
      rfcName: 'Surplus Area',
      section: 'RFC 9868 §4',
      doc: 'Octets of the packet after the end of what it carries by the inner length, such as UDP options.',
      kind: hexBytes('rest'),
      trailer: true,
    },
  ],
  under: { ethertype: 'ipv6', ipProtocol: 'ipv6' },
  next: { field: 'nxt', space: 'ipProtocol', otherwise: IP_PROTOCOLS.ipv6_nonxt },
  pseudoHeader: ['src', 'dst'],
  fragmentsWith: 'ipv6.fraghdr',
  summary: (fields) => `${formatIpv6(fields.src as Uint8Array)} > ${formatIpv6(fields.dst as Uint8Array)}`,
  // RFC 2464 §7: 33:33 and the last four octets of a multicast address.
  linkDestination(fields) {
    const destination = fields.dst as Uint8Array | undefined;
    return destination?.[0] === 0xff ? 0x333300000000 + readNumber(destination, 12, 4) : undefined;
  },
  example: { src: '2001:db8::1', dst: '2001:db8::2', hlim: 255 },
};
