import { flags, hexBytes, ipv6, mac, type OptionDefinition, optionList, record, repeated, uint } from '../fields';

/** Options of neighbour discovery messages (IANA, IPv6 Neighbor Discovery Option Formats). */
const definitions: readonly OptionDefinition[] = [
  {
    name: 'source_link_layer_address',
    kind: 1,
    rfcName: 'Source Link-Layer Address',
    section: 'RFC 4861 §4.6.1',
    doc: "The sender's MAC address.",
    value: mac,
  },
  {
    name: 'target_link_layer_address',
    kind: 2,
    rfcName: 'Target Link-Layer Address',
    section: 'RFC 4861 §4.6.1',
    doc: "The target's MAC address.",
    value: mac,
  },
  {
    name: 'prefix_information',
    kind: 3,
    rfcName: 'Prefix Information',
    section: 'RFC 4861 §4.6.2',
    doc: 'A prefix that is on the link (L) or to make addresses from (A).',
    value: record([
      { key: 'prefix_length', kind: uint(8), default: 64, doc: 'Prefix Length in bits; 64 unless set.' },
      {
        key: 'flags',
        kind: flags(8, { L: 0x80, A: 0x40, R: 0x20 }),
        doc: 'L: on-link, A: autonomous, R: router address.',
      },
      { key: 'valid_lifetime', kind: uint(32), doc: 'Valid Lifetime in seconds; 4294967295 is for ever.' },
      { key: 'preferred_lifetime', kind: uint(32), doc: 'Preferred Lifetime in seconds.' },
      { key: 'reserved', kind: uint(32), doc: 'Reserved2; must be zero.' },
      { key: 'prefix', kind: ipv6, doc: 'The prefix, filled up with zeros.' },
    ]),
  },
  {
    name: 'redirected_header',
    kind: 4,
    rfcName: 'Redirected Header',
    section: 'RFC 4861 §4.6.3',
    doc: 'The packet that was redirected, as far as there is room, filled up to a multiple of 8 octets.',
    value: record([
      { key: 'reserved', kind: hexBytes(6), doc: 'Must be zero.' },
      { key: 'data', kind: hexBytes('rest', { unit: 8 }), doc: 'IP header and data.' },
    ]),
    lengths: (octets) => octets >= 6,
  },
  {
    name: 'mtu',
    kind: 5,
    rfcName: 'MTU',
    section: 'RFC 4861 §4.6.4',
    doc: 'The MTU that all nodes of the link shall use.',
    value: record([
      { key: 'reserved', kind: uint(16), doc: 'Must be zero.' },
      { key: 'mtu', kind: uint(32), doc: 'MTU in octets.' },
    ]),
  },
  {
    name: 'nonce',
    kind: 14,
    rfcName: 'Nonce',
    section: 'RFC 3971 §5.3.2',
    doc: 'Random octets by which a node knows its own messages (RFC 7527).',
    value: hexBytes('rest'),
    lengths: (octets) => octets >= 6,
  },
  {
    name: 'route_information',
    kind: 24,
    rfcName: 'Route Information',
    section: 'RFC 4191 §2.3',
    doc: 'A prefix that the router leads to.',
    value: record([
      { key: 'prefix_length', kind: uint(8), doc: 'Prefix Length in bits.' },
      { key: 'preference', kind: uint(8), doc: 'Three bits reserved, two bits preference, three bits reserved.' },
      { key: 'lifetime', kind: uint(32), doc: 'Route Lifetime in seconds.' },
      { key: 'prefix', kind: hexBytes('rest', { unit: 8 }), doc: 'The prefix in 0, 8 or 16 octets.' },
    ]),
    lengths: (octets) => octets >= 6,
  },
  {
    name: 'rdnss',
    kind: 25,
    rfcName: 'Recursive DNS Server',
    section: 'RFC 8106 §5.1',
    doc: 'Addresses of DNS servers.',
    value: record([
      { key: 'reserved', kind: uint(16), doc: 'Must be zero.' },
      { key: 'lifetime', kind: uint(32), doc: 'Lifetime in seconds.' },
      { key: 'addresses', kind: repeated(ipv6, 16), doc: 'The servers.' },
    ]),
    lengths: (octets) => octets >= 6 && (octets - 6) % 16 === 0,
  },
  {
    name: 'dnssl',
    kind: 31,
    rfcName: 'DNS Search List',
    section: 'RFC 8106 §5.2',
    doc: 'Domains in which to look for names.',
    value: record([
      { key: 'reserved', kind: uint(16), doc: 'Must be zero.' },
      { key: 'lifetime', kind: uint(32), doc: 'Lifetime in seconds.' },
      {
        key: 'domains',
        kind: hexBytes('rest', { unit: 8 }),
        doc: 'Domain names as DNS encodes them, filled up with zeros.',
      },
    ]),
    lengths: (octets) => octets >= 6,
  },
];

/** The options of a neighbour discovery message, each a multiple of 8 octets. */
export const ndOptions = optionList({
  definitions,
  lengthUnit: 8,
  lengthCounts: 2,
  align: 1,
  pad: () => undefined,
});
