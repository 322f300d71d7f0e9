import { enumeration, formatIpv4, formatMac, ipv4, mac, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { ETHERTYPES } from './ethertypes';

const OPCODES = { request: 1, reply: 2, request_reverse: 3, reply_reverse: 4 } as const;

export const arp: LayerDescriptor = {
  key: 'arp',
  name: 'Address Resolution Protocol',
  spec: 'RFC 826',
  doc: 'ARP for IPv4 over Ethernet.',
  fields: [
    {
      key: 'hw_type',
      rfcName: 'Hardware address space (ar$hrd)',
      section: 'RFC 826 Packet format',
      doc: 'The kind of hardware; ethernet unless set.',
      kind: enumeration(16, { ethernet: 1 }),
      default: 1,
      isFraming: true,
    },
    {
      key: 'proto_type',
      rfcName: 'Protocol address space (ar$pro)',
      section: 'RFC 826 Packet format',
      doc: 'The protocol whose addresses are asked for; ipv4 unless set.',
      kind: enumeration(16, ETHERTYPES),
      default: ETHERTYPES.ipv4,
      isFraming: true,
    },
    {
      key: 'hw_size',
      rfcName: 'Length of each hardware address (ar$hln)',
      section: 'RFC 826 Packet format',
      doc: '6 unless set. The addresses here stay 6 octets long, whatever it says.',
      unit: 'octets',
      kind: uint(8),
      default: 6,
      isFraming: true,
    },
    {
      key: 'proto_size',
      rfcName: 'Length of each protocol address (ar$pln)',
      section: 'RFC 826 Packet format',
      doc: '4 unless set. The addresses here stay 4 octets long, whatever it says.',
      unit: 'octets',
      kind: uint(8),
      default: 4,
      isFraming: true,
    },
    {
      key: 'opcode',
      rfcName: 'Opcode (ar$op)',
      section: 'RFC 826 Packet format',
      doc: 'request unless set.',
      kind: enumeration(16, OPCODES),
      default: OPCODES.request,
    },
    {
      key: 'src_hw_mac',
      rfcName: 'Hardware address of sender (ar$sha)',
      section: 'RFC 826 Packet format',
      doc: 'The MAC address of who sent the packet.',
      kind: mac,
    },
    {
      key: 'src_proto_ipv4',
      rfcName: 'Protocol address of sender (ar$spa)',
      section: 'RFC 826 Packet format',
      doc: 'The IPv4 address of who sent the packet; 0.0.0.0 in a probe.',
      kind: ipv4,
    },
    {
      key: 'dst_hw_mac',
      rfcName: 'Hardware address of target (ar$tha)',
      section: 'RFC 826 Packet format',
      doc: 'The MAC address that is asked for or answered to.',
      kind: mac,
    },
    {
      key: 'dst_proto_ipv4',
      rfcName: 'Protocol address of target (ar$tpa)',
      section: 'RFC 826 Packet format',
      doc: 'The IPv4 address that is asked for or answered to.',
      kind: ipv4,
    },
  ],
  under: { ethertype: 'arp' },
  // A request has to reach whoever has the address, so an unset Ethernet destination is everybody.
  linkDestination: (fields) =>
    fields.opcode === undefined || fields.opcode === OPCODES.request ? 0xffffffffffff : undefined,
  summary(fields) {
    const source = formatIpv4(fields.src_proto_ipv4 as number);
    const target = formatIpv4(fields.dst_proto_ipv4 as number);
    if (fields.opcode === OPCODES.request) return `who has ${target}? tell ${source}`;
    if (fields.opcode === OPCODES.reply) return `${source} is at ${formatMac(fields.src_hw_mac as number)}`;
    return `opcode ${fields.opcode} ${source} > ${target}`;
  },
  example: { opcode: 'request', src_proto_ipv4: '192.0.2.1', dst_proto_ipv4: '192.0.2.2' },
};
