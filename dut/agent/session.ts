import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { constants as osConstants, release } from 'node:os';
import {
  clockRealtime,
  close,
  constants,
  ensureLoaded,
  enterNamespace,
  fcntl,
  installWakeSignal,
  linger,
  setsockopt,
} from '../../bindings';
import { type CallDescriptor, callDescriptor } from '../calls';
import { type Message, PROTOCOL_VERSION } from '../messages';
import { callTable, type Outcome } from './call-table';
import { type RunningTask, WorkerPool } from './worker-pool';

/**
 * The agent's side of a session: begins each request in order, keeps track of what runs and of the descriptors that
 * calls have made, and hands each Reply on as soon as it is known.
 */
export class Session {
  /** Takes each Reply of posix.proto; to be set before the first request. */
  onReply: (reply: Message) => void = () => {};
  private readonly pool = new WorkerPool();
  private readonly running = new Map<number, RunningRequest>();
  private readonly descriptors = new Set<number>();
  private namespace?: { fd: number; generation: number };
  /** Requests that came while a reset was under way. */
  private held?: Message[];
  /** Called when a request has ended. */
  private onEnded?: () => void;

  constructor() {
    ensureLoaded();
    installWakeSignal();
    this.pool.prepare();
  }

  handle(request: Message): void {
    if (this.held) {
      this.held.push(request);
      return;
    }
    const id = request.id as number;
    try {
      if (request.call !== undefined) {
        this.call(id, request.call as string, request[request.call as string] as Message);
      } else if (request.control !== undefined) {
        this.control(id, request.control as string, request[request.control as string] as Message);
      } else {
        throw new Error('a request that this agent does not know');
      }
    } catch (error) {
      this.onReply({ id, problem: (error as Error).message });
    }
  }

  private call(id: number, name: string, message: Message): void {
    const descriptor = callDescriptor(name);
    const entry = callTable[name];
    if (!descriptor || !entry) throw new Error(`this agent has no call ${name}`);
    const args = this.hideForeignDescriptors(descriptor, message);
    if (!entry.mayBlock?.(args as never)) {
      this.finishCall(id, name, args, entry.run(args as never));
      return;
    }
    const running: RunningRequest = { isCancelled: false, interrupt: () => {} };
    this.running.set(id, running);
    running.task = this.pool.run({ name, args, namespace: this.namespace }, (answer) => {
      this.running.delete(id);
      if ('problem' in answer) this.onReply({ id, problem: answer.problem });
      else this.finishCall(id, name, args, answer.outcome, running.isCancelled);
      this.onEnded?.();
    });
    running.interrupt = () => {
      if (running.task?.interrupt()) return;
      this.running.delete(id);
      this.onReply({ id, ret: -1, errno: 'EINTR', cancelled: true, start: clockRealtime(), end: clockRealtime() });
    };
  }

  private finishCall(id: number, name: string, args: Message, outcome: Outcome, isInterrupted = false): void {
    const { ret, errno, start, end, output } = outcome;
    if (ret !== -1 && callTable[name]?.opens?.(args as never)) {
      this.descriptors.add(ret);
      // Commands that `exec` runs must not hold the test's sockets open.
      fcntl(ret, constants.F_SETFD, constants.FD_CLOEXEC);
    }
    // Linux frees the descriptor whatever close() returns, except for a descriptor that was not open.
    if (name === 'close' && errno !== 'EBADF') this.descriptors.delete(args.fd as number);
    const cancelled = isInterrupted && errno === 'EINTR';
    this.onReply({ id, ret, errno, start, end, cancelled, ...(output ? { [name]: output } : {}) });
  }

  /**
   * A descriptor that no call of this test has made becomes one that is surely not open: the kernel answers EBADF, and
   * the agent's own files are safe.
   */
  private hideForeignDescriptors({ params }: CallDescriptor, args: Message): Message {
    const own = (fd: unknown) => ((fd as number) < 0 || this.descriptors.has(fd as number) ? fd : NEVER_OPEN);
    const changed: Record<string, unknown> = { ...args };
    for (const { key, kind } of params) {
      if (kind === 'fd') changed[key] = own(args[key]);
      if (kind === 'pollfds') changed[key] = (args[key] as Message[]).map((each) => ({ ...each, fd: own(each.fd) }));
    }
    return changed;
  }

  private control(id: number, name: string, message: Message): void {
    const begun = clockRealtime();
    const answer = (ret: number, output?: Message, errno = '', cancelled = false) =>
      this.onReply({
        id,
        ret,
        errno,
        cancelled,
        start: begun,
        end: clockRealtime(),
        ...(output ? { [name]: output } : {}),
      });
    switch (name) {
      case 'hello':
        answer(0, {
          version: PROTOCOL_VERSION,
          platform: `${process.platform}-${process.arch}`,
          release: release(),
          calls: Object.keys(callTable),
        });
        break;
      case 'cancel':
        answer(this.cancel(message.call as number) ? 1 : 0);
        break;
      case 'state':
        this.watch(message.call as number, Date.now() + (message.wait_ms as number), (phase) => answer(0, { phase }));
        break;
      case 'reset':
        this.reset(message.netns as string, (problem, output) =>
          problem === undefined ? answer(0, output) : this.onReply({ id, problem }),
        );
        break;
      case 'exec':
        this.exec(id, message, answer);
        break;
      case 'sysctl':
        sysctl(message, answer);
        break;
      default:
        throw new Error(`this agent has no request ${name}`);
    }
  }

