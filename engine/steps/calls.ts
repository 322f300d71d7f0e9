import { callDescriptors } from '../../dut';
import { parseLayers } from '../codec';
import type { Call, CallOutcome, Running, SocketThing, StepContext } from './context';
import { durationNs, formatDuration } from './duration';
import { CaseError, type ShownDifference, StepFailure } from './failure';
import { connectionOf, socketOf } from './things';
import { callEvent } from './timing';
import { show, valueDifferences } from './values';

/** A call's entry in the table of dut/. */
export type Descriptor = (typeof callDescriptors)[number];

/** How long a call may take unless `patience:` says otherwise, ns. */
export const DEFAULT_PATIENCE = 5e9;

/** Two names of one number (POSIX allows it, Linux has it so). */
const SAME_ERRNO: Readonly<Record<string, string>> = {
  EWOULDBLOCK: 'EAGAIN',
  ENOTSUP: 'EOPNOTSUPP',
  EDEADLOCK: 'EDEADLK',
};

/** Length of a receive buffer that the author does not give. */
const DEFAULT_RECEIVE_LENGTH = 65536;

/** Calls that must take the whole buffer unless `gives` says how much. */
const WRITES: ReadonlySet<string> = new Set(['write', 'send', 'sendto', 'sendmsg', 'writev']);

const descriptors = new Map(callDescriptors.map((descriptor) => [descriptor.name, descriptor]));

/** The descriptor of a call. @throws CaseError for a call that there is not; the check has found those before. */
export function descriptorOf(name: string): Descriptor {
  const descriptor = descriptors.get(name);
  if (descriptor === undefined) throw new CaseError(`no such call: ${name}`, { code: 'UNKNOWN_CALL', path: ['dut'] });
  return descriptor;
}

/** Arguments of a call as the agent takes them, from what the author gave (expressions evaluated) and defaults. */
export function callArguments(
  descriptor: Descriptor,
  given: Readonly<Record<string, unknown>>,
  socket: SocketThing | undefined,
  context: StepContext,
): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const parameter of descriptor.params) {
    const value = given[parameter.key];
    if (value === undefined || value === null) {
      const fallback = defaultOf(descriptor, parameter.key, parameter.kind, given, socket, context);
      if (fallback !== undefined) args[parameter.key] = fallback;
      continue;
    }
    args[parameter.key] = argument(parameter.kind, value, parameter.key, context);
  }
  return args;
}

function defaultOf(
  descriptor: Descriptor,
  key: string,
  kind: string,
  given: Readonly<Record<string, unknown>>,
  socket: SocketThing | undefined,
  context: StepContext,
): unknown {
  if (kind === 'fd') return socket?.fd;
  if (key === 'domain')
    return context.constant(context.over === undefined || context.over === 'ipv4' ? 'AF_INET' : 'AF_INET6');
  if (key === 'type' && descriptor.name === 'socket') return context.constant('SOCK_STREAM');
  if (key === 'length' && given.buffer === undefined) return DEFAULT_RECEIVE_LENGTH;
  return descriptor.params.find((parameter) => parameter.key === key)?.default;
}

function argument(kind: string, value: unknown, key: string, context: StepContext): unknown {
  switch (kind) {
    case 'fd':
      return typeof value === 'string' ? socketOf(value, context).fd : descriptorNumber(value);
    case 'address':
      return addressOf(value, context);
    case 'buffer':
      return payloadBytes(value, [key], context);
    case 'flags':
    case 'constant':
    case 'int':
    case 'length':
      return integerOf(value, key, context);
    case 'duration':
      return durationNs(value, [key]);
    case 'optionValue':
      return optionValue(value, context);
    case 'pollfds':
      return (value as readonly Record<string, unknown>[]).map((entry) => ({
        fd: argument('fd', entry.fd, 'fd', context),
        events: integerOf(entry.events ?? 0, 'events', context),
      }));
    default:
      return value;
  }
}

function descriptorNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  const fd = (value as { fd?: unknown } | null)?.fd;
  if (typeof fd === 'number' || typeof fd === 'bigint') return Number(fd);
  throw new CaseError('not a socket', {
    code: 'WRONG_TYPE',
    path: ['fd'],
    expected: 'a socket’s name, or a number',
    got: show(value),
  });
}

