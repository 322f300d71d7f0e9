import { type ChildProcess, fork } from 'node:child_process';
import type { PlannedTest } from '../plan';
import type { RunSummary, TestResult } from './result';
import { Interrupted } from './run-test';
import { Session, type SessionOptions } from './session';
import type { FromWorker, ToWorker, WorkerSetup } from './worker';

export interface RunOptions extends SessionOptions {
  /** Tests that run at once; 1 runs them in this process. */
  readonly jobs: number;
  readonly failFast?: boolean;
  /** How often each test runs. */
  readonly repeat?: number;
  /** The module that calls `serveWorker`, and what it needs to plan the tests again; needed for `jobs` above 1. */
  readonly worker?: { readonly module: string; readonly setup: WorkerSetup };
  onStart?(test: PlannedTest): void;
  onResult?(result: TestResult): void;
}

/** The environment cannot run tests: no permission, no `ip`, a worker that died. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  constructor(
    message: string,
    readonly code: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}

/** Runs the tests and counts. @throws EnvironmentError when the machine cannot run them. */
export async function runTests(tests: readonly PlannedTest[], options: RunOptions): Promise<RunSummary> {
  const started = process.hrtime.bigint();
  const queue = Array.from({ length: options.repeat ?? 1 }, () => tests).flat();
  const counts = { pass: 0, fail: 0, error: 0, skip: 0, 'known-failure': 0, 'unexpected-pass': 0 };
  let position = 0;
  let stopped = false;
  const source: TestSource = {
    take() {
      if (stopped || options.signal?.aborted === true) return undefined;
      const test = queue[position];
      if (test !== undefined) {
        position += 1;
        options.onStart?.(test);
      }
      return test;
    },
    peek: () => (stopped ? undefined : queue[position]),
    finished(result) {
      counts[result.verdict] += 1;
      options.onResult?.(result);
      const isBad = result.verdict === 'fail' || result.verdict === 'error' || result.verdict === 'unexpected-pass';
      if (isBad && options.failFast === true) stopped = true;
    },
  };
  const jobs = Math.min(options.jobs, queue.length);
  if (jobs <= 1 || options.worker === undefined) await runHere(source, options);
  else await runInWorkers(source, jobs, options.worker, options.signal);
  const judged = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    tests: judged,
    pass: counts.pass,
    fail: counts.fail,
    error: counts.error,
    skip: counts.skip,
    known_failure: counts['known-failure'],
    unexpected_pass: counts['unexpected-pass'],
    duration_ms: Number(process.hrtime.bigint() - started) / 1e6,
    seed: options.seed,
    stacks: [...new Set(tests.map((test) => test.stack))],
    not_run: queue.length - judged,
  };
}

interface TestSource {
  take(): PlannedTest | undefined;
  peek(): PlannedTest | undefined;
  finished(result: TestResult): void;
}

async function runHere(source: TestSource, options: SessionOptions): Promise<void> {
  const session = new Session(options);
  try {
    for (let test = source.take(); test !== undefined; test = source.take())
      source.finished(await session.run(test, source.peek()));
  } catch (error) {
    if (error instanceof Interrupted) return;
    throw asEnvironmentError(error);
  } finally {
    await session.close();
  }
}

async function runInWorkers(
  source: TestSource,
  jobs: number,
  worker: { module: string; setup: WorkerSetup },
  signal: AbortSignal | undefined,
): Promise<void> {
  const children: ChildProcess[] = [];
  const kill = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', kill, { once: true });
  try {
    await Promise.all(
      Array.from({ length: jobs }, () => {
        const child = fork(worker.module, {
          serialization: 'advanced',
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
        children.push(child);
        return serve(child, source, worker.setup, signal);
      }),
    );
  } finally {
    kill();
    signal?.removeEventListener('abort', kill);
  }
}

/** Feeds one worker until there are no tests. */
function serve(
  child: ChildProcess,
  source: TestSource,
  setup: WorkerSetup,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next: PlannedTest | undefined;
    let finished = false;
    const tell = (message: ToWorker): void => {
      if (child.connected) child.send(message);
    };
    const feed = (): void => {
      const test = next ?? source.take();
      if (test === undefined) {
        finished = true;
        tell({ kind: 'stop' });
        return;
      }
      next = source.take();
      tell({
        kind: 'run',
        file: test.file,
        id: test.id,
        next: next === undefined ? undefined : { file: next.file, id: next.id },
      });
    };
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'broken') reject(new EnvironmentError(message.message, message.code, message.fix));
      else {
        if (message.kind === 'result') source.finished(message.result);
        feed();
      }
    });
    child.on('exit', (code, killedBy) => {
      if (finished || signal?.aborted === true) resolve();
      else
        reject(
          new EnvironmentError(
            `a worker process died (${killedBy ?? `exit code ${code}`})`,
            'WORKER_DIED',
            'if the machine ran out of memory, use fewer --jobs',
          ),
        );
    });
    child.on('error', reject);
    tell({ kind: 'setup', setup });
  });
}

function asEnvironmentError(error: unknown): Error {
  if (error instanceof EnvironmentError || !(error instanceof Error)) return error as Error;
  const { code, fix } = error as { code?: string; fix?: string };
  return code === undefined ? error : new EnvironmentError(error.message, code, fix);
}
