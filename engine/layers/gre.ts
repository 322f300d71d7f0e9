import { enumeration, flags, hexBytes, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { ETHERTYPES } from './ethertypes';

const FLAGS = { C: 0x1000, R: 0x0800, K: 0x0400, S: 0x0200 } as const;

export const gre: LayerDescriptor = {
  key: 'gre',
  name: 'Generic Routing Encapsulation',
  spec: 'RFC 2784',
  doc: 'A tunnel header, with the key and sequence number of RFC 2890.',
  fields: [
    {
      key: 'flags',
      rfcName: 'Checksum, Key and Sequence Number Present',
      section: 'RFC 2784 §2.1, RFC 2890 §2',
      doc: 'Which optional fields there are: C, K, S. Unset: those that are given. R is the routing bit of RFC 1701.',
      kind: flags(13, FLAGS),
      default: { rule: 'presence', bits: { checksum: FLAGS.C, key: FLAGS.K, sequence_number: FLAGS.S } },
      isFraming: true,
    },
    {
      key: 'version',
      rfcName: 'Version Number',
      section: 'RFC 2784 §2.3.1',
      doc: '0 unless set.',
      kind: uint(3),
      isFraming: true,
    },
    {
      key: 'proto',
      rfcName: 'Protocol Type',
      section: 'RFC 2784 §2.4',
      doc: 'The EtherType of what the tunnel carries. Unset: that of the next layer, or experimental_1 before a bare payload.',
      kind: enumeration(16, ETHERTYPES),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'checksum',
      rfcName: 'Checksum',
      section: 'RFC 2784 §2.5',
      doc: 'Of the header and what it carries; computed where flags has C.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'all' },
      when: { field: 'flags', mask: FLAGS.C },
    },
    {
      key: 'reserved1',
      rfcName: 'Reserved1',
      section: 'RFC 2784 §2.6',
      doc: 'Must be zero; there only with the checksum.',
      kind: uint(16),
      when: { field: 'flags', mask: FLAGS.C },
    },
    {
      key: 'key',
      rfcName: 'Key',
      section: 'RFC 2890 §2.1',
      doc: 'Tells flows within the tunnel apart.',
      kind: uint(32),
      when: { field: 'flags', mask: FLAGS.K },
    },
    {
      key: 'sequence_number',
      rfcName: 'Sequence Number',
      section: 'RFC 2890 §2.2',
      doc: 'Keeps packets of the tunnel in order.',
      kind: uint(32),
      when: { field: 'flags', mask: FLAGS.S },
    },
    {
      key: 'trailer',
      rfcName: 'Octets after the packet',
      section: 'RFC 2784 §2',
      doc: 'Octets after the end of the carried packet by its own length.',
      kind: hexBytes('rest'),
      trailer: true,
    },
  ],
  under: { ipProtocol: 'gre' },
  next: { field: 'proto', space: 'ethertype', otherwise: ETHERTYPES.experimental_1 },
  summary: (fields) => (fields.key === undefined ? '' : `key ${fields.key}`),
  example: { key: 7 },
};
