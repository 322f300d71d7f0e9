import { enumeration, type OptionValue, uint } from '../fields';
import type { FieldDescriptor, LayerDescriptor } from './descriptor';
import { IP_PROTOCOLS } from './ip-protocols';
import { ipv6Options } from './ipv6-options';

export const hopopts: LayerDescriptor = {
  key: 'ipv6.hopopts',
  name: 'IPv6 Hop-by-Hop Options header',
  spec: 'RFC 8200',
  doc: 'Options for every node on the way. Comes first after the IPv6 header.',
  fields: fieldsOf('§4.3'),
  under: { ipProtocol: 'hopopt' },
  next: { field: 'nxt', space: 'ipProtocol', otherwise: IP_PROTOCOLS.ipv6_nonxt },
  mayBeLeftOut: true,
  isPerFragment: true,
  summary: (fields) => ipv6Options.format(fields.options as readonly OptionValue[]),
  example: { options: [{ router_alert: 0 }] },
};

export const dstopts: LayerDescriptor = {
  key: 'ipv6.dstopts',
  name: 'IPv6 Destination Options header',
  spec: 'RFC 8200',
  doc: 'Options for the destination.',
  fields: fieldsOf('§4.6'),
  under: { ipProtocol: 'ipv6_opts' },
  next: { field: 'nxt', space: 'ipProtocol', otherwise: IP_PROTOCOLS.ipv6_nonxt },
  mayBeLeftOut: true,
  summary: (fields) => ipv6Options.format(fields.options as readonly OptionValue[]),
  example: { options: [{ raw: { kind: 0xbe, data: '00000000' } }] },
};

function fieldsOf(section: string): FieldDescriptor[] {
  return [
    {
      key: 'nxt',
      rfcName: 'Next Header',
      section: `RFC 8200 ${section}`,
      doc: 'What follows this header. Unset: the number of the next layer, or ipv6_nonxt before a bare payload.',
      kind: enumeration(8, IP_PROTOCOLS),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'len',
      rfcName: 'Hdr Ext Len',
      section: `RFC 8200 ${section}`,
      doc: 'The length of this header.',
      unit: '8 octets, the first 8 not counted',
      kind: uint(8),
      default: { rule: 'headerLength', per: 8, minus: 8 },
    },
    {
      key: 'options',
      rfcName: 'Options',
      section: `RFC 8200 §4.2`,
      doc: 'Filled up with Pad1 or PadN to a multiple of 8. Padding at the end is not compared.',
      kind: ipv6Options,
    },
  ];
}
