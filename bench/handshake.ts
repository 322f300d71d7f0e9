/**
 * Handshake turnaround: the time from the DUT's SYN-ACK on the wire to our ACK on the wire, through the whole engine
 * from a YAML case, beside packetdrill's in the same run. A packet socket of its own, which nobody reads before the
 * measurement is over, judges both by kernel times.
 *
 *   PACKETDRILL=/path/to/packetdrill npm run bench:handshake
 *
 * Without PACKETDRILL only ours is measured.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inNamespace, openNamespace, PacketSocket } from '../bindings';
import { openCases } from '../engine';
import { linuxEnvironment } from '../engine/cli/environment';
import { Session } from '../engine/runner';

const HANDSHAKES = 300;

/** Runs of the case in one process, as in a suite; the last one is compared, the first one shown beside it. */
const RUNS = 20;

const SYN = 0x02;
const ACK = 0x10;
const FLAGS = 0x3f;
const TCP = 6;

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
    const { first, warm } = await ours(folder);
    report('packetcase', warm);
    report('  first run', first);
    const packetdrill = process.env.PACKETDRILL;
    if (packetdrill === undefined) console.log('packetdrill  not measured: PACKETDRILL is not set');
    else report('packetdrill', theirs(folder, packetdrill));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Turnarounds of a process that has just started, and of the same process once V8 has compiled what it runs. */
async function ours(folder: string): Promise<{ first: number[]; warm: number[] }> {
  const file = join(folder, 'handshakes.case.yaml');
  writeFileSync(file, CASE);
  const cases = openCases([file], { stacks: ['linux'] });
  const test = cases.tests[0];
  if (test === undefined) throw new Error(`the case is not valid: ${JSON.stringify(cases.problems)}`);
  let witness: PacketSocket | undefined;
  const session = new Session({
    environment: {
      ...linuxEnvironment,
      async createLab(options) {
        const lab = await linuxEnvironment.createLab(options);
        witness = openWitness(lab.bench.namespaceFd);
        return lab;
      },
    },
    seed: 1,
    locate: cases.locate,
  });
  const runs: number[][] = [];
  try {
    for (let run = 0; run < RUNS; run += 1) {
      const result = await session.run(test);
      if (result.verdict !== 'pass') throw new Error(result.failure?.message);
      if (witness !== undefined) runs.push(turnarounds(witness, ETHERNET_HEADER));
    }
  } finally {
    await session.close();
  }
  return { first: runs[0] ?? [], warm: runs.at(-1) ?? [] };
}

function theirs(folder: string, packetdrill: string): number[] {
  const script = join(folder, 'handshake.pkt');
  writeFileSync(script, SCRIPT);
  const namespace = openNamespace();
  inNamespace(namespace.fd, () => spawnSync('ip', ['link', 'set', 'lo', 'up']));
  const times: number[] = [];
  for (let run = 0; run < HANDSHAKES; run += 1) {
    const witness = openWitness(namespace.fd);
    const { status, stderr } = inNamespace(namespace.fd, () =>
      spawnSync(packetdrill, ['--tolerance_usecs=1000000', script], { encoding: 'utf8' }),
    );
    if (status !== 0) throw new Error(`packetdrill: ${stderr}`);
    // Its tun device carries IP packets without a link header.
    times.push(...turnarounds(witness, 0));
  }
  return times;
}

const ETHERNET_HEADER = 14;

/** A socket that sees all frames of a namespace, in both directions. */
function openWitness(namespaceFd: number): PacketSocket {
  return inNamespace(
    namespaceFd,
    () => new PacketSocket({ ifindex: 0, seesOutgoing: true, receiveBufferBytes: 64 << 20 }),
  );
}

/** Times from a SYN-ACK to the next ACK of the same connection, µs. Closes the socket. */
function turnarounds(witness: PacketSocket, linkHeader: number): number[] {
  const times: number[] = [];
  const open = new Map<number, number>();
  let epoch: number | undefined;
  for (;;) {
    const frame = receiveFrom(witness);
    if (frame === undefined) break;
    const packet = frame.bytes.subarray(linkHeader);
    const isTcp = (packet[0] ?? 0) >> 4 === 4 && packet[9] === TCP;
    if (!isTcp) continue;
    const segment = packet.subarray(((packet[0] ?? 0) & 0xf) * 4);
    epoch ??= frame.sec;
    const time = (frame.sec - epoch) * 1e6 + frame.nsec / 1e3;
    const flags = (segment[13] ?? 0) & FLAGS;
    if (flags === (SYN | ACK)) open.set(segment.readUInt16BE(2), time);
    else if (flags === ACK) {
      const start = open.get(segment.readUInt16BE(0));
      if (start === undefined) continue;
      open.delete(segment.readUInt16BE(0));
      times.push(time - start);
    }
  }
  const { drops } = witness.statistics();
  witness.close();
  if (drops > 0) throw new Error(`${drops} frames were not seen`);
  return times;
}

/** The next frame; an interface that has gone away since is no error here. */
function receiveFrom(witness: PacketSocket): ReturnType<PacketSocket['receive']> {
  for (;;) {
    try {
      return witness.receive();
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENETDOWN') throw error;
    }
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
