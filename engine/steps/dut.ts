import { awaitCall, callArguments, DEFAULT_PATIENCE, type Demand, descriptorOf, judgeCall } from './calls';
import type { SocketThing } from './context';
import type { RawStep, StepDefinition } from './definition';
import { durationNs } from './duration';
import { socketOf } from './things';
import { begin, callEvent, judgeTime, timeWindow } from './timing';

/** A call on the device under test. Arguments stand beside the verb under their POSIX names. */
export const dut: StepDefinition = {
  verb: 'dut',
  doc: 'Calls a function on the device under test, arguments beside it by their POSIX names. It must succeed unless `errno` says otherwise; `gives` is what it returns or writes.',
  example: '{ dut: recv, length: 100, gives: hello }',
  // The call's name and its arguments come from the call table; see engine/loader/case-schema.ts.
  value: { $ref: '#/$defs/call' },
  keys: {
    errno: { $ref: '#/$defs/errno' },
    gives: {
      $ref: '#/$defs/anything',
      description:
        'A number is the C return value (getsockopt, ioctl: the value); a payload or struct is what the call wrote. Members that are not named are not looked at.',
    },
    background: {
      $ref: '#/$defs/boolean',
      description:
        'Do not wait for the call: the next step starts when the call is seen asleep, or has returned. `await` its name later.',
    },
  },
  modifiers: ['as', 'after', 'at', 'since', 'patience', 'soft'],
  needs: (step) => {
    const fd = descriptorFor(step)?.params.find((parameter) => parameter.kind === 'fd');
    if (fd === undefined) return undefined;
    return step.dut === 'accept' || step.dut === 'accept4' ? 'listener' : 'socket';
  },
  makes: (step) => {
    const descriptor = descriptorFor(step);
    if (step.background === true) return { kind: 'call' };
    if (descriptor?.returns === 'fd')
      return step.errno === undefined || step.errno === 'none'
        ? { kind: 'socket', defaultName: 'sock' }
        : { kind: 'socket' };
    return { kind: 'call' };
  },
  listens: (step) => step.dut === 'listen',
  names: (step) => {
    const { addr } = step as { addr?: { of?: unknown } };
    const of = typeof addr === 'object' && addr !== null ? addr.of : undefined;
    return typeof of === 'string' && !of.startsWith('=')
      ? [{ role: 'use', kind: 'connection', name: of, path: ['addr', 'of'] }]
      : [];
  },
  *run(step, context) {
    yield* begin(step, context);
    const name = String(step.value);
    const descriptor = descriptorOf(name);
    const given = context.value<Record<string, unknown>>(step.keys);
    const socket = step.fd === undefined ? undefined : socketOf(step.fd, context);
    const args = callArguments(descriptor, given, socket, context);
    const outputs: Record<string, unknown> = {};
    const parameters = new Set(descriptor.params.map((parameter) => parameter.key));
    for (const output of descriptor.outputs) {
      if (!parameters.has(output.key) && given[output.key] !== undefined) outputs[output.key] = given[output.key];
    }
    const demand: Demand = { errno: given.errno, gives: given.gives, outputs, fds: given.fds };
    const call = context.call(name, args);
    const judge = (outcome: Parameters<typeof judgeCall>[3]): void =>
      judgeCall(descriptor, args, demand, outcome, context);
    if (given.background === true) {
      if (step.as !== undefined)
        context.scope.set(step.as, { kind: 'call', call, judge, judged: false, background: true });
      while (!call.done && !(yield* call.asleep()));
      const now = context.now();
      callEvent(context, now, now);
      return;
    }
    const patience = given.patience === undefined ? DEFAULT_PATIENCE : durationNs(given.patience, ['patience']);
    const outcome = yield* awaitCall(call, patience, context);
    const window = timeWindow(step, context);
    try {
      judge(outcome);
      judgeTime(`${name}'s return`, outcome.end, window, step, context);
    } finally {
      callEvent(context, outcome.start, outcome.end);
    }
    if (descriptor.returns === 'fd') {
      if (step.as !== undefined && outcome.errno === '')
        context.scope.set(step.as, newSocket(name, args, outcome, socket));
      return;
    }
    if (outcome.errno === '' && socket !== undefined) learn(name, socket, outcome.out);
    if (step.as !== undefined)
      context.scope.set(step.as, { kind: 'call', call, judge, judged: true, background: false });
  },
};

function descriptorFor(step: RawStep): ReturnType<typeof descriptorOf> | undefined {
  try {
    return descriptorOf(String(step.dut));
  } catch {
    // The loader has said that there is no such call.
    return undefined;
  }
}

const AF_INET6 = 10;
const SOCK_TYPE_MASK = 0xf;

function newSocket(
  name: string,
  args: Readonly<Record<string, unknown>>,
  outcome: { ret: number },
  listener: SocketThing | undefined,
): SocketThing {
  if (name === 'socket') {
    const type = Number(args.type) & SOCK_TYPE_MASK;
    const over = Number(args.domain) === AF_INET6 ? 'ipv6' : 'ipv4';
    return {
      kind: 'socket',
      fd: outcome.ret,
      over,
      type: type === 1 ? 'stream' : type === 2 ? 'datagram' : 'other',
      listens: false,
    };
  }
  return {
    kind: 'socket',
    fd: outcome.ret,
    over: listener?.over ?? 'ipv4',
    type: listener?.type ?? 'stream',
    listens: false,
    ip: listener?.ip,
    port: listener?.port,
  };
}

/** What a successful call tells about its socket. */
function learn(name: string, socket: SocketThing, out: Readonly<Record<string, unknown>>): void {
  if (name === 'listen') socket.listens = true;
  if (name !== 'getsockname') return;
  const { ip, port } = out.addr as { ip: string; port: number };
  socket.ip = ip;
  socket.port = port;
}
