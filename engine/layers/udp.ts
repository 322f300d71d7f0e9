import { uint } from '../fields';
import type { LayerDescriptor } from './descriptor';

export const udp: LayerDescriptor = {
  key: 'udp',
  name: 'User Datagram Protocol',
  spec: 'RFC 768',
  doc: 'A UDP datagram.',
  fields: [
    {
      key: 'srcport',
      rfcName: 'Source Port',
      section: 'RFC 768 Fields',
      doc: 'The port of who sent the datagram; 0 if no answer is wanted.',
      kind: uint(16),
    },
    {
      key: 'dstport',
      rfcName: 'Destination Port',
      section: 'RFC 768 Fields',
      doc: 'The port of who is to receive it.',
      kind: uint(16),
    },
    {
      key: 'length',
      rfcName: 'Length',
      section: 'RFC 768 Fields',
      doc: 'Header and data.',
      unit: 'octets',
      kind: uint(16),
      default: { rule: 'totalLength' },
    },
    {
      key: 'checksum',
      rfcName: 'Checksum',
      section: 'RFC 768 Fields',
      doc: 'Of pseudo-header, header and data; 0 under IPv4 means that there is none.',
      kind: uint(16),
      default: { rule: 'checksum', covers: 'all', pseudoHeader: true, zeroMeansNone: true },
    },
  ],
  under: { ipProtocol: 'udp' },
  summary: (fields) => `${fields.srcport} > ${fields.dstport}`,
  example: { srcport: 40000, dstport: 7 },
};
