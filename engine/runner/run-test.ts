import { constant, errnoNumber } from '../../bindings';
import type { DutClient } from '../../dut';
import { parseLayers } from '../codec';
import { type EvaluationFailure, Expression } from '../expressions';
import type { PlannedTest } from '../plan';
import {
  type Branch,
  CaseError,
  type CheckedStep,
  type ConnectionThing,
  DEFAULT_TOLERANCE,
  durationNs,
  type FailureFacts,
  type LabFacts,
  LabFailure,
  type Running,
  type Scope,
  SkipTest,
  type StepClock,
  type StepContext,
  StepFailure,
  show,
  shownFrames,
  type Thing,
  type Where,
} from '../steps';
import { AgentCall } from './agent-call';
import { LabClock } from './lab-clock';
import { Pump, Task } from './pump';
import { seededRandom } from './random';
import { NameScope } from './scope';
import { TestLink } from './wire';

/** The lab as the runner needs it: plain data that the entry point got from netns. */
export interface LabData {
  readonly mtu: number;
  readonly bench: LabEndData;
  readonly dut: LabEndData;
}

export interface LabEndData {
  readonly interface: string;
  readonly ifindex: number;
  readonly mac: string;
  readonly ip: string;
  readonly ipPrefix: number;
  readonly ipv6: string;
  readonly linkLocal: string;
  readonly namespaceFd: number;
}

/** The bench's ports: Linux' own default range, from 32768 to 60999. */
const FIRST_EPHEMERAL_PORT = 32768;
const EPHEMERAL_PORTS = 28232;

/** What a test left: what failed, or why it was skipped. */
export interface Outcome {
  readonly failures: readonly StepError[];
  readonly skipped?: string;
}

/** A failure of any kind with the step where it happened. */
export interface StepError {
  readonly kind: 'fail' | 'error';
  readonly message: string;
  readonly facts: FailureFacts & { readonly fix?: string };
  readonly where: Where;
}

export interface TestSettings {
  readonly seed: number;
  /** Factor on all tolerances (`--time-scale`). */
  readonly timeScale: number;
  /** Tolerance from the command line, ns; the case's own wins. */
  readonly tolerance?: number;
  readonly stack: { readonly name: string; readonly version: string };
  readonly signal?: AbortSignal;
  /** Refuses exec, sysctl and file. */
  readonly noExec?: boolean;
}

/** Runs one planned test in a lab that nothing has touched before. The agent is already in the lab's namespace. */
export async function runTest(
  test: PlannedTest,
  lab: LabData,
  dut: DutClient,
  settings: TestSettings,
): Promise<Outcome> {
  const run = new TestRun(test, lab, dut, settings);
  try {
    return await run.run();
  } finally {
    run.close();
  }
}

class TestRun {
  private readonly clock = new LabClock();
  private readonly link: TestLink;
  private readonly pump: Pump;
  private readonly failures: StepError[] = [];
  private readonly connections: ConnectionThing[] = [];
  private readonly facts: LabFacts;
  private readonly canonical: StepContext['canonical'];
  private readonly tolerance: number;
  private readonly random: () => number;
  private readonly linkCursor = { position: 0 };
  private nextPort: number;
  private readonly undo: (() => Running)[] = [];
  private current: Where;

  constructor(
    private readonly test: PlannedTest,
    lab: LabData,
    private readonly client: DutClient,
    private readonly settings: TestSettings,
  ) {
    this.current = test.where;
    this.random = seededRandom(settings.seed);
    this.nextPort = this.random() % EPHEMERAL_PORTS;
    const own = test.tolerance === undefined ? settings.tolerance : durationNs(test.tolerance, ['tolerance']);
    this.tolerance = (own ?? DEFAULT_TOLERANCE) * settings.timeScale;
    this.facts = labFacts(lab, settings.stack);
    this.canonical = canonicalAddresses(lab);
    this.link = new TestLink(lab.bench.namespaceFd, lab.bench.ifindex, this.clock.epoch, this.clock.now);
    this.pump = new Pump({
      frameFd: this.link.fd,
      receive: () => this.link.receive(),
      now: this.clock.now,
      adjust: this.clock.adjust,
    });
    const { signal } = settings;
    if (signal?.aborted === true) this.onAbort();
    else signal?.addEventListener('abort', this.onAbort);
    client.onDeath = (error) =>
      this.pump.interrupt(new LabFailure(error.message, { code: error.code, fix: AGENT_DIED_FIX }));
  }

  async run(): Promise<Outcome> {
    const scope = new NameScope();
    const skipped = await this.drive(this.body(scope));
    for (const undo of this.undo) await this.drive(undo());
    if (this.test.finallySteps.length > 0) await this.drive(this.context(scope).steps(this.test.finallySteps));
    return { failures: this.failures, skipped };
  }

  close(): void {
    this.settings.signal?.removeEventListener('abort', this.onAbort);
    this.link.close();
  }

  private readonly onAbort = (): void => this.pump.interrupt(new Interrupted());

