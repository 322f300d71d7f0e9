import type { DutClient } from '../../dut';
import type { PlannedTest } from '../plan';
import { LabFailure, type Where } from '../steps';
import { seedOf } from './random';
import type { Failure, TestResult, Verdict } from './result';
import { Interrupted, type LabData, type Outcome, runTest, type StepError } from './run-test';
import { warmUp } from './warm-up';

/** A lab that can be closed. */
export interface OpenLab extends LabData {
  readonly dut: LabData['dut'] & { readonly namespacePath: string };
  close(): void;
}

/** What the entry point (command line, jest) brings: the engine knows neither netns nor how a stack is started. */
export interface Environment {
  createLab(options: PlannedTest['lab']): Promise<OpenLab>;
  startStack(name: string): Promise<DutClient>;
  stackVersion(name: string): string;
}

export interface SessionOptions {
  readonly environment: Environment;
  /** Seed of the run; each test derives its own from it. */
  readonly seed: number;
  readonly timeScale?: number;
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
  /** Refuses exec, sysctl and file (`--no-exec`). */
  readonly noExec?: boolean;
  /** Line and column of a place in a case. */
  locate(where: Where): { readonly line: number; readonly column: number };
}

interface Prepared {
  readonly key: string;
  readonly lab: Promise<OpenLab>;
}

/**
 * Runs tests one after the other in this process: one agent for all, a fresh lab for each, made while the test before
 * it runs. Its handles keep the process alive until `close`.
 */
export class Session {
  private agent: Promise<DutClient> | undefined;
  private agentStack: string | undefined;
  private prepared: Prepared | undefined;
  private isWarm = false;

  constructor(private readonly options: SessionOptions) {}

  /** Starts making what the test needs. Errors show when the test runs. */
  prepare(test: PlannedTest): void {
    if (this.skipReason(test) !== undefined) return;
    void this.agentFor(test.stack).catch(() => undefined);
    const key = labKey(test);
    if (this.prepared?.key === key) return;
    const before = this.prepared;
    const lab = this.options.environment.createLab(test.lab);
    lab.catch(() => undefined);
    this.prepared = { key, lab };
    if (!this.isWarm) this.warm(lab);
    if (before !== undefined) void before.lab.then((unused) => unused.close()).catch(() => undefined);
  }

  private skipReason({ expectation, stack }: PlannedTest): string | undefined {
    if (expectation.kind !== 'skip') return undefined;
    return appliesTo(expectation, this.options.environment.stackVersion(stack)) ? expectation.reason : undefined;
  }

  /** Uses the time until the first test can start. */
  private warm(lab: Promise<unknown>): void {
    this.isWarm = true;
    let isWaiting = true;
    const stop = (): void => {
      isWaiting = false;
    };
    Promise.all([lab, this.agent]).then(stop, stop);
    void warmUp(() => isWaiting);
  }

  /** Runs a test and judges it; `next` is prepared meanwhile. @throws Interrupted, and LabError when no lab can be made. */
  async run(test: PlannedTest, next?: PlannedTest): Promise<TestResult> {
    const started = process.hrtime.bigint();
    const seed = seedOf(this.options.seed, test.id);
    const skipped = this.skipReason(test);
    if (skipped !== undefined) return this.judge(test, { failures: [], skipped }, 0);
    this.prepare(test);
    const lab = await (this.prepared as Prepared).lab;
    this.prepared = undefined;
    let outcome: Outcome;
    try {
      outcome = await this.runIn(lab, test, seed, next);
    } finally {
      lab.close();
    }
    return this.judge(test, outcome, Number(process.hrtime.bigint() - started) / 1e6);
  }

  private async runIn(lab: OpenLab, test: PlannedTest, seed: number, next: PlannedTest | undefined): Promise<Outcome> {
    const { environment, timeScale = 1, tolerance, signal, noExec } = this.options;
    let dut: DutClient;
    try {
      dut = await this.agentFor(test.stack);
      await resetTo(dut, lab.dut.namespacePath);
      if (next !== undefined) this.prepare(next);
      const stack = { name: test.stack, version: environment.stackVersion(test.stack) };
      const outcome = await runTest(test, lab, dut, { seed, timeScale, tolerance, stack, signal, noExec });
      if (!dut.alive) this.agent = undefined;
      return outcome;
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      this.agent = undefined;
      const message = error instanceof Error ? error.message : String(error);
      const facts =
        error instanceof LabFailure ? error.facts : { code: (error as { code?: string }).code ?? 'AGENT_FAILED' };
      return { failures: [{ kind: 'error', message, facts, where: test.where }] };
    }
  }

  private agentFor(stack: string): Promise<DutClient> {
    if (this.agent !== undefined && this.agentStack === stack) return this.agent;
    void this.agent?.then((agent) => agent.close()).catch(() => undefined);
    this.agentStack = stack;
    this.agent = this.options.environment.startStack(stack);
    return this.agent;
  }

