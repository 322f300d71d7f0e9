/**
 * Round trips to an agent over gRPC on a unix socket: a unary method against one bidirectional stream, with the same
 * messages and no call behind them; then through the real Linux agent, for a call on its main thread, one on a worker
 * thread, and the start of the agent. `npm run build && node dist/bench/agent-transport.js`
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { constants } from '../bindings';
import { type PendingCall, startLinuxAgent } from '../dut';

const ROUNDS = 3000;
const WARM_UP = 1000;

const identity = (bytes: Buffer) => bytes;
const codec = {
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
};
const unary = { path: '/bench/Unary', requestStream: false, responseStream: false, ...codec };
const stream = { path: '/bench/Stream', requestStream: true, responseStream: true, ...codec };

/** The size of a typical request and reply: a few fields and two times. */
const MESSAGE = Buffer.alloc(32);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'packetcase-bench-'));
  const address = `unix:${join(folder, 'bench.sock')}`;
  const server = fork(__filename, ['serve', address]);
  await new Promise((resolve) => server.once('message', resolve));
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  try {
    await print('unary method', () => unaryRoundTrip(client));
    const call = client.makeBidiStreamRequest(stream.path, identity, identity);
    let answered = () => {};
    call.on('data', () => answered());
    call.on('error', () => {});
    await print('bidirectional stream', () => {
      const answer = new Promise<void>((resolve) => {
        answered = resolve;
      });
      call.write(MESSAGE);
      return answer;
    });
    call.cancel();
  } finally {
    client.close();
    server.kill();
    rmSync(folder, { recursive: true });
  }
  await measureAgent();
}

async function measureAgent(): Promise<void> {
  const start = performance.now();
  const dut = await startLinuxAgent();
  console.log(`${'start of the agent'.padEnd(28)}${(performance.now() - start).toFixed(0).padStart(8)} ms`);
  try {
    const { AF_INET, SOCK_DGRAM } = constants;
    const opened = await done(dut.call('socket', { domain: AF_INET, type: SOCK_DGRAM }));
    const fd = opened.result?.ret;
    await print('agent, call on main thread', () => done(dut.call('getsockname', { fd })));
    // A call with a time limit is made by a worker, also if it returns at once.
    const fds = [{ fd, events: constants.POLLOUT }];
    await print('agent, call on a worker', () => done(dut.call('poll', { fds, timeout: 1_000_000_000 })));
  } finally {
    dut.close();
  }
}

function serve(address: string): void {
  const server = new Server();
  server.addService(
    { unary, stream },
    {
      unary: (_call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, MESSAGE),
      stream: (call: ServerDuplexStream<Buffer, Buffer>) => call.on('data', () => call.write(MESSAGE)),
    },
  );
  server.bindAsync(address, ServerCredentials.createInsecure(), () => process.send?.('ready'));
}

function unaryRoundTrip(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(unary.path, identity, identity, MESSAGE, (error) => (error ? reject(error) : resolve()));
  });
}

function done(pending: PendingCall): Promise<PendingCall> {
  return new Promise((resolve) => {
    pending.onDone = () => resolve(pending);
  });
}

async function print(name: string, roundTrip: () => Promise<unknown>): Promise<void> {
  const microseconds: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const start = performance.now();
    await roundTrip();
    if (round >= 0) microseconds.push((performance.now() - start) * 1000);
  }
  microseconds.sort((a, b) => a - b);
  const at = (share: number) => (microseconds[Math.floor(share * ROUNDS)] as number).toFixed(0).padStart(8);
  console.log(`${name.padEnd(28)}${at(0.5)} µs median${at(0.99)} µs p99`);
}

if (process.argv[2] === 'serve') serve(process.argv[3] as string);
else main();
