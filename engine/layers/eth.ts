import { enumeration, formatMac, hexBytes, mac } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { ETHERTYPES } from './ethertypes';

export const eth: LayerDescriptor = {
  key: 'eth',
  name: 'Ethernet II',
  spec: 'IEEE 802.3',
  doc: 'The frame on the test link. The lab gives its addresses unless the author does.',
  fields: [
    {
      key: 'dst',
      rfcName: 'Destination Address',
      section: 'IEEE 802.3 §3.2.4',
      doc: 'Who is to receive the frame. Unset: the group address of a multicast or broadcast destination, else zero.',
      kind: mac,
      default: { rule: 'linkDestination' },
    },
    {
      key: 'src',
      rfcName: 'Source Address',
      section: 'IEEE 802.3 §3.2.5',
      doc: 'Who sent the frame.',
      kind: mac,
    },
    {
      key: 'type',
      rfcName: 'EtherType',
      section: 'IEEE 802.3 §3.2.6',
      doc: 'What the frame carries. Unset: the number of the next layer, or experimental_1 before a bare payload.',
      kind: enumeration(16, ETHERTYPES),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'padding',
      rfcName: 'Pad',
      section: 'IEEE 802.3 §3.2.8',
      doc: "Octets after the end of the carried packet by that packet's own length; not part of any payload.",
      kind: hexBytes('rest'),
      trailer: true,
    },
  ],
  next: { field: 'type', space: 'ethertype', otherwise: ETHERTYPES.experimental_1 },
  summary: (fields) => `${formatMac(fields.src as number)} > ${formatMac(fields.dst as number)}`,
  example: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' },
};
