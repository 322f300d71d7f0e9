import { parseLayers } from '../codec';
import {
  type Connection,
  type ConnectionOptions,
  type Endpoint,
  type Over,
  TcpConnection,
  type TcpOption,
  UdpConnection,
} from '../connections';
import { mustCall } from './calls';
import type { ConnectionThing, Running, SocketThing, StepContext } from './context';
import type { JsonSchema, RawStep, StepDefinition } from './definition';
import { CaseError } from './failure';
import { layersOf } from './frames';
import { socketOf } from './things';

/** What the author says about a connection. */
export interface ConnectionSettings {
  readonly to?: string;
  readonly kind?: 'tcp' | 'udp';
  readonly over?: Over;
  readonly isn?: number;
  readonly window?: number;
  readonly options?: unknown;
  readonly local?: Partial<Endpoint>;
  readonly remote?: Partial<Endpoint>;
  readonly send?: unknown;
  readonly expect?: unknown;
}

const ENDPOINT: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    port: {
      anyOf: [{ type: 'integer', minimum: 0, maximum: 65535 }, { $ref: '#/$defs/expression' }],
      description: 'The port; the bench chooses one unless said.',
    },
    ip: { $ref: '#/$defs/string', description: 'The IPv4 or IPv6 address.' },
    mac: { $ref: '#/$defs/string', description: 'The Ethernet address.' },
  },
};

/** What `connection` and `established` take. */
export const CONNECTION_PROPERTIES: Record<string, JsonSchema> = {
  to: { $ref: '#/$defs/name', description: 'The socket it talks to; unsaid: the only listener, or the only socket.' },
  kind: { enum: ['tcp', 'udp'], description: 'The transport; that of the socket unless said.' },
  over: { enum: ['ipv4', 'ipv6', 'mapped'], description: 'The family; that of the socket unless said.' },
  isn: {
    $ref: '#/$defs/integer',
    description: 'Our initial sequence number (RFC 9293 §3.4.1); random, from the seed, unless said.',
  },
  window: {
    anyOf: [{ type: 'integer', minimum: 0, maximum: 65535 }, { $ref: '#/$defs/expression' }],
    description: 'The raw 16-bit window of every segment sent; 65535 unless said.',
  },
  options: {
    $ref: '#/$defs/tcpOptions',
    description: 'TCP options of our SYN or SYN-ACK; an MSS that fits the link unless said.',
  },
  local: { ...ENDPOINT, description: 'The test bench’s end.' },
  remote: { ...ENDPOINT, description: 'The DUT’s end.' },
  send: { $ref: '#/$defs/sendLayers', description: 'Fields that every frame sent has unless the step says otherwise.' },
  expect: {
    $ref: '#/$defs/expectLayers',
    description: 'Fields that every expectation demands unless the step says otherwise.',
  },
};

/** The test bench’s end of a conversation. */
export const connection: StepDefinition = {
  verb: 'connection',
  doc: 'Makes the test bench’s end of a TCP or UDP conversation. Nothing is sent yet. Its name is `conn` unless `as:` says another.',
  example: '{ connection: { window: 320, options: [mss: 1000] } }',
  value: { type: ['object', 'null'], properties: CONNECTION_PROPERTIES, additionalProperties: false },
  modifiers: ['as'],
  makes: { kind: 'connection', defaultName: 'conn' },
  names: (step) => {
    const { to } = (step.connection ?? {}) as RawStep;
    return typeof to === 'string' && !to.startsWith('=')
      ? [{ role: 'use', kind: 'socket', name: to, path: ['connection', 'to'] }]
      : [];
  },
  *run(step, context) {
    const settings = context.value<ConnectionSettings | null>(step.value) ?? {};
    const name = step.as ?? 'conn';
    const thing = yield* makeConnection(name, settings, context);
    context.scope.set(name, thing);
  },
};

