import type { PlannedTest } from '../plan';
import type { TestResult } from './result';
import { Session, type SessionOptions } from './session';

/** What the parent tells a worker. */
export type ToWorker =
  | { readonly kind: 'setup'; readonly setup: WorkerSetup }
  | {
      readonly kind: 'run';
      readonly file: string;
      readonly id: string;
      readonly next?: { readonly file: string; readonly id: string };
    }
  | { readonly kind: 'stop' };

/** What a worker tells its parent. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly result: TestResult }
  | { readonly kind: 'broken'; readonly message: string; readonly code: string; readonly fix?: string };

/** Settings that all workers of a run share; plain data. */
export interface WorkerSetup {
  readonly seed: number;
  readonly timeScale: number;
  readonly tolerance?: number;
  /** Opaque to the runner: how the entry point plans the tests of a file again. */
  readonly planning: unknown;
}

/** How a worker finds the test that it is told to run. */
export interface WorkerEntry {
  session(setup: WorkerSetup): SessionOptions;
  find(file: string, id: string, setup: WorkerSetup): PlannedTest;
}

/** Runs tests as the parent process says, until it says stop or is gone. */
export function serveWorker(entry: WorkerEntry): void {
  let session: Session | undefined;
  let setup: WorkerSetup | undefined;
  const tell = (message: FromWorker): void => {
    process.send?.(message);
  };
  const stop = async (): Promise<void> => {
    await session?.close();
    process.exit(0);
  };
  process.on('disconnect', () => void stop());
  process.on('SIGINT', () => undefined);
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'setup') {
      setup = message.setup;
      session = new Session(entry.session(setup));
      tell({ kind: 'ready' });
    } else if (message.kind === 'stop') void stop();
    else void run(message);
  });

  async function run(message: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
    if (session === undefined || setup === undefined) return;
    try {
      const next = message.next === undefined ? undefined : entry.find(message.next.file, message.next.id, setup);
      tell({ kind: 'result', result: await session.run(entry.find(message.file, message.id, setup), next) });
    } catch (error) {
      const { code = 'INTERNAL', fix } = error as { code?: string; fix?: string };
      tell({ kind: 'broken', message: error instanceof Error ? error.message : String(error), code, fix });
    }
  }
}
