import {
  checksumProblems,
  decode,
  describe as describePacket,
  encode,
  fragment,
  fragmentIdent,
  type LayerTemplate,
  match,
  parseLayers,
  quote,
  reassemble,
} from '.';

const over4 = [
  { eth: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' } },
  { ip: { src: '192.0.2.1', dst: '192.0.2.2', id: 7, flags: 'none' } },
  { udp: { srcport: 1, dstport: 2 } },
  { payload: { pattern: 'packetcase ', length: 3000 } },
];

const over6 = [
  { eth: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' } },
  { ipv6: { src: '2001:db8::1', dst: '2001:db8::2' } },
  { 'ipv6.hopopts': { options: [{ router_alert: 0 }] } },
  { 'ipv6.dstopts': {} },
  { udp: { srcport: 1, dstport: 2 } },
  { payload: { pattern: 'packetcase ', length: 3000 } },
];

test.each([
  ['ipv4', over4],
  ['ipv6', over6],
])('fragments of an %s datagram fit the MTU and make the datagram again, in any order', (_, authored) => {
  const layers = templates(authored);
  const packets = fragment(layers, { mtu: 1280 }).map((part) => decode(encode(part)));
  expect(packets.map(({ bytes }) => bytes.length <= 14 + 1280)).toEqual([true, true, true]);
  expect(packets.flatMap(checksumProblems)).toEqual([]);
  expect(new Set(packets.map(fragmentIdent)).size).toBe(1);
  const whole = reassemble([...packets].reverse());
  expect(whole?.bytes.toString('hex')).toBe(encode(layers).toString('hex'));
  expect(whole && checksumProblems(whole)).toEqual([]);
  expect(whole && match(layers, whole)).toBe(true);
});

test('fragments are described', () => {
  const lines = [over4, over6].flatMap((authored) =>
    fragment(templates(authored), { offsets: [8, 1600] }).map((part) => describePacket(decode(encode(part)))),
  );
  expect(lines).toMatchInlineSnapshot(`
[
  "ip 192.0.2.1 > 192.0.2.2 fragment 7@0+ / payload 8 octets",
  "ip 192.0.2.1 > 192.0.2.2 fragment 7@8+ / payload 1592 octets",
  "ip 192.0.2.1 > 192.0.2.2 fragment 7@1600 / payload 1408 octets",
  "ipv6 2001:db8::1 > 2001:db8::2 / ipv6.hopopts [router_alert: 0, padn: ""] / ipv6.fraghdr 0@0+ / payload 8 octets",
  "ipv6 2001:db8::1 > 2001:db8::2 / ipv6.hopopts [router_alert: 0, padn: ""] / ipv6.fraghdr 0@8+ / payload 1592 octets",
  "ipv6 2001:db8::1 > 2001:db8::2 / ipv6.hopopts [router_alert: 0, padn: ""] / ipv6.fraghdr 0@1600 / payload 1416 octets",
]
`);
});

test('nothing is made of fragments with a gap, with an overlap or without an end', () => {
  const packets = fragment(templates(over4), { mtu: 1280 }).map((part) => decode(encode(part)));
  const [first, second, third] = packets as [(typeof packets)[0], (typeof packets)[0], (typeof packets)[0]];
  expect(reassemble([])).toBeUndefined();
  expect(reassemble([first, third])).toBeUndefined();
  expect(reassemble([first, second])).toBeUndefined();
  expect(reassemble([second, third])).toBeUndefined();
  expect(reassemble([first, first, second, third])).toBeUndefined();
});

test('cutting where the wire cannot say it, or into nothing, is refused', () => {
  expect(() => fragment(templates(over4), { offsets: [4] })).toThrow('offsets of fragments are multiples of 8');
  expect(() => fragment(templates(over4), { mtu: 27 })).toThrow('an MTU of 27 octets has no room for data');
  expect(() => fragment(templates([{ eth: {} }, { arp: {} }]), { mtu: 1280 })).toThrow(
    'nothing in this frame can be fragmented',
  );
});

test('a quote is the packet from its network layer on, as it was', () => {
  const packet = decode(encode(templates(over4)));
  expect(quote(packet).equals(packet.bytes.subarray(14))).toBe(true);
  expect(quote(packet, { payloadOctets: 8 }).equals(packet.bytes.subarray(14, 14 + 28))).toBe(true);
});

test('a field that is changed in a quote changes the checksum of its header and no other', () => {
  const packet = decode(encode(templates(over4)));
  const quoted = decode(quote(packet, { over: templates([{ ip: { ttl: 1 } }, { udp: { srcport: 9 } }]) }), 'ip');
  expect(quoted.layers).toMatchObject([{ ttl: 1 }, { srcport: 9, checksum: packet.layers[2]?.checksum }, {}]);
  expect(checksumProblems(quoted)).toMatchObject([{ layer: 'udp' }]);
});

test('an ICMP error with a quote is matched through it', () => {
  const packet = decode(encode(templates(over6)));
  const error = templates([
    { ipv6: { src: '2001:db8::2', dst: '2001:db8::1' } },
    { icmpv6: { type: 'packet_too_big', mtu: 1280 } },
  ]);
  const bytes = encode([...error, { layer: 'payload', fields: { data: quote(packet).subarray(0, 1232) } }]);
  const { layers } = parseLayers(
    [{ icmpv6: { mtu: 1280 } }, { ipv6: { dst: '2001:db8::2' } }, { udp: { dstport: 2 } }],
    'expect',
  );
  const received = decode(bytes, 'ipv6');
  expect(match(layers, received)).toBe(true);
  expect(checksumProblems(received)).toEqual([]);
});

function templates(authored: unknown): LayerTemplate[] {
  const { layers, problems } = parseLayers(authored, 'send');
  expect(problems).toEqual([]);
  return layers;
}
