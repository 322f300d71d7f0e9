import { boolean, enumeration, uint } from '../fields';
import type { LayerDescriptor } from './descriptor';
import { IP_PROTOCOLS } from './ip-protocols';

export const fraghdr: LayerDescriptor = {
  key: 'ipv6.fraghdr',
  name: 'IPv6 Fragment header',
  spec: 'RFC 8200',
  doc: 'Says which part of a packet follows. Only a packet that is whole (offset 0, more false) is read further.',
  fields: [
    {
      key: 'nxt',
      rfcName: 'Next Header',
      section: 'RFC 8200 §4.5',
      doc: 'What the fragmentable part begins with. Unset: the number of the next layer, or ipv6_nonxt before a bare payload.',
      kind: enumeration(8, IP_PROTOCOLS),
      default: { rule: 'nextProtocol' },
    },
    {
      key: 'reserved_octet',
      rfcName: 'Reserved',
      section: 'RFC 8200 §4.5',
      doc: 'Must be zero.',
      kind: uint(8),
    },
    {
      key: 'offset',
      rfcName: 'Fragment Offset',
      section: 'RFC 8200 §4.5',
      doc: "Where the fragment's data belong in the fragmentable part.",
      unit: 'octets, a multiple of 8 (the wire has units of 8)',
      kind: uint(13, { scale: 8 }),
    },
    {
      key: 'reserved_bits',
      rfcName: 'Res',
      section: 'RFC 8200 §4.5',
      doc: 'Must be zero.',
      kind: uint(2),
    },
    {
      key: 'more',
      rfcName: 'M flag',
      section: 'RFC 8200 §4.5',
      doc: 'Whether more fragments follow.',
      kind: boolean,
    },
    {
      key: 'ident',
      rfcName: 'Identification',
      section: 'RFC 8200 §4.5',
      doc: 'Tells which fragments belong together.',
      kind: uint(32),
    },
  ],
  under: { ipProtocol: 'ipv6_frag' },
  next: { field: 'nxt', space: 'ipProtocol', otherwise: IP_PROTOCOLS.ipv6_nonxt },
  mayBeLeftOut: true,
  fragmentation: { offset: 'offset', ident: 'ident', more: { field: 'more', bit: 1 } },
  isFragment: (fields) => Boolean(fields.offset) || Boolean(fields.more),
  summary: (fields) => `${fields.ident}@${fields.offset}${fields.more === 1 ? '+' : ''}`,
  example: { offset: 1480, more: true, ident: 1 },
};
