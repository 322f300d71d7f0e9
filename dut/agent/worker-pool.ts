import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { tgkill, WAKE_SIGNAL } from '../../bindings';
import { CELLS, type WorkerAnswer, type WorkerData, type WorkerTask } from './worker-thread';

/** A task that a worker has, or that waits for one. */
export interface RunningTask {
  /** Whether the call sleeps in the kernel now. */
  isAsleep(): boolean;
  /**
   * Has the call return, with EINTR unless it ends by itself. A task that no worker has yet is dropped: `false`, it
   * will not be answered.
   */
  interrupt(): boolean;
}

/**
 * Threads for calls that may block. Starting one takes 30 to 50 ms, so some are always kept ready; a thread is used
 * again, and never stopped before the process ends.
 */
export class WorkerPool {
  private readonly idle: PooledWorker[] = [];
  private readonly waiting: WaitingTask[] = [];
  private starting = 0;

  /** Starts threads in the background until `count` are ready for use. */
  prepare(count = SPARE_WORKERS): void {
    while (this.starting < STARTED_AT_ONCE && this.idle.length + this.starting < this.waiting.length + count) {
      this.startWorker();
    }
  }

  /** Makes a call in a thread of its own and answers once. */
  run(task: WorkerTask, onAnswer: (answer: WorkerAnswer) => void): RunningTask {
    const waiting: WaitingTask = { task, onAnswer };
    const worker = this.idle.pop();
    if (worker) this.give(worker, waiting);
    else this.waiting.push(waiting);
    // Not before the task is on its way.
    setImmediate(() => this.prepare());
    return {
      isAsleep: () => waiting.worker?.isAsleep() ?? false,
      interrupt: () => {
        if (waiting.worker) {
          waiting.worker.interrupt();
          return true;
        }
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        return false;
      },
    };
  }

  private startWorker(): void {
    this.starting++;
    const worker = new PooledWorker(() => {
      this.starting--;
      this.release(worker);
      this.prepare();
    });
  }

  private release(worker: PooledWorker): void {
    const next = this.waiting.shift();
    if (next) this.give(worker, next);
    else this.idle.push(worker);
  }

  private give(worker: PooledWorker, waiting: WaitingTask): void {
    waiting.worker = worker;
    worker.run(waiting.task, (answer) => {
      this.release(worker);
      waiting.onAnswer(answer);
    });
  }
}

interface WaitingTask {
  readonly task: WorkerTask;
  readonly onAnswer: (answer: WorkerAnswer) => void;
  worker?: PooledWorker;
}

/** Enough for the calls of most cases; more are started as these are taken. */
const SPARE_WORKERS = 2;

/** In a burst of calls many are over before all their threads have started. */
const STARTED_AT_ONCE = 4;

/** The signal is lost if it arrives right before the thread enters the call, so it is sent until the thread answers. */
const INTERRUPT_PERIOD_MS = 1;

/** Number of the futex system call: a thread that sleeps in it waits for JavaScript's engine, not in a call of ours. */
const FUTEX = process.arch === 'arm64' ? 98 : 202;

/** One thread; makes one call at a time. */
class PooledWorker {
  private readonly cells = new Int32Array(new SharedArrayBuffer(CELLS.length * Int32Array.BYTES_PER_ELEMENT));
  private readonly worker: Worker;
  private onAnswer?: (answer: WorkerAnswer) => void;
  private interrupting?: NodeJS.Timeout;

  constructor(onReady: () => void) {
    const workerData: WorkerData = { cells: this.cells };
    this.worker = new Worker(join(__dirname, 'worker-thread.js'), { workerData });
    this.worker.once('message', () => {
      this.worker.on('message', (answer: WorkerAnswer) => this.answered(answer));
      onReady();
    });
  }

  run(task: WorkerTask, onAnswer: (answer: WorkerAnswer) => void): void {
    this.onAnswer = onAnswer;
    this.worker.postMessage(task);
  }

  isAsleep(): boolean {
    if (Atomics.load(this.cells, CELLS.isCalling) === 0) return false;
    const [syscall] = this.readProc('syscall').split(' ', 1);
    return syscall === undefined ? this.readState() === 'S' : syscall !== 'running' && Number(syscall) !== FUTEX;
  }

  interrupt(): void {
    if (this.interrupting) return;
    const signal = () => {
      if (Atomics.load(this.cells, CELLS.isCalling) === 1) {
        tgkill(process.pid, this.cells[CELLS.tid] as number, WAKE_SIGNAL);
      }
    };
    signal();
    this.interrupting = setInterval(signal, INTERRUPT_PERIOD_MS);
  }

  private answered(answer: WorkerAnswer): void {
    clearInterval(this.interrupting);
    this.interrupting = undefined;
    this.onAnswer?.(answer);
  }

  /**
   * Kernels without CONFIG_HAVE_ARCH_TRACEHOOK, and gVisor, have no `syscall` file; the state alone is nearly as good.
   */
  private readState(): string {
    // The name of the thread, in parentheses before the state, may hold anything.
    return this.readProc('stat').split(') ').pop()?.[0] ?? '';
  }

  private readProc(file: string): string {
    try {
      return readFileSync(`/proc/self/task/${this.cells[CELLS.tid]}/${file}`, 'utf8').trim();
    } catch {
      return '';
    }
  }
}
