import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { AgentError } from '../agent-error';
import type { AgentClient } from '../client';
import type { Stack, StackUnderTest } from './stack';

/** The stack of the kernel that runs the tests. */
export const linuxStack: Stack = {
  name: 'linux',
  doc: "The running kernel's own stack, in a network namespace of its own.",
  async probe() {
    const path = agentPath();
    return [
      path === undefined
        ? { name: 'agent', ok: false, detail: 'the agent is not compiled', fix: NOT_COMPILED_FIX }
        : { name: 'agent', ok: true, detail: path },
    ];
  },
  start: startLinuxAgent,
};

/**
 * Starts an agent as a child process and connects to it. It works in the network namespace of the calling thread until
 * its first reset. It ends with `close()` and when this process ends, in whatever way.
 *
 * @throws {AgentError} AGENT_NOT_STARTED
 */
export async function startLinuxAgent(): Promise<StackUnderTest> {
  const path = agentPath();
  if (path === undefined) {
    throw new AgentError('AGENT_NOT_STARTED', 'the agent is not compiled', { fix: NOT_COMPILED_FIX });
  }
  const agent = new AgentProcess(path);
  let client: AgentClient | undefined;
  try {
    // gRPC is loaded while the agent starts, which takes as long.
    const { AgentClient: Client } = require('../client') as typeof import('../client');
    const connected = new Client(`unix:${await agent.socketPath()}`);
    client = connected;
    agent.onEnd = (error) => connected.lose(error);
    connected.onDisconnect = () => {
      // Most likely the process has ended, and is about to tell how.
      setTimeout(() => {
        connected.lose(new AgentError('AGENT_DIED', 'the agent has closed the connection', { stderr: agent.stderr }));
        agent.end();
      }, END_GRACE_MS).unref();
    };
    const { platform, release } = await connected.hello();
    connected.onClose = () => agent.end();
    return Object.assign(connected, { pid: agent.pid, platform, release });
  } catch (error) {
    client?.close();
    agent.end();
    throw error;
  }
}

/** The compiled agent, packed if the build has done so, for the compiled engine and for sources that run in jest. */
function agentPath(): string | undefined {
  const places = ['../../bundle/agent.js', '../agent.js', '../../dist/bundle/agent.js', '../../dist/dut/agent.js'];
  return places.map((place) => join(__dirname, place)).find((path) => existsSync(path));
}

const NOT_COMPILED_FIX = 'npm run build';
const START_LIMIT_MS = 10_000;
const END_GRACE_MS = 500;
const KEPT_STDERR_LINES = 20;

/** The agent's process: how to reach it, and how it ended. */
class AgentProcess {
  /** Called once when the process has ended by itself. */
  onEnd?: (error: AgentError) => void;
  /** The last lines of its standard error. */
  readonly stderr: string[] = [];
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private socket?: string;

  constructor(path: string) {
    // Reading these certificates takes 130 ms at each start of Node; the agent needs none. Node's options are meant for
    // the engine.
    const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...env } = process.env;
    this.child = spawn(process.execPath, [path, String(process.pid)], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    // Closed by the agent's end, of which `close` tells.
    this.child.stdin.on('error', () => {});
    createInterface(this.child.stderr).on('line', (line) => {
      this.stderr.push(line);
      if (this.stderr.length > KEPT_STDERR_LINES) this.stderr.shift();
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Where the agent listens, as soon as it does. @throws {AgentError} AGENT_NOT_STARTED */
  async socketPath(): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string, facts = {}) =>
        reject(new AgentError('AGENT_NOT_STARTED', reason, { ...facts, stderr: this.stderr }));
      const limit = setTimeout(() => fail(`the agent was not ready after ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
      this.onEnd = (error) => fail(error.message, { exitCode: error.exitCode, signal: error.signal });
      this.child.on('error', (error) => fail(`the agent cannot be started: ${error.message}`));
      this.child.on('close', (exitCode, signal) => {
        clearTimeout(limit);
        this.onEnd?.(this.describeEnd(exitCode, signal));
      });
      createInterface(this.child.stdout).on('line', (line) => {
        const [, path] = /^ready (.+)$/.exec(line) ?? [];
        if (path === undefined) return;
        clearTimeout(limit);
        this.socket = path;
        resolve(path);
      });
    });
  }

  /** Kills the process, if it still runs, and lets this one go on without it. */
  end(): void {
    this.onEnd = undefined;
    this.child.kill('SIGKILL');
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) stream.destroy();
    this.child.unref();
    // The agent does so itself as soon as it is connected, but it may not have come so far.
    if (this.socket !== undefined) rmSync(dirname(this.socket), { recursive: true, force: true });
  }

  private describeEnd(exitCode: number | null, signal: NodeJS.Signals | null): AgentError {
    const how = signal === null ? `with exit status ${exitCode}` : `by ${signal}`;
    const { stderr } = this;
    return new AgentError('AGENT_DIED', `the agent ended ${how}`, {
      exitCode: exitCode ?? undefined,
      signal: signal ?? undefined,
      stderr,
    });
  }
}
