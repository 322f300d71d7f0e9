import {
  checksumProblems,
  decode,
  describe as describePacket,
  encode,
  type LayerTemplate,
  type Packet,
  parseLayers,
  templatesOf,
} from '.';

const ethernet = { eth: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' } };
const addresses = { ip: { src: '192.0.2.1', dst: '192.0.2.2' } };

test('octets after the end of a datagram are Ethernet padding, not payload', () => {
  const bytes = Buffer.concat([frame([ethernet, addresses, { udp: {} }, { payload: 'hi' }]), Buffer.alloc(16, 0xaa)]);
  const packet = decode(bytes);
  expect(payloadOf(packet)).toBe('6869');
  expect(hexOf(packet.layers[0]?.padding)).toBe('aa'.repeat(16));
  expect(checksumProblems(packet)).toEqual([]);
  expect(encode(templatesOf(packet.layers)).equals(bytes)).toBe(true);
});

test('octets after the end of a UDP datagram are the trailer of the IP layer, and no part of its checksum', () => {
  const bytes = frame([ethernet, { ip: { ...addresses.ip, trailer: '010203' } }, { udp: {} }, { payload: 'hi' }]);
  const packet = decode(Buffer.concat([bytes, Buffer.alloc(4)]));
  expect(payloadOf(packet)).toBe('6869');
  expect(packet.layers[1]).toMatchObject({ layer: 'ip', len: 33, trailer: Buffer.from([1, 2, 3]) });
  expect(packet.layers[0]).toMatchObject({ padding: Buffer.alloc(4) });
  expect(packet.layers[2]).toMatchObject({ layer: 'udp', length: 10 });
  expect(checksumProblems(packet)).toEqual([]);
});

test('a fragment is not read as what it is a part of', () => {
  for (const fields of [{ flags: 'MF' }, { frag_offset: 8 }]) {
    const packet = decode(frame([ethernet, { ip: { ...addresses.ip, ...fields } }, { udp: {} }, { payload: 'hi' }]));
    expect(packet.layers.map(({ layer }) => layer)).toEqual(['eth', 'ip', 'payload']);
    expect(packet.malformed).toBeUndefined();
  }
});

test('a quoted header that is cut short has the fields that are there', () => {
  const whole = frame([
    ethernet,
    addresses,
    { icmp: { type: 'time_exceeded' } },
    { ip: { src: '192.0.2.2', dst: '192.0.2.1' } },
    { tcp: { srcport: 80, dstport: 40000, seq: 5000, ack: 77 } },
  ]);
  const quoteStart = 14 + 20 + 8 + 20;
  const read = [8, 10, 12, 13].map((octets) => {
    const packet = decode(whole.subarray(0, quoteStart + octets));
    const tcp = packet.layers[4];
    return {
      octets,
      end: (tcp?.end ?? 0) - quoteStart,
      truncated: tcp?.truncated,
      seq: tcp?.seq,
      ack: tcp?.ack,
      rest: payloadOf(packet),
    };
  });
  expect(read).toEqual([
    { octets: 8, end: 8, truncated: true, seq: 5000, ack: undefined, rest: '' },
    { octets: 10, end: 8, truncated: true, seq: 5000, ack: undefined, rest: '0000' },
    { octets: 12, end: 12, truncated: true, seq: 5000, ack: 77, rest: '' },
    { octets: 13, end: 12, truncated: true, seq: 5000, ack: 77, rest: '50' },
  ]);
});

test('what follows an ICMP error is a quote even if its length says more than there is', () => {
  const bytes = frame([
    ethernet,
    addresses,
    { icmp: { type: 'dest_unreachable', code: 'port_unreachable' } },
    { ip: { src: '192.0.2.2', dst: '192.0.2.1', len: 1500 } },
    { udp: { srcport: 9, dstport: 7, length: 1480 } },
  ]);
  const packet = decode(bytes);
  expect(packet.malformed).toBeUndefined();
  expect(packet.layers.map(({ layer }) => layer)).toEqual(['eth', 'ip', 'icmp', 'ip', 'udp', 'payload']);
});

const tcp = [ethernet, addresses, { tcp: { options: [{ mss: 1460 }] } }, { payload: 'data' }];

test.each<[string, (bytes: Buffer) => Buffer | undefined]>([
  ['ethernet alone, cut', (bytes) => bytes.subarray(0, 13)],
  ['ip header, cut', (bytes) => bytes.subarray(0, 14 + 19)],
  ['tcp header, cut', (bytes) => bytes.subarray(0, 14 + 20 + 19)],
  ['tcp options, cut', (bytes) => bytes.subarray(0, 14 + 20 + 21)],
  ['ip header length below 20', (bytes) => void bytes.writeUInt8(0x44, 14)],
  ['ip header length beyond the frame', (bytes) => void bytes.writeUInt8(0x4f, 14)],
  ['ip total length below its header', (bytes) => void bytes.writeUInt16BE(19, 16)],
  ['ip total length beyond the frame', (bytes) => void bytes.writeUInt16BE(1000, 16)],
  ['ip total length zero', (bytes) => void bytes.writeUInt16BE(0, 16)],
  ['tcp header length below 20', (bytes) => void bytes.writeUInt8(0x40, 46)],
  ['tcp header length beyond the segment', (bytes) => void bytes.writeUInt8(0xf0, 46)],
  ['another ip version', (bytes) => void bytes.writeUInt8(0x65, 14)],
])('%s', (name, change) => {
  const bytes = Buffer.from(frame(tcp));
  const packet = decode(change(bytes) ?? bytes);
  expect(`${name}: ${describePacket(packet)}`).toMatchSnapshot();
  expect(encode(templatesOf(packet.layers)).equals(packet.bytes)).toBe(true);
});

test.each([
  ['length 0', '02000000'],
  ['length 1', '02010000'],
  ['length beyond the list', '02050000'],
  ['known kind, wrong length', '02030500'],
  ['a kind alone at the end', '01010102'],
  ['unknown kind', 'fd040102'],
  ['unknown kind without content', 'fd020101'],
  ['end and padding', '01000000'],
  ['end and other octets', '00010203'],
  ['end and more padding than needed', '0000000000000000'],
  ['timestamps of 8 octets', '0808000000010000'],
  ['SACK with half a block', '050600000001000000000000'],
  ['experimental kind with a Fast Open cookie', 'fe06f989abcd0101'],
  ['experimental kind with something else', 'fe06f988abcd0101'],
])('TCP options that are strange: %s', (name, hex) => {
  const raw = Buffer.from(hex, 'hex');
  const header = encode([{ layer: 'tcp', fields: { hdr_len: 20 + raw.length } }]);
  const bytes = Buffer.concat([header, raw]);
  const packet = decode(bytes, 'tcp');
  expect(`${name}: ${describePacket(packet)}`).toMatchSnapshot();
  expect(encode(templatesOf(packet.layers)).equals(bytes)).toBe(true);
});

function frame(authored: unknown): Buffer {
  return encode(templates(authored));
}

function templates(authored: unknown): LayerTemplate[] {
  const { layers, problems } = parseLayers(authored, 'send');
  expect(problems).toEqual([]);
  return layers;
}

function payloadOf(packet: Packet): string {
  return hexOf(packet.layers.at(-1)?.data);
}

function hexOf(octets: unknown): string {
  return (octets as Buffer).toString('hex');
}
