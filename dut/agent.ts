import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Session } from './agent/session';
import { decodeMessage, encodeMessage, SESSION_METHOD } from './messages';

/*
 * The Linux agent's process, `agent.js [PID OF THE PARENT]`: a gRPC server on a unix socket. Its standard output
 * carries one line, `ready PATH`, as soon as it can be reached.
 *
 * It must not outlive the engine and not leave anything behind, in whatever way either of them ends: the kernel kills
 * it with its parent, it ends when its standard input or the session closes, and the socket is unlinked as soon as the
 * engine is connected.
 */

let folder = '';

/** Loads what an agent needs, for the build, which keeps the compiled code. */
export function preload(): void {
  require('../bindings');
  require('./agent/session');
}

/** Starts the agent of this process. */
export function start(): void {
  folder = mkdtempSync(join(tmpdir(), `packetcase-${process.pid}-`));
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  server.addService(
    {
      session: {
        path: SESSION_METHOD,
        requestStream: true,
        responseStream: true,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    { session: serve },
  );
  server.bindAsync(`unix:${join(folder, 'agent.sock')}`, ServerCredentials.createInsecure(), (error) => {
    if (error) {
      console.error(error.message);
      end();
    }
    process.stdout.write(`ready ${join(folder, 'agent.sock')}\n`);
    // From here on the engine connects; what else is needed is loaded meanwhile.
    prepare();
  });

  process.stdin.on('close', end);
  process.stdin.resume();
}

let session: Session | undefined;

function prepare(): Session {
  if (session) return session;
  const { setParentDeathSignal } = require('../bindings') as typeof import('../bindings');
  setParentDeathSignal(SIGKILL);
  // The parent may have died before.
  if (process.ppid !== Number(process.argv[2] ?? process.ppid)) end();
  const { Session: AgentSession } = require('./agent/session') as typeof import('./agent/session');
  session = new AgentSession();
  return session;
}

function serve(stream: ServerDuplexStream<Buffer, Buffer>): void {
  rmSync(folder, { recursive: true, force: true });
  const requests = prepare();
  requests.onReply = (reply) => stream.write(encodeMessage('Reply', reply));
  stream.on('data', (bytes: Buffer) => requests.handle(decodeMessage('Request', bytes)));
  stream.on('end', end);
  stream.on('cancelled', end);
  stream.on('error', end);
}

/** Ends the process without waiting for threads that sleep in calls; the kernel closes their sockets. */
function end(): void {
  rmSync(folder, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}

function identity(bytes: Buffer): Buffer {
  return bytes;
}

const SIGKILL = 9;

if (require.main === module) start();
