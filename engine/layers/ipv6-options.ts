import { hexBytes, ipv6, type OptionDefinition, optionList, uint } from '../fields';

/** Options of the hop-by-hop and destination headers by their whole type octet: action, change bit and number. */
const definitions: readonly OptionDefinition[] = [
  {
    name: 'pad1',
    kind: 0x00,
    single: true,
    padding: true,
    rfcName: 'Pad1',
    section: 'RFC 8200 §4.2',
    doc: 'One octet of padding.',
  },
  {
    name: 'padn',
    kind: 0x01,
    padding: true,
    rfcName: 'PadN',
    section: 'RFC 8200 §4.2',
    doc: 'Two or more octets of padding; the value is what follows type and length.',
    value: hexBytes('rest'),
  },
  {
    name: 'tunnel_encapsulation_limit',
    kind: 0x04,
    rfcName: 'Tunnel Encapsulation Limit',
    section: 'RFC 2473 §4.1.1',
    doc: 'How many more encapsulations are permitted.',
    value: uint(8),
  },
  {
    name: 'router_alert',
    kind: 0x05,
    rfcName: 'Router Alert',
    section: 'RFC 2711 §2.1',
    doc: 'Routers shall look into the packet; 0 is for MLD.',
    value: uint(16),
  },
  {
    name: 'jumbo_payload',
    kind: 0xc2,
    rfcName: 'Jumbo Payload',
    section: 'RFC 2675 §2',
    doc: 'The length of a packet of more than 65535 octets, whose ipv6.plen is 0.',
    value: uint(32),
  },
  {
    name: 'home_address',
    kind: 0xc9,
    rfcName: 'Home Address',
    section: 'RFC 6275 §6.3',
    doc: 'The home address of a mobile node that is away.',
    value: ipv6,
  },
];

const PAD1 = 0;
const PADN = 1;

/** The options of a header that begins with two octets and is filled up to a multiple of 8. */
export const ipv6Options = optionList({
  definitions,
  lengthUnit: 1,
  lengthCounts: 0,
  align: 8,
  alignOffset: 2,
  pad(bytes, start, octets) {
    if (octets === 1) {
      bytes[start] = PAD1;
      return;
    }
    bytes[start] = PADN;
    bytes[start + 1] = octets - 2;
    bytes.fill(0, start + 2, start + octets);
  },
  maxOctets: 2046,
});
