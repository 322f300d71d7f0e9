import { parentPort, workerData } from 'node:worker_threads';
import { ensureLoaded, enterNamespace, gettid } from '../../bindings';
import { callTable, type Outcome } from './call-table';

/** What a worker thread shares with the main thread: see {@link CELLS}. */
export interface WorkerData {
  readonly cells: Int32Array;
}

/** Indexes of the shared cells: the thread's id, and whether it is making a call. */
export const CELLS = { tid: 0, isCalling: 1, length: 2 } as const;

export interface WorkerTask {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Descriptor of the network namespace to be in, and its generation: descriptors are used again. */
  readonly namespace?: { readonly fd: number; readonly generation: number };
}

export type WorkerAnswer = { readonly outcome: Outcome } | { readonly problem: string };

/** Makes one call after the other; each may block for as long as it likes. */
function serve(): void {
  const { cells } = workerData as WorkerData;
  ensureLoaded();
  cells[CELLS.tid] = gettid();
  let generation = 0;
  const port = parentPort;
  port?.on('message', ({ name, args, namespace }: WorkerTask) => {
    let answer: WorkerAnswer;
    try {
      if (namespace && namespace.generation !== generation) {
        enterNamespace(namespace.fd);
        generation = namespace.generation;
      }
      const call = callTable[name];
      if (!call) throw new Error(`no call ${name}`);
      Atomics.store(cells, CELLS.isCalling, 1);
      answer = { outcome: call.run(args as never) };
    } catch (error) {
      answer = { problem: (error as Error).message };
    }
    Atomics.store(cells, CELLS.isCalling, 0);
    port.postMessage(answer);
  });
  port?.postMessage('ready');
}

if (parentPort) serve();
