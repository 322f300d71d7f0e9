import {
  type AnyKind,
  boolean,
  dependentEnumeration,
  enumeration,
  flags,
  formatTcpFlags,
  hexBytes,
  ipv4,
  ipv6,
  isBits,
  mac,
  nearestName,
  ParseContext,
  pair,
  parseTcpFlags,
  payloadBytes,
  record,
  repeated,
  serialNumber,
  tcpFlags,
  uint,
} from '.';

const kinds: readonly AnyKind[] = [
  uint(1),
  uint(4, { scale: 4 }),
  uint(16),
  uint(32),
  uint(48),
  serialNumber(),
  boolean,
  enumeration(8, { tcp: 6, udp: 17 }),
  dependentEnumeration(8, 'type', { 3: { port_unreachable: 3 } }),
  flags(3, { DF: 2, MF: 1 }),
  tcpFlags,
  ipv4,
  ipv6,
  mac,
  hexBytes(4),
  hexBytes('rest'),
  payloadBytes,
  record([{ key: 'val', kind: uint(32), doc: 'A value.' }]),
  repeated(pair(serialNumber()), 8),
];

test.each(kinds.map((kind) => [kind.name, kind] as const))(
  '%s: examples are parsed, equal themselves and lie on the wire as they came',
  (_, kind) => {
    for (const example of kind.examples) {
      const value = parse(kind, example);
      expect(value).toBeDefined();
      expect(kind.equals(value, parse(kind, example))).toBe(true);
      expect(typeof kind.format(value, { type: 3 })).toBe('string');
      if (isBits(kind.layout)) {
        expect(value).toBeLessThanOrEqual((2 ** kind.layout.bits - 1) * (kind.layout.scale ?? 1));
        continue;
      }
      const bytes = Buffer.alloc(kind.layout.octetLength(value));
      kind.layout.encode(value, bytes, 0);
      expect(kind.equals(value, kind.layout.decode(bytes, 0, bytes.length))).toBe(true);
    }
  },
);

test.each<[AnyKind, unknown, unknown]>([
  [uint(16), 65535n, 65535],
  [serialNumber(), -1, 0xffffffff],
  [serialNumber(), -2147483648n, 0x80000000],
  [enumeration(8, { tcp: 6 }), 'tcp', 6],
  [enumeration(8, { tcp: 6 }), 200, 200],
  [tcpFlags, 'ACK-SYN', 0x12],
  [tcpFlags, ['SYN', 'ACK'], 0x12],
  [tcpFlags, 'none', 0],
  [tcpFlags, 'AE-CWR-ECE-URG-ACK-PSH-RST-SYN-FIN', 511],
  [ipv4, '192.0.2.1', 0xc0000201],
  [mac, '02:00:00:00:00:FF', 0x0200000000ff],
  [ipv6, '::ffff:192.0.2.1', Buffer.from('00000000000000000000ffffc0000201', 'hex')],
  [hexBytes('rest'), '0a 0b:0c', Buffer.from([10, 11, 12])],
  [payloadBytes, 3, Buffer.alloc(3)],
  [payloadBytes, 'é', Buffer.from([0xc3, 0xa9])],
  [payloadBytes, { pattern: 'abc', length: 5 }, Buffer.from('abcab')],
  [payloadBytes, { bytes: [0, 255] }, Buffer.from([0, 255])],
  [payloadBytes, { random: 2 }, Buffer.from([7, 7])],
])('%# %j is read', (kind, authored, canonical) => {
  const value = parse(kind, authored);
  if (canonical instanceof Uint8Array) expect(Buffer.from(value as Uint8Array).equals(canonical)).toBe(true);
  else expect(value).toBe(canonical);
});

test.each<[AnyKind, unknown]>([
  [ipv4, '10.1'],
  [ipv4, '010.0.0.1'],
  [ipv4, '0x7f.0.0.1'],
  [ipv4, '256.0.0.1'],
  [ipv4, ' 192.0.2.1'],
  [ipv6, 'fe80::1%1'],
  [ipv6, '2001:db8'],
  [ipv6, '1.2.3.4'],
  [mac, '2:0:0:0:0:1'],
  [boolean, 1],
  [tcpFlags, 'SYN ACK'],
  [tcpFlags, ''],
  [tcpFlags, 'toString'],
  [enumeration(8, { tcp: 6 }), 'constructor'],
  [uint(8), Number.NaN],
  [uint(8), Number.POSITIVE_INFINITY],
])('%# %j is refused', (kind, authored) => {
  const context = new ParseContext('send');
  expect(kind.parse(authored, context)).toBeUndefined();
  expect(context.problems).toHaveLength(1);
});

test('flags are shown as RFCs write them', () => {
  expect([0x12, 0x18, 0x11, 0x14, 0, 0x1ff].map(formatTcpFlags)).toEqual([
    'SYN-ACK',
    'PSH-ACK',
    'FIN-ACK',
    'RST-ACK',
    'none',
    'SYN-FIN-RST-PSH-ACK-URG-ECE-CWR-AE',
  ]);
  expect(parseTcpFlags('SYN-ACK')).toBe(0x12);
  expect(parseTcpFlags('SYNACK')).toBeUndefined();
});

test('numbers without a name are shown as numbers', () => {
  expect(enumeration(8, { tcp: 6 }).format(7)).toBe('7');
  expect(flags(3, { DF: 2, MF: 1 }).format(7)).toBe('7');
  expect(dependentEnumeration(8, 'type', { 3: { port_unreachable: 3 } }).format(3, { type: 11 })).toBe('3');
});

test('addresses are shown as RFC 5952 says', () => {
  const shown = ['2001:DB8:0:0:1:0:0:1', '::', '0:0:0:0:0:ffff:c000:201', '2001:db8:0:1:1:1:1:1'].map((text) =>
    ipv6.format(parse(ipv6, text) as Uint8Array),
  );
  expect(shown).toEqual(['2001:db8::1:0:0:1', '::', '::ffff:192.0.2.1', '2001:db8:0:1:1:1:1:1']);
});

test.each([
  ['sequence_nr', ['seq', 'ack'], 'seq'],
  ['tpc', ['tcp', 'udp'], 'tcp'],
  ['TTL', ['ttl', 'tos'], 'ttl'],
  ['flag', ['flags'], 'flags'],
  ['zzz', ['tcp', 'udp'], undefined],
])('the nearest name of %s in %j is %s', (written, known, near) => {
  expect(nearestName(written, known)).toBe(near);
});

function parse(kind: AnyKind, authored: unknown): unknown {
  return kind.parse(authored, new ParseContext('send', { random: (length) => Buffer.alloc(length, 7) }));
}