/** An integer, a constant's name, or a list of names that are or-ed. */
export function integerOf(value: unknown, key: string, context: Pick<StepContext, 'constant'>): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (Array.isArray(value)) return value.reduce<number>((bits, item) => bits | integerOf(item, key, context), 0);
  const number = typeof value === 'string' ? context.constant(value) : undefined;
  if (number !== undefined) return number;
  throw new CaseError(`${key}: not a number nor a constant`, {
    code: 'UNKNOWN_CONSTANT',
    path: [key],
    expected: 'an integer or the name of a constant',
    got: show(value),
  });
}

/** `{ of: conn }` is the connection's end on the test bench, `{ ip, port, scope }` any address. */
export function addressOf(value: unknown, context: StepContext): { ip: string; port: number; scope?: unknown } {
  if (typeof value === 'object' && value !== null) {
    const given = value as { of?: unknown; ip?: unknown; port?: unknown; scope?: unknown; local?: unknown };
    if (given.of !== undefined) {
      const { connection } = connectionOf(String(given.of), context);
      const ip = connection.over === 'mapped' ? `::ffff:${connection.local.ip}` : connection.local.ip;
      return { ip, port: connection.local.port };
    }
    if (given.ip !== undefined) {
      const address = { ip: String(given.ip), port: Number(given.port ?? 0) };
      return given.scope === undefined ? address : { ...address, scope: given.scope };
    }
  }
  if (typeof value === 'string') return { ip: value, port: 0 };
  throw new CaseError('not an address', {
    code: 'WRONG_TYPE',
    path: ['addr'],
    expected: '{ of: conn } or { ip, port }',
    got: show(value),
  });
}

/** Bytes of a payload form: a number of zeros, a text, or `{ zeros | random | text | hex | bytes | pattern | length }`. */
export function payloadBytes(value: unknown, path: readonly (string | number)[], context: StepContext): unknown {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'object' && value !== null && 'pointer' in value) return value;
  const { layers, problems } = parseLayers([{ payload: value }], 'send', { random: context.randomBytes });
  const problem = problems[0];
  if (problem !== undefined)
    throw new CaseError('not a payload', {
      code: problem.code,
      path,
      expected: problem.expected,
      got: problem.got,
      fix: problem.fix,
    });
  return layers[0]?.fields.data ?? Buffer.alloc(0);
}

function optionValue(value: unknown, context: StepContext): unknown {
  if (typeof value === 'string') return context.constant(value) ?? parseMaybeDuration(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return integerOf(value, 'value', context);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if ('hex' in value || 'text' in value || 'zeros' in value) return payloadBytes(value, ['value'], context);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, optionValue(member, context)]));
}

function parseMaybeDuration(value: string): unknown {
  return /^\d+(\.\d+)?(ns|us|ms|s|m)$/.test(value) ? durationNs(value, ['value']) : value;
}

/** Waits for a call; one that outlasts its patience is cancelled. @throws StepFailure STILL_BLOCKED */
export function* awaitCall(call: Call, patience: number, context: StepContext): Running<CallOutcome> {
  if (!call.done) yield { ready: () => call.done, deadline: context.now() + patience };
  // Asking for its state tells a call that blocks from an agent that hangs, which is no fault of the stack.
  const isAsleep = !call.done && (yield* call.asleep());
  if (!call.done) {
    call.cancel();
    throw new StepFailure(`${call.name} is still blocked after ${formatDuration(patience)}`, {
      code: 'STILL_BLOCKED',
      expected: `${call.name} returns`,
      got: isAsleep ? 'still asleep in the kernel' : 'still running',
    });
  }
  return call.outcome();
}

/** Makes a call and waits for it. */
export function* makeCall(
  name: string,
  args: Readonly<Record<string, unknown>>,
  context: StepContext,
): Running<CallOutcome> {
  const outcome = yield* awaitCall(context.call(name, args), DEFAULT_PATIENCE, context);
  callEvent(context, outcome.start, outcome.end);
  return outcome;
}

/** Makes a call that has to succeed. @throws StepFailure with the errno. */
export function* mustCall(
  name: string,
  args: Readonly<Record<string, unknown>>,
  context: StepContext,
): Running<CallOutcome> {
  const outcome = yield* makeCall(name, args, context);
  demandSuccess(name, outcome);
  return outcome;
}

/** @throws StepFailure when the call failed. */
export function demandSuccess(name: string, outcome: CallOutcome): void {
  if (outcome.errno === '') return;
  throw new StepFailure(`${name} failed with ${outcome.errno}`, {
    code: 'CALL_FAILED',
    expected: `${name} succeeds`,
    got: outcome.errno,
  });
}

