import { decode, diff, encode, type LayerTemplate, match, type Packet, parseLayers } from '.';

const addresses = { ip: { src: '192.0.2.1', dst: '192.0.2.2' } };

const segment = packetOf([
  { eth: {} },
  addresses,
  {
    tcp: {
      srcport: 80,
      dstport: 40000,
      seq: 100,
      ack: 200,
      flags: 'SYN-ACK',
      options: [{ mss: 1460 }, 'nop', { wscale: 7 }],
    },
  },
  { payload: 'hello' },
]);

const error = packetOf([
  { eth: {} },
  addresses,
  { icmp: { type: 'dest_unreachable', code: 'port_unreachable' } },
  { ip: { src: '192.0.2.2', dst: '192.0.2.1', ttl: 9 } },
  { udp: { srcport: 9, dstport: 7 } },
  { payload: 'quoted' },
]);

const extended = packetOf([
  { eth: {} },
  { ipv6: {} },
  { 'ipv6.hopopts': { options: [{ router_alert: 0 }] } },
  { 'ipv6.dstopts': {} },
  { udp: { srcport: 1, dstport: 2 } },
  { payload: 'hi' },
]);

const tunnel = packetOf([{ ip: { ttl: 1 } }, { ip: { ttl: 2 } }, { udp: { srcport: 1, dstport: 2 } }], 'ip');

test.each<[boolean, unknown, Packet]>([
  [true, {}, segment],
  [true, { tcp: {} }, segment],
  [true, { tcp: { ack: 200 } }, segment],
  [false, { tcp: { ack: 201 } }, segment],
  [false, { udp: {} }, segment],
  [false, [{ tcp: {} }, { ip: {} }], segment],
  [true, { tcp: { ack: { min: 200, max: 200 } } }, segment],
  [false, { tcp: { ack: { min: 201 } } }, segment],
  [true, { tcp: { ack: { in: [1, 200] } } }, segment],
  [true, { tcp: { ack: { in: [1, { min: 150 }] } } }, segment],
  [true, { tcp: { ack: { not: 201 } } }, segment],
  [false, { tcp: { ack: { not: { in: [200] } } } }, segment],
  [true, { tcp: { flags: { has: 'ACK', lacks: 'RST' } } }, segment],
  [false, { tcp: { flags: { has: 'ACK-FIN' } } }, segment],
  [false, { tcp: { flags: { lacks: ['SYN', 'FIN'] } } }, segment],
  [true, { tcp: { seq: { has: 4, lacks: 3 } } }, segment],
  [true, { tcp: { seq: { where: (it: unknown) => it === 100 } } }, segment],
  [false, { tcp: { seq: { where: (it: unknown) => it === 101 } } }, segment],
  [true, { tcp: { flags: 'ACK-SYN' } }, segment],
  [true, { tcp: { flags: ['ACK', 'SYN'] } }, segment],
  [true, { tcp: { seq_raw: 100 } }, segment],
  [false, { tcp: { seq_raw: 101 } }, segment],
  [true, { tcp: { options: [{ mss: 1460 }, 'nop', { wscale: 7 }] } }, segment],
  [false, { tcp: { options: ['nop', { mss: 1460 }, { wscale: 7 }] } }, segment],
  [false, { tcp: { options: [{ mss: 1460 }, 'nop'] } }, segment],
  [true, { tcp: { options: [{ mss: { min: 1000 } }, 'nop', { wscale: 'present' }] } }, segment],
  [true, { tcp: { options: [{ raw: { kind: 2, data: '05b4' } }, 'nop', { wscale: 7 }] } }, segment],
  [true, { tcp: { options: { contains: [{ wscale: 7 }], lacks: ['sack', 'timestamps'] } } }, segment],
  [false, { tcp: { options: { lacks: ['mss'] } } }, segment],
  [true, { tcp: { options: { lacks: [{ mss: 1000 }] } } }, segment],
  [true, { tcp: { options: 'present', seq: 'present' } }, segment],
  [false, { tcp: { options: 'absent' } }, segment],
  [true, { ip: { options: 'absent' } }, segment],
  [true, { ip: { src: { in: ['192.0.2.1', '192.0.2.7'] } } }, segment],
  [true, { payload: 'hello' }, segment],
  [false, { payload: 'hell' }, segment],
  [true, { payload: { hex: '68656c6c6f' } }, segment],
  [true, { payload: { length: 5 } }, segment],
  [true, { payload: 'present' }, segment],
  [false, { payload: 'absent' }, segment],
  [true, { payload: { not: 'x', min_length: 5 } }, segment],
  // A quote belongs to the error: nothing is found in it unless the template says so.
  [false, { udp: {} }, error],
  [false, [{ ip: {} }, { udp: {} }], error],
  [true, [{ icmp: { code: 'port_unreachable' } }, { ip: { ttl: 9 } }, { udp: { dstport: 7 } }], error],
  [false, [{ icmp: {} }, { ip: { ttl: 64 } }], error],
  [true, [{ icmp: { mtu: 0, redir_gw: 'absent' } }], error],
  [false, [{ icmp: { seq: 'present' } }], error],
  [true, [{ icmp: {} }, { payload: { bytes: error.bytes.subarray(42) } }], error],
  // Extension headers may be left out, but stay in order.
  [true, [{ ipv6: {} }, { udp: {} }], extended],
  [true, [{ ipv6: {} }, { 'ipv6.dstopts': {} }, { udp: {} }], extended],
  [false, [{ 'ipv6.dstopts': {} }, { 'ipv6.hopopts': {} }], extended],
  [true, { 'ipv6.hopopts': { options: [{ router_alert: 0 }] } }, extended],
  // A tunnel is not left out: what it carries is another packet.
  [true, [{ ip: { ttl: 1 } }, { ip: { ttl: 2 } }, { udp: {} }], tunnel],
  [false, [{ ip: {} }, { udp: {} }], tunnel],
])('%s: %j', (expected, authored, packet) => {
  const { layers, problems } = parseLayers(authored, 'expect');
  expect(problems).toEqual([]);
  expect(match(layers, packet)).toBe(expected);
  expect(diff(layers, packet).length === 0).toBe(expected);
});

