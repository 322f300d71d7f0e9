import { ipv4, type OptionDefinition, optionList, padWithZeros, record, repeated, uint } from '../fields';

const route = record([
  { key: 'pointer', kind: uint(8), default: 4, doc: 'Octet of the option, from 1, where the next address goes.' },
  { key: 'route', kind: repeated(ipv4, 4), doc: 'The addresses.' },
]);

/** Options of an IPv4 header by their whole type octet: copied flag, class and number. */
const definitions: readonly OptionDefinition[] = [
  {
    name: 'eol',
    kind: 0,
    single: true,
    end: true,
    rfcName: 'End of Option List',
    section: 'RFC 791 §3.1',
    doc: 'Ends the list; a value gives the octets after it.',
  },
  {
    name: 'nop',
    kind: 1,
    single: true,
    rfcName: 'No Operation',
    section: 'RFC 791 §3.1',
    doc: 'Fills up to a boundary.',
  },
  {
    name: 'rr',
    kind: 7,
    rfcName: 'Record Route',
    section: 'RFC 791 §3.1',
    doc: 'Every router on the way writes its address.',
    value: route,
    lengths: isRoute,
  },
  {
    name: 'ts',
    kind: 68,
    rfcName: 'Internet Timestamp',
    section: 'RFC 791 §3.1',
    doc: 'Every router on the way writes the time; flag 0 has timestamps alone, 1 and 3 addresses before them.',
    value: record([
      { key: 'pointer', kind: uint(8), default: 5, doc: 'Octet of the option, from 1, where the next timestamp goes.' },
      { key: 'overflow_flag', kind: uint(8), doc: 'Four bits overflow, four bits flag.' },
      { key: 'data', kind: repeated(uint(32), 4), doc: 'Timestamps and addresses as 32-bit words.' },
    ]),
    lengths: (octets) => octets >= 2 && (octets - 2) % 4 === 0,
  },
  {
    name: 'lsrr',
    kind: 131,
    rfcName: 'Loose Source and Record Route',
    section: 'RFC 791 §3.1',
    doc: 'Addresses to pass, with others between.',
    value: route,
    lengths: isRoute,
  },
  {
    name: 'sid',
    kind: 136,
    rfcName: 'Stream Identifier',
    section: 'RFC 791 §3.1',
    doc: 'Of the SATNET; deprecated.',
    value: uint(16),
  },
  {
    name: 'ssrr',
    kind: 137,
    rfcName: 'Strict Source and Record Route',
    section: 'RFC 791 §3.1',
    doc: 'Addresses to pass, with none between.',
    value: route,
    lengths: isRoute,
  },
  {
    name: 'router_alert',
    kind: 148,
    rfcName: 'Router Alert',
    section: 'RFC 2113 §2.1',
    doc: 'Routers shall look into the packet; the value is 0.',
    value: uint(16),
  },
];

/** The options of an IPv4 header. */
export const ipOptions = optionList({
  definitions,
  lengthUnit: 1,
  lengthCounts: 2,
  align: 4,
  pad: padWithZeros,
  maxOctets: 40,
});

function isRoute(octets: number): boolean {
  return octets >= 1 && (octets - 1) % 4 === 0;
}