  /** Ends the agent and removes the lab that was prepared. */
  async close(): Promise<void> {
    const { prepared, agent } = this;
    this.prepared = undefined;
    this.agent = undefined;
    await prepared?.lab.then((lab) => lab.close()).catch(() => undefined);
    await agent?.then((client) => client.close()).catch(() => undefined);
  }

  private judge(test: PlannedTest, outcome: Outcome, durationMs: number): TestResult {
    const failures = outcome.failures.map((error) => this.failureOf(error, test));
    const { verdict, reason } = verdictOf(test, outcome, this.options.environment.stackVersion(test.stack));
    const { id, file, title, name, row, stack, requirements, tags, origin } = test;
    return {
      test: { id, file, title, name, row, stack, requirements, tags, origin },
      verdict,
      reason,
      durationMs,
      failure: failures[0],
      failures,
      seed: this.options.seed,
    };
  }

  private failureOf(error: StepError, test: PlannedTest): Failure {
    const { code, path = [], expected, got, differences = [], details = [], fix } = error.facts;
    const where = {
      file: error.where.file,
      path: [...error.where.path, ...(path.length > 0 ? path : pathOfField(error, test))],
    };
    const { line, column } = this.options.locate(where);
    const step = error.where.path.length > 0 ? formatPath(error.where.path) : undefined;
    return {
      code,
      message: error.message,
      file: where.file ?? test.file,
      line,
      column,
      path: formatPath(where.path),
      step,
      expected,
      got,
      differences,
      details,
      fix,
    };
  }
}

/** How long an agent may take to reset, ms; it has nothing to wait for but calls that it interrupts. */
const RESET_PATIENCE_MS = 5000;

/** Moves the agent into the lab's namespace. @throws LabFailure when it does not answer. */
function resetTo(dut: DutClient, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new LabFailure('the agent does not answer', {
            code: 'AGENT_HANGS',
            fix: 'run the case again; if it happens again, report it',
          }),
        ),
      RESET_PATIENCE_MS,
    );
    const pending = dut.reset({ path });
    const finish = (): void => {
      clearTimeout(timer);
      if (pending.failure === undefined) resolve();
      else reject(new LabFailure(pending.failure.message, { code: pending.failure.code }));
    };
    if (pending.done) finish();
    else pending.onDone = finish;
  });
}

function labKey(test: PlannedTest): string {
  return JSON.stringify(test.lab);
}

const PASS = { kind: 'pass' } as const;

/** Whether a note under `stacks:` holds for this version of the stack: `<6.1`, `>=2023`, or one version. */
function appliesTo(expectation: PlannedTest['expectation'], version: string): boolean {
  if (expectation.kind === 'pass' || expectation.version === undefined) return true;
  const [, operator = '', bound = ''] = /^\s*(<=|>=|<|>|=)?\s*(.*)$/.exec(expectation.version) ?? [];
  const order = compareVersions(version, bound.trim());
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  if (operator === '>') return order > 0;
  if (operator === '>=') return order >= 0;
  return order === 0;
}

/** Compares the numbers in two versions one by one, as far as the second goes. */
function compareVersions(version: string, bound: string): number {
  const numbers = version.match(/\d+/g) ?? [];
  for (const [index, text] of (bound.match(/\d+/g) ?? []).entries()) {
    const order = Number(numbers[index] ?? 0) - Number(text);
    if (order !== 0) return order;
  }
  return 0;
}

function verdictOf(test: PlannedTest, outcome: Outcome, version: string): { verdict: Verdict; reason?: string } {
  const expectation = appliesTo(test.expectation, version) ? test.expectation : PASS;
  if (outcome.skipped !== undefined) return { verdict: 'skip', reason: outcome.skipped };
  if (outcome.failures.some((failure) => failure.kind === 'error')) return { verdict: 'error' };
  const failed = outcome.failures.length > 0;
  if (expectation.kind === 'fails')
    return { verdict: failed ? 'known-failure' : 'unexpected-pass', reason: expectation.reason };
  return { verdict: failed ? 'fail' : 'pass' };
}

/** Where the step says the first field that differs: flat beside the verb, or in a layer. */
function pathOfField(error: StepError, { document }: PlannedTest): readonly (string | number)[] {
  const [layer, field, ...rest] = error.facts.differences?.[0]?.path.split('.') ?? [];
  if (layer === undefined || document.file !== error.where.file) return [];
  const step = partOf(document.data, error.where.path);
  const verb = Object.keys((step ?? {}) as object)[0] ?? '';
  const candidates =
    field === undefined
      ? [[layer], [verb, layer]]
      : [[field, ...rest], [layer, field], [verb, layer, field], [verb, field], [layer], [verb, layer]];
  if (field === 'flags') candidates.push([verb]);
  return candidates.find((path) => partOf(step, path) !== undefined) ?? [];
}

function partOf(data: unknown, path: readonly (string | number)[]): unknown {
  let part = data;
  for (const key of path)
    part = typeof part === 'object' && part !== null ? (part as Record<string | number, unknown>)[key] : undefined;
  return part;
}

/** `steps[3].expect.tcp.ack`. */
function formatPath(path: readonly (string | number)[]): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
}
