import { type Mode, parseLayers } from '.';

// Whole texts of what is wrong with authored values: bad value in, exact problem out.

const bad: readonly [Mode, unknown][] = [
  ['send', { tpc: {} }],
  ['send', 'SYN'],
  ['send', [{ ip: {}, tcp: {} }]],
  ['send', { tcp: 'SYN' }],
  ['send', { tcp: { sequence: 1 } }],
  ['send', { tcp: { sequence_number: 1 } }],
  ['send', { tcp: { win: 1 } }],
  ['send', { ip: { time_to_live: 1 } }],
  ['send', { ip: { TTL: 1 } }],
  ['send', { ip: { ttl: 256 } }],
  ['send', { ip: { ttl: -1 } }],
  ['send', { ip: { ttl: 1.5 } }],
  ['send', { ip: { ttl: '64' } }],
  ['send', { ip: { ttl: 2n ** 64n } }],
  ['send', { ip: { ttl: true } }],
  ['send', { ip: { hdr_len: 22 } }],
  ['send', { ip: { hdr_len: 64 } }],
  ['send', { ip: { frag_offset: 4 } }],
  ['send', { ip: { proto: 'tpc' } }],
  ['send', { ip: { proto: 256 } }],
  ['send', { ip: { src: '192.0.2' } }],
  ['send', { ip: { src: '192.0.2.010' } }],
  ['send', { ip: { src: '0x7f.1' } }],
  ['send', { ip: { src: '2001:db8::1' } }],
  ['send', { ip: { src: 3221225985 } }],
  ['send', { ipv6: { src: 'fe80::1%eth0' } }],
  ['send', { ipv6: { src: '192.0.2.1' } }],
  ['send', { eth: { src: '02-00-00-00-00-01' } }],
  ['send', { tcp: { flags: 'SYNACK' } }],
  ['send', { tcp: { flags: 'syn/ack' } }],
  ['send', { tcp: { flags: ['SYN', 'AKC'] } }],
  ['send', { tcp: { flags: 512 } }],
  ['send', { tcp: { flags: { has: 'SYN' } } }],
  ['send', { tcp: { seq: 4294967296 } }],
  ['send', { tcp: { options: { mss: 1460 } } }],
  ['send', { tcp: { options: ['mss', { nop: 1 }, { mss: 1460, nop: null }, 3, { ms: 1 }, 'fast_open'] } }],
  [
    'send',
    {
      tcp: {
        options: [
          { mss: 70000 },
          { timestamps: { value: 1 } },
          { sack: [[1]] },
          { fastopen: 12345678 },
          { fastopen: 'abc' },
          { md5: 'ab' },
        ],
      },
    },
  ],
  ['send', { tcp: { options: [{ raw: { data: '00' } }, { raw: { kind: 300 } }] } }],
  ['send', { tcp: { options: Array(41).fill('nop') } }],
  ['send', { payload: { zeroes: 3 } }],
  ['send', { payload: { zeros: -1 } }],
  ['send', { payload: { zeros: 2 ** 40 } }],
  ['send', { payload: { hex: 'xy' } }],
  ['send', { payload: { text: 5 } }],
  ['send', { payload: { bytes: [1, 256] } }],
  ['send', { payload: { hex: '00', text: 'x' } }],
  ['send', { payload: { pattern: 'ab' } }],
  ['send', { payload: [1] }],
  ['send', { icmp: { type: 'echo_request', mtu: 1280 } }],
  ['send', { icmp: { mtu: 1280 } }],
  ['send', { icmp: { type: 'dest_unreachable', code: 'port_unreachabel' } }],
  ['send', { gre: { flags: 'K', checksum: 1 } }],
  ['send', { vlan: { dei: 1 } }],
  ['expect', { tcp: { ack: { mn: 1, max: 2 } } }],
  ['expect', { tcp: { ack: { in: 3 } } }],
  ['expect', { tcp: { ack: { in: [1, 'x'] } } }],
  ['expect', { tcp: { ack: { where: 'it > 1' } } }],
  ['expect', { tcp: { ack: { minimum: 1 } } }],
  ['expect', { tcp: { options: { contains: ['nosuch'], lacks: 'sack' } } }],
  ['expect', { payload: { random: 10 } }],
  ['expect', { icmp: { type: 'echo_reply', pointer: 1 } }],
];

test.each(bad)('%s %j', (mode, authored) => {
  const { problems } = parseLayers(authored, mode);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.map(String).join('\n')).toMatchSnapshot();
});

test('all mistakes are found at once, and what is right is kept', () => {
  const { layers, problems } = parseLayers(
    { ip: { ttl: 300, id: 7 }, tcp: { flags: 'SYN', sport: 1, dport: 2 } },
    'send',
  );
  expect(problems).toHaveLength(3);
  expect(layers).toEqual([
    { layer: 'ip', fields: { id: 7 } },
    { layer: 'tcp', fields: { flags: 2 } },
  ]);
});

test('a problem with a key says so, for its position is that of the key', () => {
  expect(parseLayers({ tcp: { sport: 1 } }, 'send').problems).toMatchObject([{ path: ['tcp', 'sport'], at: 'key' }]);
  expect(parseLayers({ tcp: { srcport: -1 } }, 'send').problems).toMatchObject([
    { path: ['tcp', 'srcport'], at: 'value' },
  ]);
});

test('values that only the run can tell are taken, wherever they stand', () => {
  const isUnknown = (value: unknown) => typeof value === 'string' && value.startsWith('=');
  const authored = {
    ip: { ttl: '=a', src: '=b' },
    tcp: {
      flags: '=f',
      ack: { min: '=x', max: 3 },
      seq: { in: ['=x', 3] },
      options: [
        { mss: '=m' },
        '=o',
        { sack: [['=l', 3]] },
        { timestamps: { val: '=v' } },
        { raw: { kind: '=k', data: '00' } },
      ],
    },
    payload: { zeros: '=n' },
  };
  expect(parseLayers(authored, 'expect', { isUnknown }).problems).toEqual([]);
  expect(parseLayers({ tcp: '=t', payload: '=p' }, 'send', { isUnknown }).problems).toEqual([]);
  expect(
    parseLayers({ tcp: { options: [{ mss: '=m' }, { wscale: 256 }] } }, 'send', { isUnknown }).problems,
  ).toHaveLength(1);
});
