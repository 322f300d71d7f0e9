import { awaitCall, DEFAULT_PATIENCE, demandSuccess, integerOf, mustCall } from './calls';
import type { Running, SocketThing, StepContext } from './context';
import type { JsonSchema, StepDefinition } from './definition';
import { begin, callEvent } from './timing';

/** What `listener`, `bound` and `established` take for their socket. */
export interface SocketSettings {
  readonly addr?: string;
  readonly port?: number;
  readonly type?: unknown;
  readonly protocol?: unknown;
  readonly backlog?: number;
  readonly options?: Readonly<Record<string, unknown>>;
}

const SOCKET_PROPERTIES: Record<string, JsonSchema> = {
  addr: {
    $ref: '#/$defs/string',
    description: 'The address to bind to; the DUT’s own unless said. Its family decides the socket’s.',
  },
  port: { $ref: '#/$defs/integer', description: 'The port to bind to; 0, one of the DUT’s choice, unless said.' },
  type: {
    $ref: '#/$defs/anything',
    description: 'The socket’s type and flags; SOCK_STREAM unless said.',
    examples: ['SOCK_STREAM', 'SOCK_DGRAM'],
  },
  protocol: { $ref: '#/$defs/anything', description: 'The socket’s protocol; 0 unless said.' },
};

export const LISTENER_PROPERTIES: Record<string, JsonSchema> = {
  ...SOCKET_PROPERTIES,
  backlog: { $ref: '#/$defs/integer', description: 'listen(2)’s backlog; 128 unless said.' },
};

/** A listening socket on the DUT. */
export const listener: StepDefinition = {
  verb: 'listener',
  doc: 'Makes a listening socket on the DUT: socket, bind, listen, getsockname. Its name, `server` unless `as:` says another, has .port and .ip.',
  example: '{ listener: {} }',
  value: { type: ['object', 'null'], properties: LISTENER_PROPERTIES, additionalProperties: false },
  modifiers: ['as', 'after', 'soft'],
  makes: { kind: 'socket', defaultName: 'server', listens: true },
  *run(step, context) {
    yield* begin(step, context);
    const socket = yield* makeSocket(context.value<SocketSettings | null>(step.value) ?? {}, true, context);
    context.scope.set(step.as ?? 'server', socket);
  },
};

/** A bound socket on the DUT. */
export const bound: StepDefinition = {
  verb: 'bound',
  doc: 'Makes a bound socket on the DUT: socket, bind, getsockname. Its name, `sock` unless `as:` says another, has .port and .ip.',
  example: '{ bound: { type: SOCK_DGRAM } }',
  value: { type: ['object', 'null'], properties: SOCKET_PROPERTIES, additionalProperties: false },
  modifiers: ['as', 'after', 'soft'],
  makes: { kind: 'socket', defaultName: 'sock' },
  *run(step, context) {
    yield* begin(step, context);
    const socket = yield* makeSocket(context.value<SocketSettings | null>(step.value) ?? {}, false, context);
    context.scope.set(step.as ?? 'sock', socket);
  },
};

const SOCK_TYPE_MASK = 0xf;

/** Socket, bind, perhaps listen, getsockname: what does not depend on each other's result is in flight together. */
export function* makeSocket(settings: SocketSettings, listens: boolean, context: StepContext): Running<SocketThing> {
  const over =
    settings.addr === undefined
      ? (context.over ?? 'ipv4')
      : settings.addr.includes(':')
        ? overOf(settings.addr)
        : 'ipv4';
  const ip =
    settings.addr ??
    { ipv4: context.facts.dut.ip, ipv6: context.facts.dut.ipv6, mapped: `::ffff:${context.facts.dut.ip}` }[over];
  const type = integerOf(settings.type ?? 'SOCK_STREAM', 'type', context);
  const domain = context.constant(over === 'ipv4' ? 'AF_INET' : 'AF_INET6');
  const made = yield* mustCall(
    'socket',
    { domain, type, protocol: integerOf(settings.protocol ?? 0, 'protocol', context) },
    context,
  );
  const fd = made.ret;
  const calls = [context.call('bind', { fd, addr: { ip, port: settings.port ?? 0 } })];
  if (listens) calls.push(context.call('listen', { fd, backlog: settings.backlog ?? 128 }));
  const name = context.call('getsockname', { fd });
  for (const call of calls) {
    const outcome = yield* awaitCall(call, DEFAULT_PATIENCE, context);
    demandSuccess(call.name, outcome);
  }
  const outcome = yield* awaitCall(name, DEFAULT_PATIENCE, context);
  demandSuccess('getsockname', outcome);
  callEvent(context, made.start, outcome.end);
  const address = outcome.out.addr as { ip: string; port: number };
  const kind = (type & SOCK_TYPE_MASK) === 1 ? 'stream' : (type & SOCK_TYPE_MASK) === 2 ? 'datagram' : 'other';
  return { kind: 'socket', fd, over, type: kind, listens, ip: address.ip, port: address.port };
}

function overOf(address: string): 'ipv6' | 'mapped' {
  return address.toLowerCase().startsWith('::ffff:') ? 'mapped' : 'ipv6';
}