const DEFAULT_WINDOW = 65535;
const IPV4_AND_TCP_HEADERS = 40;
const IPV6_AND_TCP_HEADERS = 60;

/** A connection to a socket, which is asked for its address if it has not been yet. */
export function* makeConnection(
  name: string,
  settings: ConnectionSettings,
  context: StepContext,
): Running<ConnectionThing> {
  const socket = settings.to === undefined ? onlySocket(context) : socketOf(settings.to, context);
  const { dut, bench } = context.facts;
  if (socket !== undefined && socket.port === undefined) {
    const { out } = yield* mustCall('getsockname', { fd: socket.fd }, context);
    const address = out.addr as { ip: string; port: number };
    socket.ip = address.ip;
    socket.port = address.port;
  }
  const over = settings.over ?? socket?.over ?? context.over ?? 'ipv4';
  const isIpv6 = over === 'ipv6';
  const port = settings.local?.port ?? context.ephemeralPort();
  const local: Endpoint = { mac: bench.mac, ip: isIpv6 ? bench.ipv6 : bench.ip, ...settings.local, port };
  const remote: Endpoint = {
    mac: dut.mac,
    ip: isIpv6 ? dut.ipv6 : dut.ip,
    ...settings.remote,
    port: settings.remote?.port ?? socket?.port ?? 0,
  };
  const send =
    settings.send === undefined ? [] : layersOf(settings.send, 'send', over, ['connection', 'send'], context);
  const expect =
    settings.expect === undefined ? [] : layersOf(settings.expect, 'expect', over, ['connection', 'expect'], context);
  const options: ConnectionOptions = { name, over, local, remote, send, expect };
  const kind = settings.kind ?? (socket?.type === 'datagram' ? 'udp' : 'tcp');
  const made: Connection = kind === 'udp' ? new UdpConnection(options) : tcp(options, settings, isIpv6, context);
  const thing: ConnectionThing = {
    kind: 'connection',
    connection: made,
    cursor: { position: context.wire.log.length },
  };
  context.addConnection(thing);
  return thing;
}

function tcp(
  options: ConnectionOptions,
  settings: ConnectionSettings,
  isIpv6: boolean,
  context: StepContext,
): TcpConnection {
  const headers = isIpv6 ? IPV6_AND_TCP_HEADERS : IPV4_AND_TCP_HEADERS;
  const authored = settings.options ?? [{ mss: Number(context.facts.net.mtu ?? 1500) - headers }];
  return new TcpConnection({
    ...options,
    iss: settings.isn ?? context.random(),
    window: settings.window ?? DEFAULT_WINDOW,
    options: parseOptions(authored),
  });
}

function parseOptions(authored: unknown): readonly TcpOption[] {
  const { layers, problems } = parseLayers({ tcp: { options: authored } }, 'send');
  const problem = problems[0];
  if (problem !== undefined)
    throw new CaseError('connection.options: not a list of TCP options', {
      code: problem.code,
      path: ['connection', ...problem.path.slice(1)],
      expected: problem.expected,
      got: problem.got,
      fix: problem.fix,
    });
  return (layers[0]?.fields.options ?? []) as readonly TcpOption[];
}

/** The only listener, else the only socket, else none: then the port is learned from the first frame taken. */
function onlySocket(context: StepContext): SocketThing | undefined {
  const sockets: SocketThing[] = [];
  for (const [, thing] of context.scope.things()) if (thing.kind === 'socket') sockets.push(thing);
  const listeners = sockets.filter((socket) => socket.listens);
  const candidates = listeners.length > 0 ? listeners : sockets;
  if (candidates.length > 1)
    throw new CaseError('connection: there are several sockets it could talk to', {
      code: 'AMBIGUOUS_SOCKET',
      path: ['connection'],
      expected: 'to: with the name of one',
      got: `${candidates.length} sockets`,
      fix: 'add to: and the socket’s name',
    });
  return candidates[0];
}