  /** Drives a generator to its end; returns why the test was skipped, if it was. */
  private async drive(running: Running): Promise<string | undefined> {
    const task = new Task(running);
    try {
      await this.pump.run(task);
    } catch (error) {
      task.stop();
      if (error instanceof Interrupted) throw error;
      this.note(error);
      return undefined;
    }
    if (task.failure instanceof SkipTest) return task.failure.message;
    if (task.failure !== undefined) this.note(task.failure);
    return undefined;
  }

  private *body(scope: NameScope): Running {
    const context = this.context(scope);
    scope.set('row', { kind: 'value', value: context.value(this.test.rowValues) });
    for (const [name, template] of this.test.vars) scope.set(name, { kind: 'value', value: context.value(template) });
    for (const step of allSteps(this.test.steps)) step.definition.prepare?.(step);
    context.clock.base = this.clock.now();
    context.clock.planned = context.clock.base;
    yield* context.steps(this.test.steps);
    this.judgeForgottenCalls(scope);
    if (this.test.silence) this.demandSilence();
  }

  /** Calls in the background that no step awaited are judged when they have returned. */
  private judgeForgottenCalls(scope: Scope): void {
    for (const [, thing] of scope.things()) {
      if (thing.kind !== 'call' || thing.judged || !thing.call.done) continue;
      thing.judge(thing.call.outcome());
    }
  }

  private demandSilence(): void {
    for (const { connection } of this.connections) {
      const left = this.link.log.filter(
        (frame) => !frame.outgoing && frame.step === undefined && connection.owns(frame.packet),
      );
      if (left.length === 0) continue;
      throw new StepFailure(`${left.length} frames came on ${connection.name} that no step took`, {
        code: 'NOT_SILENT',
        expected: 'no frame that no step took',
        got: `${left.length} frames`,
        details: shownFrames('frames', left, connection),
      });
    }
  }

  private context(scope: NameScope, clock?: StepClock): StepContext {
    const run = this;
    const base = clock ?? { base: 0, planned: 0, callsStart: undefined };
    const context: StepContext = {
      scope,
      wire: this.link,
      facts: this.facts,
      canonical: this.canonical,
      clock: base,
      linkCursor: this.linkCursor,
      over: this.test.over,
      tolerance: this.tolerance,
      connections: this.connections,
      now: this.clock.now,
      random: this.random,
      ephemeralPort: () => FIRST_EPHEMERAL_PORT + (this.nextPort++ % EPHEMERAL_PORTS),
      randomBytes: (length) => Uint8Array.from({ length }, () => this.random() & 0xff),
      constant: (name) => constant(name) ?? errnoNumber(name),
      call: (name, args) => new AgentCall(name, callOn(this.client, name, args), this.client, this.clock.epoch),
      exec: (argv) => this.device('exec', () => this.client.exec(argv)),
      sysctl: (name, value) => this.device('sysctl', () => this.client.sysctl(name, value)),
      atEnd: (undo) => this.undo.unshift(undo),
      value: <T>(template: unknown) => this.evaluate(template, scope) as T,
      operands: (condition) => this.operands(condition, scope),
      *steps(steps, inner) {
        yield* run.steps(steps, inner === undefined ? context : run.context(inner as NameScope, base));
      },
      fork: (steps, inner) => this.fork(steps, inner as NameScope, base),
      innerScope: () => new NameScope(scope),
      record: (failure) => this.note(failure),
      addConnection: (thing) => this.connections.push(thing),
    };
    return context;
  }

  private *steps(steps: readonly CheckedStep[], context: StepContext): Running {
    for (const step of steps) {
      this.current = step.where;
      try {
        yield* step.definition.run(step, context);
      } catch (error) {
        const located = locate(error, step);
        if (step.keys.soft !== true || !(located instanceof StepFailure)) throw located;
        this.note(located);
      }
    }
  }

  /** A request that reaches beyond the sockets of the test. */
  private device(name: string, request: () => ReturnType<DutClient['exec']>): AgentCall {
    if (this.settings.noExec === true)
      throw new CaseError(`${name} is refused by --no-exec`, {
        code: 'NO_EXEC',
        fix: 'run without --no-exec if you trust the case',
      });
    return new AgentCall(name, request(), this.client, this.clock.epoch);
  }

  private fork(steps: readonly CheckedStep[], scope: NameScope, outer: StepClock): Branch {
    const clock = { ...outer };
    const task = new Task(this.steps(steps, this.context(scope, clock)));
    this.pump.add(task);
    return {
      clock,
      get done() {
        return task.done;
      },
      get failure() {
        return task.failure;
      },
      stop: () => task.stop(),
    };
  }

