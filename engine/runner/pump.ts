import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { constants, PollSet } from '../../bindings';
import type { Running, Wait } from '../steps';

/** Longest time in the kernel, ns: Node's own timers (live progress) do not show on a descriptor. */
const LONGEST_WAIT = 50e6;

/** Waiting closer to the deadline than this is done by looking again and again, ns: a sleeping thread wakes late. */
const SPIN = 60e3;

/** What the pump waits for beside frames and time. */
export interface PumpSources {
  /** Descriptor on which frames arrive. */
  readonly frameFd: number;
  /** Takes one frame into the log; returns whether there was one. */
  receive(): boolean;
  now(): number;
  /** Looks at the real clock; called whenever the pump has waited. */
  adjust(): void;
}

/** A generator that the pump drives. */
export class Task {
  done = false;
  failure: Error | undefined;
  private wait: Wait | undefined;

  constructor(private readonly running: Running) {}

  /** Resumes the generator if what it waits for is there. Returns whether it did. */
  advance(now: () => number): boolean {
    if (this.done) return false;
    if (
      this.wait !== undefined &&
      !this.wait.ready() &&
      (this.wait.deadline === Number.POSITIVE_INFINITY || now() < this.wait.deadline)
    )
      return false;
    try {
      const next = this.running.next();
      if (next.done === true) this.done = true;
      else this.wait = next.value;
    } catch (error) {
      this.done = true;
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
    return true;
  }

  /** When it must be resumed whatever happens, lab time. */
  get deadline(): number {
    return this.done ? Number.POSITIVE_INFINITY : (this.wait?.deadline ?? 0);
  }

  /** Ends it at once; its `finally` blocks run. */
  stop(): void {
    if (this.done) return;
    this.done = true;
    this.running.return(undefined);
  }
}

/**
 * The one place where a lab waits. It blocks in the kernel on the frames' descriptor and on those of Node's event loop
 * together, so a frame, an answer of the agent and a deadline each wake it at once; only for the second does the event
 * loop turn.
 */
export class Pump {
  private readonly tasks: Task[] = [];
  private readonly poll: PollSet;
  private readonly loopEntries: number;
  private interrupted: Error | undefined;
  /** Whether a branch has done something since the event loop turned: what it asked of the agent may not be written yet. */
  private mayHaveAsked = false;

  constructor(private readonly sources: PumpSources) {
    const loops = eventLoopDescriptors();
    this.loopEntries = loops.length;
    this.poll = new PollSet([
      { fd: sources.frameFd, events: constants.POLLIN },
      ...loops.map((fd) => ({ fd, events: constants.POLLIN })),
    ]);
  }

  /** Adds a branch; it starts when the pump looks at it next. */
  add(task: Task): void {
    this.tasks.push(task);
  }

  /** Makes `run` end with this error: an interrupt of the user, the agent's death. */
  interrupt(error: Error): void {
    this.interrupted ??= error;
  }

  /** Drives all branches until `root` has ended. @throws what interrupted it; a branch's failure is its own. */
  async run(root: Task): Promise<void> {
    this.add(root);
    const { now, receive } = this.sources;
    for (;;) {
      // One frame at a time: whoever waits for it should not wait for a look at what comes after it.
      let isBusy = true;
      while (isBusy) {
        const received = receive();
        isBusy = this.advanceAll(now) || received;
      }
      if (root.done) return;
      if (this.interrupted !== undefined) throw this.interrupted;
      await this.idle();
    }
  }

  private advanceAll(now: () => number): boolean {
    let advanced = false;
    // A branch may add others while it runs: the length is read anew.
    for (let index = 0; index < this.tasks.length; index += 1) {
      if (this.tasks[index]?.advance(now)) advanced = true;
    }
    if (advanced) this.mayHaveAsked = true;
    if (advanced && this.tasks.some((task) => task.done)) {
      const alive = this.tasks.filter((task) => !task.done);
      this.tasks.splice(0, this.tasks.length, ...alive);
    }
    return advanced;
  }

  private async idle(): Promise<void> {
    let deadline = Number.POSITIVE_INFINITY;
    for (const task of this.tasks) deadline = Math.min(deadline, task.deadline);
    if (this.mayHaveAsked) {
      this.mayHaveAsked = false;
      await turn();
      return;
    }
    const left = deadline - this.sources.now();
    if (left <= SPIN) {
      if (this.poll.wait(0) > 0 && this.isLoopReady()) await turn();
      return;
    }
    const ready = this.poll.wait(Math.min(left - SPIN, LONGEST_WAIT));
    this.sources.adjust();
    if (ready === 0 || this.isLoopReady()) await turn();
  }

  private isLoopReady(): boolean {
    for (let index = 1; index <= this.loopEntries; index += 1) if (this.poll.revents(index) !== 0) return true;
    return false;
  }
}

/** The epoll descriptors of this process; libuv's is readable when Node's event loop has something to do. */
function eventLoopDescriptors(): number[] {
  const descriptors: number[] = [];
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`) === 'anon_inode:[eventpoll]') descriptors.push(Number(name));
    } catch {
      // The descriptor of the directory itself is gone by now.
    }
  }
  return descriptors;
}