test('a difference says the path, the RFC name and both values as an author writes them', () => {
  const { layers } = parseLayers(
    {
      ip: { src: '192.0.2.9', ttl: { max: 3 }, len: 1 },
      tcp: { flags: 'RST', ack: { in: [1, 2] }, options: ['nop'] },
      payload: 'x',
    },
    'expect',
  );
  const lines = diff(layers, segment).map(
    ({ path, rfcName, section, expected, got, isConsequence }) =>
      `${path} (${rfcName}, ${section}): expected ${expected}, got ${got}${isConsequence ? ' (follows from others)' : ''}`,
  );
  expect(lines).toMatchInlineSnapshot(`
[
  "ip.len (Total Length, RFC 791 §3.1): expected 1, got 53 (follows from others)",
  "ip.ttl (Time to Live, RFC 791 §3.1): expected { max: 3 }, got 64",
  "ip.src (Source Address, RFC 791 §3.1): expected 192.0.2.9, got 192.0.2.1",
  "tcp.ack (Acknowledgment Number, RFC 9293 §3.1): expected { in: [1, 2] }, got 200",
  "tcp.flags (Control Bits, RFC 9293 §3.1): expected RST, got SYN-ACK",
  "tcp.options (Options, RFC 9293 §3.2): expected [nop], got [mss: 1460, nop, wscale: 7]",
  "payload.data (Data, the header before it): expected "x", got "hello"",
]
`);
});

test('a missing layer is one difference', () => {
  const { layers } = parseLayers({ udp: { srcport: 1 } }, 'expect');
  expect(diff(layers, segment)).toMatchObject([
    { path: 'udp', expected: 'a layer udp', got: 'eth / ip / tcp / payload' },
  ]);
});

function packetOf(authored: unknown, first = 'eth'): Packet {
  const { layers, problems }: { layers: LayerTemplate[]; problems: unknown[] } = parseLayers(authored, 'send');
  if (problems.length > 0) throw new Error(problems.map(String).join('\n'));
  return decode(Buffer.from(encode(layers)), first);
}