/** What the author says about a call's result. */
export interface Demand {
  readonly errno?: unknown;
  readonly gives?: unknown;
  /** Demands on outputs by name. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** `fds:` of poll, whose entries may demand `revents`. */
  readonly fds?: unknown;
}

/** Judges a call's outcome. @throws StepFailure */
export function judgeCall(
  descriptor: Descriptor,
  args: Readonly<Record<string, unknown>>,
  demand: Demand,
  outcome: CallOutcome,
  context: StepContext,
): void {
  const { name } = descriptor;
  const errno =
    demand.errno === undefined || demand.errno === null || demand.errno === 'none' ? '' : String(demand.errno);
  if (
    errno === 'any'
      ? outcome.errno === ''
      : (SAME_ERRNO[errno] ?? errno) !== (SAME_ERRNO[outcome.errno] ?? outcome.errno)
  ) {
    const got =
      outcome.errno === '' ? `${name} succeeded and returned ${outcome.ret}` : `${name} failed with ${outcome.errno}`;
    const expected = errno === '' ? 'it succeeds' : errno === 'any' ? 'it fails' : `it fails with ${errno}`;
    throw new StepFailure(`${got}, expected that ${expected}`, {
      code: 'ERRNO_DIFFERS',
      path: demand.errno === undefined ? ['dut'] : ['errno'],
      expected: errno === '' ? 'success' : errno === 'any' ? 'any errno' : errno,
      got: outcome.errno === '' ? `success, returned ${outcome.ret}` : outcome.errno,
    });
  }
  if (errno !== '') return;
  const differences = [
    ...givesDifferences(descriptor, args, demand.gives, outcome, context),
    ...outputDifferences(demand, outcome, context),
  ];
  const first = differences[0];
  if (first === undefined) return;
  throw new StepFailure(`${name} gave another result: ${first.path} is ${first.got}, expected ${first.expected}`, {
    code: 'RESULT_DIFFERS',
    path: demand.gives === undefined ? ['dut'] : ['gives'],
    expected: first.expected,
    got: first.got,
    differences,
  });
}

function givesDifferences(
  descriptor: Descriptor,
  args: Readonly<Record<string, unknown>>,
  gives: unknown,
  outcome: CallOutcome,
  context: StepContext,
): ShownDifference[] {
  const { buffer, value } = outcome.out;
  if (gives === undefined || gives === null) {
    const data = args.buffer;
    if (!WRITES.has(descriptor.name) || !(data instanceof Uint8Array) || outcome.ret === data.length) return [];
    return [{ path: 'return value', expected: `${data.length} (all of the buffer)`, got: String(outcome.ret) }];
  }
  if (descriptor.returns === 'value' && value !== undefined) return valueDifferences(gives, value, 'value', context);
  if (value !== undefined && isStruct(gives)) return valueDifferences(gives, value, '', context);
  if (value !== undefined) return valueDifferences(gives, value, 'value', context);
  const isCount = typeof gives === 'number' || typeof gives === 'bigint' || isNumberMatcher(gives);
  if (isCount) return valueDifferences(gives, outcome.ret, 'return value', context);
  if (buffer instanceof Uint8Array)
    return valueDifferences(payloadBytes(gives, ['gives'], context), buffer, 'data', context);
  return valueDifferences(gives, outcome.ret, 'return value', context);
}

function outputDifferences(demand: Demand, outcome: CallOutcome, context: StepContext): ShownDifference[] {
  const differences: ShownDifference[] = [];
  for (const [key, expected] of Object.entries(demand.outputs)) {
    const wanted = key === 'addr' ? addressOf(expected, context) : expected;
    differences.push(...valueDifferences(wanted, outcome.out[key], key, context));
  }
  if (Array.isArray(demand.fds)) {
    const revents = outcome.out.revents as readonly unknown[] | undefined;
    demand.fds.forEach((entry: { revents?: unknown }, index) => {
      differences.push(...valueDifferences(entry.revents, revents?.[index], `fds[${index}].revents`, context));
    });
  }
  return differences;
}

function isStruct(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isNumberMatcher(value: unknown): boolean {
  if (!isStruct(value)) return false;
  return Object.keys(value as object).every((key) => ['min', 'max', 'in', 'not'].includes(key));
}