  private cancel(id: number): boolean {
    const running = this.running.get(id);
    if (!running) return false;
    running.isCancelled = true;
    running.interrupt();
    return true;
  }

  /** Tells the phase of a call as soon as it is asleep or ended, at the latest at `deadline` (Date.now). */
  private watch(id: number, deadline: number, tell: (phase: 'ENDED' | 'RUNNING' | 'ASLEEP') => void): void {
    const running = this.running.get(id);
    if (!running) tell('ENDED');
    else if (running.task?.isAsleep()) tell('ASLEEP');
    else if (Date.now() >= deadline) tell('RUNNING');
    // A worker falls asleep within microseconds of its start, so asking again at once is cheaper than a timer.
    else setImmediate(() => this.watch(id, deadline, tell));
  }

  private reset(netns: string, done: (problem?: string, output?: Message) => void): void {
    this.held = [];
    const cancelled = this.running.size;
    for (const id of [...this.running.keys()]) this.cancel(id);
    const finish = (problem?: string) => {
      clearTimeout(deadline);
      this.onEnded = undefined;
      done(problem ?? this.enter(netns), { cancelled, closed: this.closeAll() });
      const held = this.held ?? [];
      this.held = undefined;
      for (const request of held) this.handle(request);
    };
    const deadline = setTimeout(() => finish(`${this.running.size} calls cannot be interrupted`), INTERRUPT_LIMIT_MS);
    this.onEnded = () => {
      if (this.running.size === 0) finish();
    };
    this.onEnded();
  }

  /**
   * Closes what the test has opened, at once and without leaving connections behind in the kernel, where they would
   * keep its namespace alive.
   */
  private closeAll(): number {
    const abort = linger.encode({ l_onoff: 1, l_linger: 0 });
    for (const fd of this.descriptors) {
      setsockopt(fd, constants.SOL_SOCKET, constants.SO_LINGER, abort, abort.length);
      close(fd);
    }
    const closed = this.descriptors.size;
    this.descriptors.clear();
    return closed;
  }

  /** Returns what went wrong. */
  private enter(netns: string): string | undefined {
    if (netns === '') return undefined;
    const previous = this.namespace;
    try {
      const fd = openSync(netns, 'r');
      this.namespace = { fd, generation: (previous?.generation ?? 0) + 1 };
      enterNamespace(fd);
    } catch (error) {
      return `network namespace ${netns}: ${(error as Error).message}`;
    }
    if (previous) closeSync(previous.fd);
    return undefined;
  }

  private exec(id: number, { argv, stdin }: Message, answer: Answer): void {
    const [program = '', ...args] = argv as string[];
    // The command must not outlive an agent that is killed.
    const bound = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', program, ...args] : [program, ...args];
    const child = spawn(bound[0] as string, bound.slice(1));
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A command that does not read its input closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin as Buffer);
    const running: RunningRequest = { isCancelled: false, interrupt: () => child.kill('SIGKILL') };
    this.running.set(id, running);
    const end = (tell: () => void) => {
      if (!this.running.delete(id)) return;
      tell();
      this.onEnded?.();
    };
    // As a shell reports a command that cannot be run, and as setpriv does.
    child.on('error', (error) =>
      end(() => answer(0, { status: 127, stdout: NOTHING, stderr: Buffer.from(error.message) })),
    );
    child.on('close', (code, signal) =>
      end(() => {
        const status = code ?? 128 + (osConstants.signals[signal as NodeJS.Signals] ?? 0);
        answer(0, { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }, '', running.isCancelled);
      }),
    );
  }
}

type Answer = (ret: number, output?: Message, errno?: string, cancelled?: boolean) => void;

interface RunningRequest {
  isCancelled: boolean;
  interrupt: () => void;
  task?: RunningTask;
}

/** The largest int: no process has so many descriptors. */
const NEVER_OPEN = 0x7fff_ffff;

/** A call that the wake signal does not end within this time sleeps uninterruptibly. */
const INTERRUPT_LIMIT_MS = 2000;

const NOTHING = Buffer.alloc(0);

/** Part of util-linux. */
const SETPRIV = '/usr/bin/setpriv';

function sysctl({ name, value }: Message, answer: Answer): void {
  const path = `/proc/sys/${(name as string).replaceAll('.', '/')}`;
  if (path.includes('//')) throw new Error(`not a kernel parameter: ${name}`);
  try {
    const before = readFileSync(path, 'utf8').trimEnd();
    if (value !== undefined) writeFileSync(path, value as string);
    answer(0, { value: before });
  } catch (error) {
    answer(-1, undefined, (error as NodeJS.ErrnoException).code);
  }
}
