import { boolean, enumeration, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { ETHERTYPES } from './ethertypes';

export const vlan: LayerDescriptor = {
  key: 'vlan',
  name: 'Virtual LAN tag',
  spec: 'IEEE 802.1Q',
  doc: 'The tag of a frame on a virtual LAN, between the Ethernet header and what the frame carries.',
  fields: [
    {
      key: 'priority',
      rfcName: 'Priority Code Point',
      section: 'IEEE 802.1Q §9.6',
      doc: 'The class of the frame, 0 to 7.',
      kind: uint(3),
    },
    {
      key: 'dei',
      rfcName: 'Drop Eligible Indicator',
      section: 'IEEE 802.1Q §9.6',
      doc: 'The frame may be dropped when there is congestion.',
      kind: boolean,
    },
    {
      key: 'id',
      rfcName: 'VLAN Identifier',
      section: 'IEEE 802.1Q §9.6',
      doc: 'The virtual LAN; 0 for a tag with priority only.',
      kind: uint(12),
    },
    {
      key: 'etype',
      rfcName: 'EtherType',
      section: 'IEEE 802.1Q §9.4',
      doc: 'What the frame carries. Unset: the number of the next layer, or experimental_1 before a bare payload.',
      kind: enumeration(16, ETHERTYPES),
      default: { rule: 'nextProtocol' },
    },
  ],
  under: { ethertype: 'vlan' },
  next: { field: 'etype', space: 'ethertype', otherwise: ETHERTYPES.experimental_1 },
  mayBeLeftOut: true,
  summary: (fields) => `${fields.id}`,
  example: { id: 100, priority: 3 },
};
