/**
 * Handshake turnaround: the time from the DUT's SYN-ACK on the wire to our ACK on the wire, through the whole engine
 * from a YAML case, beside packetdrill's in the same run. A capture of its own (tcpdump in the namespace of the test
 * link) judges both by kernel times.
 *
 *   PACKETDRILL=/path/to/packetdrill npm run bench:handshake
 *
 * Without PACKETDRILL only ours is measured.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inNamespace, openNamespace } from '../bindings';
import { openCases } from '../engine';
import { linuxEnvironment as environment } from '../engine/cli/environment';
import { Session } from '../engine/runner';

const HANDSHAKES = 300;

const SYN = 0x02;
const ACK = 0x10;
const FLAGS = 0x3f;

const CASE = `title: handshakes
steps:
  - listener: { backlog: ${HANDSHAKES + 1} }
  - repeat: { times: ${HANDSHAKES} }
    steps:
      - connection: { to: server, window: 1000 }
      - { handshake: {}, on: conn }
`;

const SCRIPT = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+0 < . 1:1(0) ack 1 win 1000
`;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'packetcase-bench-'));
  try {
    report('packetcase', await ours(folder));
    const packetdrill = process.env.PACKETDRILL;
    if (packetdrill === undefined) console.log('packetdrill  not measured: PACKETDRILL is not set');
    else report('packetdrill', await theirs(folder, packetdrill));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function ours(folder: string): Promise<number[]> {
  const file = join(folder, 'handshakes.case.yaml');
  writeFileSync(file, CASE);
  const cases = openCases([file], { stacks: ['linux'] });
  const test = cases.tests[0];
  if (test === undefined) throw new Error(`the case is not valid: ${JSON.stringify(cases.problems)}`);
  const capture = join(folder, 'ours.pcap');
  let tcpdump: ChildProcess | undefined;
  const session = new Session({
    environment: {
      ...environment,
      async createLab(options) {
        const lab = await environment.createLab(options);
        tcpdump = inNamespace(lab.bench.namespaceFd, () => startCapture('eth0', capture));
        await captureReady(tcpdump);
        return lab;
      },
    },
    seed: 1,
    locate: cases.locate,
  });
  try {
    const result = await session.run(test);
    if (result.verdict !== 'pass') throw new Error(result.failure?.message);
  } finally {
    await session.close();
    if (tcpdump !== undefined) await stopCapture(tcpdump);
  }
  return turnarounds(capture);
}

async function theirs(folder: string, packetdrill: string): Promise<number[]> {
  const script = join(folder, 'handshake.pkt');
  writeFileSync(script, SCRIPT);
  const namespace = openNamespace();
  const capture = join(folder, 'theirs.pcap');
  inNamespace(namespace.fd, () => spawnSync('ip', ['link', 'set', 'lo', 'up']));
  const tcpdump = inNamespace(namespace.fd, () => startCapture('any', capture));
  await captureReady(tcpdump);
  for (let run = 0; run < HANDSHAKES; run += 1) {
    const { status, stderr } = inNamespace(namespace.fd, () =>
      spawnSync(packetdrill, ['--tolerance_usecs=1000000', script], { encoding: 'utf8' }),
    );
    if (status !== 0) throw new Error(`packetdrill: ${stderr}`);
  }
  await stopCapture(tcpdump);
  return turnarounds(capture);
}

function startCapture(device: string, file: string): ChildProcess {
  return spawn(
    'tcpdump',
    [
      '-i',
      device,
      '-n',
      '-s',
      '128',
      '-B',
      '16384',

      '--time-stamp-precision=nano',
      '-w',
      file,
      'tcp',
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
}

async function captureReady(tcpdump: ChildProcess): Promise<void> {
  let text = '';
  for await (const chunk of tcpdump.stderr ?? []) {
    text += String(chunk);
    if (text.includes('listening on')) return;
  }
  throw new Error(`tcpdump does not run: ${text}`);
}

async function stopCapture(tcpdump: ChildProcess): Promise<void> {
  // The kernel hands frames over in blocks, after a second at the latest. Waking at each frame would disturb what is measured.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  tcpdump.kill('SIGINT');
  if (tcpdump.exitCode === null) await once(tcpdump, 'exit');
}

/** Times from a SYN-ACK to the next ACK of the same connection, µs. */
function turnarounds(file: string): number[] {
  const times: number[] = [];
  const open = new Map<number, bigint>();
  for (const { time, segment } of segmentsOf(readFileSync(file))) {
    const flags = (segment[13] ?? 0) & FLAGS;
    if (flags === (SYN | ACK)) open.set(segment.readUInt16BE(2), time);
    else if (flags === ACK) {
      const start = open.get(segment.readUInt16BE(0));
      if (start === undefined) continue;
      open.delete(segment.readUInt16BE(0));
      times.push(Number(time - start) / 1000);
    }
  }
  return times;
}

/** TCP segments of a pcap with nanosecond times, of Ethernet or "cooked" link types over IPv4. */
function* segmentsOf(bytes: Buffer): Iterable<{ time: bigint; segment: Buffer }> {
  const LINK_HEADER: Record<number, number> = { 1: 14, 113: 16, 276: 20, 101: 0, 12: 0 };
  const header = LINK_HEADER[bytes.readUInt32LE(20)];
  if (header === undefined) throw new Error(`link type ${bytes.readUInt32LE(20)}`);
  for (let at = 24; at + 16 <= bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
    const time = BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4));
    const packet = bytes.subarray(at + 16 + header, at + 16 + bytes.readUInt32LE(at + 8));
    if ((packet[0] ?? 0) >> 4 === 4) yield { time, segment: packet.subarray(((packet[0] ?? 0) & 0xf) * 4) };
  }
}

function report(name: string, times: number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);
  console.log(
    `${name.padEnd(12)} ${sorted.length} handshakes: SYN-ACK to ACK median ${at(0.5)} µs, p99 ${at(0.99)} µs, max ${at(1)} µs`,
  );
}

void main();
