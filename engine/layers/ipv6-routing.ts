import { enumeration, hexBytes, ipv6, repeated, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { IP_PROTOCOLS } from './ip-protocols';

const TYPES = { source_route: 0, type_2: 2, rpl_source_route: 3, segment_routing: 4 } as const;

/** Types that are a list of whole addresses. */
const WITH_ADDRESSES = [TYPES.source_route, TYPES.type_2, TYPES.segment_routing];

export const routing: LayerDescriptor = {
  key: 'ipv6.routing',
  name: 'IPv6 Routing header',
  spec: 'RFC 8200',
  doc: 'Nodes to visit on the way. While segments are left, checksums count the last of them as the destination.',
  fields: [
    {
      key: 'nxt',
      rfcName: 'Next Header',
      section: 'RFC 8200 §4.4',
      doc: 'What follows this header. Unset: the number of the next layer, or ipv6_nonxt before a bare payload.',
      kind: enumeration(8, IP_PROTOCOLS),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'len',
      rfcName: 'Hdr Ext Len',
      section: 'RFC 8200 §4.4',
      doc: 'The length of this header.',
      unit: '8 octets, the first 8 not counted',
      kind: uint(8),
      default: { rule: 'headerLength', per: 8, minus: 8 },
    },
    {
      key: 'type',
      rfcName: 'Routing Type',
      section: 'RFC 8200 §4.4',
      doc: 'source_route (RFC 5095 forbids to heed it) unless set; type_2 is of RFC 6275, segment_routing of RFC 8754.',
      kind: enumeration(8, TYPES),
    },
    {
      key: 'segleft',
      rfcName: 'Segments Left',
      section: 'RFC 8200 §4.4',
      doc: 'How many of the nodes are still to be visited. Unset: as many as there are addresses.',
      kind: uint(8),
      default: { rule: 'count', of: 'addresses' },
    },
    {
      key: 'reserved',
      rfcName: 'Reserved',
      section: 'RFC 5095, RFC 6275 §6.4.1, RFC 6554 §3',
      doc: 'The 32 bits after Segments Left in all types but segment_routing.',
      kind: uint(32),
      when: { field: 'type', notIn: [TYPES.segment_routing] },
    },
    {
      key: 'last_entry',
      rfcName: 'Last Entry',
      section: 'RFC 8754 §2',
      doc: 'Index of the last segment of the list. Unset: that of the last address.',
      kind: uint(8),
      default: { rule: 'count', of: 'addresses', minus: 1 },
      when: { field: 'type', in: [TYPES.segment_routing] },
    },
    {
      key: 'flags',
      rfcName: 'Flags',
      section: 'RFC 8754 §2',
      doc: 'All unused.',
      kind: uint(8),
      when: { field: 'type', in: [TYPES.segment_routing] },
    },
    {
      key: 'tag',
      rfcName: 'Tag',
      section: 'RFC 8754 §2',
      doc: 'Tells classes of packets apart.',
      kind: uint(16),
      when: { field: 'type', in: [TYPES.segment_routing] },
    },
    {
      key: 'addresses',
      rfcName: 'Address[n], Segment List[n]',
      section: 'RFC 5095, RFC 6275 §6.4.1, RFC 8754 §2',
      doc: 'The nodes; in segment_routing the last one to visit comes first.',
      kind: repeated(ipv6, 16),
      when: { field: 'type', in: WITH_ADDRESSES },
    },
    {
      key: 'data',
      rfcName: 'type-specific data',
      section: 'RFC 8200 §4.4',
      doc: 'What is no whole address: TLVs of segment_routing, the contents of unknown types.',
      kind: hexBytes('rest', { unit: 8 }),
    },
  ],
  under: { ipProtocol: 'ipv6_route' },
  next: { field: 'nxt', space: 'ipProtocol', otherwise: IP_PROTOCOLS.ipv6_nonxt },
  mayBeLeftOut: true,
  isPerFragment: true,
  finalDestination(fields) {
    const addresses = (fields.addresses ?? []) as readonly Uint8Array[];
    if (fields.segleft === 0) return undefined;
    return fields.type === TYPES.segment_routing ? addresses[0] : addresses.at(-1);
  },
  summary: (fields) => `type ${fields.type} segments left ${fields.segleft}`,
  example: { addresses: ['2001:db8::3'] },
};