  private evaluate(template: unknown, scope: Scope): unknown {
    if (template instanceof Expression) return template.evaluate(this.names(template, scope), this.random);
    if (typeof template !== 'object' || template === null || template instanceof Uint8Array) return template;
    if (Array.isArray(template)) return template.map((item) => this.evaluate(item, scope));
    const values: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(template)) {
      const value = this.evaluate(item, scope);
      // A null that an expression gives counts as not given (design/language.md §2 rule 11).
      if (value === null && item instanceof Expression) continue;
      values[key] = value;
    }
    return values;
  }

  private names(expression: Expression, scope: Scope): Record<string, unknown> {
    const names: Record<string, unknown> = {};
    for (const name of expression.names) names[name] = this.named(name, scope);
    return names;
  }

  private named(name: string, scope: Scope): unknown {
    const thing: Thing | undefined = scope.get(name);
    if (thing?.kind === 'value') return thing.value;
    if (thing?.kind === 'frames') return thing.frames;
    if (thing !== undefined) return thing;
    if (name === 'dut' || name === 'bench' || name === 'net') return this.facts[name];
    return undefined;
  }

  private operands(condition: unknown, scope: Scope): ReturnType<StepContext['operands']> {
    if (!(condition instanceof Expression)) return [];
    return condition
      .operands(this.names(condition, scope), this.random)
      .map(({ source, value }) => ({ path: source, expected: '', got: show(value) }));
  }

  private note(error: unknown): void {
    this.failures.push(toStepError(error, this.current));
  }
}

/** A run that the user interrupted: the test has no verdict. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const AGENT_DIED_FIX = 'look at the agent’s last words above; if the machine ran out of memory, use fewer --jobs';

/** Makes a call; arguments that posix.proto cannot carry are the case's mistake. */
function callOn(
  client: DutClient,
  name: string,
  args: Readonly<Record<string, unknown>>,
): ReturnType<DutClient['call']> {
  try {
    return client.call(name, args);
  } catch (error) {
    if ((error as { code?: string }).code !== 'BAD_ARGUMENT') throw error;
    throw new CaseError((error as Error).message, { code: 'BAD_ARGUMENT' });
  }
}

/** Puts the step on an error that has none; the innermost step wins. */
function locate(error: unknown, step: CheckedStep): unknown {
  if (error instanceof StepFailure || error instanceof CaseError || error instanceof LabFailure) {
    error.where ??= step.where;
    return error;
  }
  if (isEvaluationFailure(error)) {
    const located = new CaseError(`${error.expression.toString()}: ${error.reason}`, { code: error.code });
    located.where = error.expression.where;
    return located;
  }
  return error;
}

function toStepError(error: unknown, current: Where): StepError {
  if (error instanceof StepFailure)
    return { kind: 'fail', message: error.message, facts: error.facts, where: error.where ?? current };
  if (error instanceof CaseError || error instanceof LabFailure)
    return { kind: 'error', message: error.message, facts: error.facts, where: error.where ?? current };
  if (isEvaluationFailure(error))
    return {
      kind: 'error',
      message: `${error.expression.toString()}: ${error.reason}`,
      facts: { code: error.code },
      where: error.expression.where,
    };
  const { stack, message } = error instanceof Error ? error : new Error(String(error));
  return {
    kind: 'error',
    message: `packetcase itself failed: ${message}`,
    facts: {
      code: 'INTERNAL',
      details: (stack ?? '').split('\n').slice(1, 6),
      fix: 'please report this with the case',
    },
    where: current,
  };
}

function isEvaluationFailure(error: unknown): error is EvaluationFailure {
  return error instanceof Error && error.name === 'EvaluationFailure';
}

function* allSteps(steps: readonly CheckedStep[]): Iterable<CheckedStep> {
  for (const step of steps) {
    yield step;
    for (const block of Object.values(step.blocks ?? {})) yield* allSteps(block);
  }
}

function labFacts(lab: LabData, stack: TestSettings['stack']): LabFacts {
  const { bench, dut } = lab;
  return {
    dut: {
      ip: dut.ip,
      ipv6: dut.ipv6,
      mac: dut.mac,
      link_local: dut.linkLocal,
      dev: dut.interface,
      ifindex: dut.ifindex,
      stack: stack.name,
      version: stack.version,
    },
    bench: { ip: bench.ip, ipv6: bench.ipv6, mac: bench.mac, link_local: bench.linkLocal },
    net: { broadcast: broadcastOf(dut.ip, dut.ipPrefix), mtu: lab.mtu },
  };
}

/** The directed broadcast address of an IPv4 network (RFC 919). */
function broadcastOf(ip: string, prefix: number): string {
  const address = ip.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  const hosts = 2 ** (32 - prefix);
  const broadcast = Math.floor(address / hosts) * hosts + hosts - 1;
  return [24, 16, 8, 0].map((shift) => (broadcast >>> shift) & 0xff).join('.');
}

function canonicalAddresses({ bench, dut }: LabData): StepContext['canonical'] {
  const { layers } = parseLayers(
    [
      { eth: { src: bench.mac, dst: dut.mac } },
      { ip: { src: bench.ip, dst: dut.ip } },
      { ipv6: { src: bench.ipv6, dst: dut.ipv6 } },
    ],
    'send',
  );
  const fields = (key: string): Readonly<Record<string, unknown>> =>
    layers.find((layer) => layer.layer === key)?.fields ?? {};
  return { eth: fields('eth'), ip: fields('ip'), ipv6: fields('ipv6') };
}
