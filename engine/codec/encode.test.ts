import { checksumProblems, decode, encode, type LayerTemplate, mergeLayers, parseLayers } from '.';

const stack = [
  { eth: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' } },
  { ip: { src: '192.0.2.1', dst: '192.0.2.2' } },
  { tcp: { srcport: 40000, dstport: 80, flags: 'SYN' } },
  { payload: 'hello' },
];

test('unset lengths, checksums and protocols are computed', () => {
  const packet = decode(encode(templates(stack)));
  expect(packet.layers).toMatchObject([
    { type: 0x0800 },
    { version: 4, hdr_len: 20, len: 45, ttl: 64, proto: 6 },
    { hdr_len: 20, window: 65535 },
    { data: Buffer.from('hello') },
  ]);
  expect(checksumProblems(packet)).toEqual([]);
});

test.each([
  ['eth', { type: 0x1234 }],
  ['ip', { version: 7 }],
  ['ip', { hdr_len: 60 }],
  ['ip', { len: 10 }],
  ['ip', { proto: 17 }],
  ['ip', { checksum: 0 }],
  ['ip', { flags: 'RB-DF-MF' }],
  ['tcp', { hdr_len: 0 }],
  ['tcp', { checksum: 0xbeef }],
  ['tcp', { reserved: 7 }],
  ['tcp', { flags: 511 }],
])('a value that is given goes out as it is: %s %j', (layer, fields) => {
  const given = templates([{ [layer]: fields }])[0] as LayerTemplate;
  const bytes = encode(mergeLayers(templates(stack), [given]));
  const header = layer === 'eth' ? 0 : layer === 'ip' ? 14 : 34;
  const alone = encode([given]);
  for (const key of Object.keys(given.fields)) {
    const read = decode(Buffer.concat([alone, Buffer.alloc(60)]), layer).layers[0]?.[key];
    // Read where the field lies, for with some of these the frame is no longer one of TCP.
    const there = decode(Buffer.concat([bytes.subarray(header), Buffer.alloc(60)]), layer).layers[0]?.[key];
    if (read !== undefined) expect(there).toBe(given.fields[key]);
  }
  expect(bytes.length).toBe(14 + 20 + 20 + 5);
});

test('a bad checksum stays bad and is found', () => {
  const packet = decode(encode(mergeLayers(templates(stack), templates([{ tcp: { checksum: 1 } }]))));
  expect(checksumProblems(packet)).toMatchObject([{ layer: 'tcp', got: 1 }]);
});

test('UDP: a checksum of 0 means none over IPv4, is wrong over IPv6, and is never computed', () => {
  const over4 = decode(encode(templates([{ ip: {} }, { udp: { checksum: 0 } }])), 'ip');
  expect(checksumProblems(over4)).toEqual([]);
  const over6 = decode(encode(templates([{ ipv6: {} }, { udp: { checksum: 0 } }])), 'ipv6');
  expect(checksumProblems(over6)).toMatchObject([{ layer: 'udp', got: 0 }]);
  // Of all payloads of two octets one sums up to 0.
  const sums = new Set<unknown>();
  for (let high = 0; high < 256; high++) {
    for (let low = 0; low < 256; low += 1) {
      const bytes = encode([
        { layer: 'ip', fields: {} },
        { layer: 'udp', fields: {} },
        { layer: 'payload', fields: { data: Buffer.from([high, low]) } },
      ]);
      sums.add(bytes.readUInt16BE(26));
    }
  }
  expect(sums.has(0)).toBe(false);
  expect(sums.has(0xffff)).toBe(true);
});

test.each([
  ['224.0.0.251', '01:00:5e:00:00:fb'],
  ['239.129.2.3', '01:00:5e:01:02:03'],
  ['255.255.255.255', 'ff:ff:ff:ff:ff:ff'],
  ['192.0.2.2', '00:00:00:00:00:00'],
])('the Ethernet destination of %s is %s', (dst, mac) => {
  expect(encode(templates([{ eth: {} }, { ip: { dst } }])).toString('hex', 0, 6)).toBe(mac.replaceAll(':', ''));
});

test('the Ethernet destination of an IPv6 group ends as the group does, also behind a VLAN tag', () => {
  expect(
    encode(templates([{ eth: {} }, { vlan: {} }, { ipv6: { dst: 'ff02::1:ff00:2' } }])).toString('hex', 0, 6),
  ).toBe('3333ff000002');
});

test('a segment routing header counts its first segment as the destination in checksums', () => {
  const route = (type: string) =>
    decode(
      encode(
        templates([
          { ipv6: { dst: '2001:db8::9' } },
          { 'ipv6.routing': { type, addresses: ['2001:db8::1', '2001:db8::2'] } },
          { udp: {} },
        ]),
      ),
      'ipv6',
    );
  const direct = (dst: string) =>
    decode(encode(templates([{ ipv6: { dst } }, { udp: {} }])), 'ipv6').layers[1]?.checksum;
  expect(route('segment_routing').layers[2]?.checksum).toBe(direct('2001:db8::1'));
  expect(route('source_route').layers[2]?.checksum).toBe(direct('2001:db8::2'));
  expect(checksumProblems(route('source_route'))).toEqual([]);
});

test('frames of any size are encoded, and one does not overwrite another', () => {
  const frames = Array.from({ length: 400 }, (_, index) => {
    const data = Buffer.alloc((index * 977) % 70_000, index);
    return {
      data,
      bytes: encode([
        { layer: 'eth', fields: { type: 0x88b5 } },
        { layer: 'payload', fields: { data } },
      ]),
    };
  });
  for (const { data, bytes } of frames) expect(bytes.subarray(14).equals(data)).toBe(true);
});

function templates(authored: unknown): LayerTemplate[] {
  const { layers, problems } = parseLayers(authored, 'send');
  expect(problems).toEqual([]);
  return layers;
}
