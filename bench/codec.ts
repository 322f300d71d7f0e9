/**
 * Frames per second of decode, match and encode, and of an answer's whole way (decode a SYN-ACK, match it, encode the ACK),
 * beside scapy's in the same run. The frame is a TCP segment with timestamps and 1,000 octets of payload; encoding computes
 * both checksums. `npm run build && node dist/bench/codec.js`
 */
import { spawnSync } from 'node:child_process';
import { decode, encode, type LayerTemplate, match, mergeLayers, parseLayers } from '../engine/codec';

const ROUNDS = 200;
const FRAMES_A_ROUND = 2_000;

const addresses = [
  { eth: { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' } },
  { ip: { src: '192.0.2.1', dst: '192.0.2.2' } },
];

function templates(authored: unknown, mode: 'send' | 'expect'): LayerTemplate[] {
  const { layers, problems } = parseLayers(authored, mode);
  if (problems.length > 0) throw new Error(problems.map(String).join('\n'));
  return layers;
}

const data = templates(
  [
    ...addresses,
    {
      tcp: {
        srcport: 40000,
        dstport: 80,
        seq: 1000,
        ack: 2000,
        flags: 'PSH-ACK',
        options: ['nop', 'nop', { timestamps: { val: 1, ecr: 2 } }],
      },
    },
    { payload: { zeros: 1000 } },
  ],
  'send',
);
const dataBytes = encode(data);
const dataPacket = decode(dataBytes);

const synAck = encode(
  templates(
    [
      ...addresses,
      {
        tcp: {
          srcport: 80,
          dstport: 40000,
          seq: 7,
          ack: 1,
          flags: 'SYN-ACK',
          options: [{ mss: 1460 }, 'nop', { wscale: 7 }],
        },
      },
    ],
    'send',
  ),
);
const expectation = templates(
  { ip: { src: '192.0.2.1' }, tcp: { srcport: 80, dstport: 40000, flags: 'SYN-ACK', ack: 1 } },
  'expect',
);
const answer = templates([...addresses, { tcp: { srcport: 40000, dstport: 80, flags: 'ACK', window: 65535 } }], 'send');

interface Measured {
  readonly name: string;
  readonly framesPerSecond: number;
  readonly medianNs: number;
  readonly p99Ns: number;
}

/** Times rounds of equal work; the percentiles are of the mean time a frame takes in a round. */
function measure(name: string, work: () => unknown): Measured {
  let kept: unknown;
  for (let warm = 0; warm < 20_000; warm++) kept = work();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let frame = 0; frame < FRAMES_A_ROUND; frame++) kept = work();
    times.push(Number(process.hrtime.bigint() - start) / FRAMES_A_ROUND);
  }
  if (kept === undefined) throw new Error(`${name} did nothing`);
  times.sort((a, b) => a - b);
  const medianNs = times[ROUNDS >> 1] as number;
  return { name, framesPerSecond: 1e9 / medianNs, medianNs, p99Ns: times[Math.floor(ROUNDS * 0.99)] as number };
}

const SCAPY = `
import time, statistics
from scapy.all import Ether, IP, TCP, Raw, conf
conf.verb = 0
data = bytes.fromhex(input())
packet = Ether(data)
def build():
    return bytes(Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')/IP(src='192.0.2.1', dst='192.0.2.2')/TCP(
        sport=40000, dport=80, seq=1000, ack=2000, flags='PA', window=65535,
        options=[('NOP', None), ('NOP', None), ('Timestamp', (1, 2))])/Raw(bytes(1000)))
def dissect():
    p = Ether(data)
    return p[TCP].options
def compare():
    return packet[IP].src == '192.0.2.1' and packet[TCP].sport == 40000 and packet[TCP].flags == 'PA' and packet[TCP].ack == 2000
for name, work in (('decode', dissect), ('match', compare), ('encode', build)):
    for _ in range(50): work()
    times = []
    for _ in range(30):
        start = time.perf_counter_ns()
        for _ in range(30): work()
        times.append((time.perf_counter_ns() - start) / 30)
    print(name, statistics.median(times), max(times))
`;

/** Scapy's times by operation; empty, with a reason on standard error, where it is not installed. */
function measureScapy(): Map<string, { medianNs: number; maxNs: number }> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const run = spawnSync(python, ['-c', SCAPY], { input: `${dataBytes.toString('hex')}\n`, encoding: 'utf8' });
    if (run.status !== 0) continue;
    return new Map(
      run.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name, median, max]) => [name as string, { medianNs: Number(median), maxNs: Number(max) }]),
    );
  }
  process.stderr.write('scapy is not installed (apt-get install python3-scapy): only ours is measured\n');
  return new Map();
}

const results = [
  measure('decode', () => decode(dataBytes)),
  measure('match', () => match(data, dataPacket)),
  measure('encode', () => encode(data)),
  measure('answer', () => {
    const packet = decode(synAck);
    if (!match(expectation, packet)) return undefined;
    const seq = packet.layers[2]?.seq as number;
    return encode(mergeLayers(answer, [{ layer: 'tcp', fields: { seq: 1, ack: seq + 1 } }]));
  }),
];
const scapy = measureScapy();

const number = (value: number): string => Math.round(value).toLocaleString('en-US').padStart(12);
process.stdout.write(
  '1,000-octet TCP segment with timestamps   frames/s   median ns      p99 ns   scapy frames/s   times\n',
);
for (const { name, framesPerSecond, medianNs, p99Ns } of results) {
  const theirs = scapy.get(name);
  const beside =
    theirs === undefined
      ? ''
      : `${number(1e9 / theirs.medianNs)}     ${(theirs.medianNs / medianNs).toFixed(0).padStart(6)}`;
  process.stdout.write(
    `${name.padEnd(38)}${number(framesPerSecond)}${number(medianNs)}${number(p99Ns)}     ${beside}\n`,
  );
}
