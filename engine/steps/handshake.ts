import { decode, encode } from '../codec';
import { mustCall } from './calls';
import { CONNECTION_PROPERTIES, type ConnectionSettings, makeConnection } from './connection';
import type { ConnectionThing, Running, StepContext } from './context';
import type { CheckedStep, JsonSchema, RawStep, StepDefinition } from './definition';
import { durationNs } from './duration';
import { expectNextFrame, takeNext } from './expect-next';
import { layersOf } from './frames';
import { LISTENER_PROPERTIES, makeSocket, type SocketSettings } from './sockets';
import { connectionOf } from './things';
import { begin, frameEvent } from './timing';

/** What the author says about the three segments. */
interface HandshakeSettings {
  readonly rtt?: unknown;
  readonly syn?: unknown;
  readonly synack?: unknown;
  readonly ack?: unknown;
}

const HANDSHAKE_PROPERTIES: Record<string, JsonSchema> = {
  rtt: { $ref: '#/$defs/duration', description: 'How long we wait before our ACK.' },
  syn: { $ref: '#/$defs/sendLayers', description: 'Fields of our SYN.' },
  synack: { $ref: '#/$defs/expectLayers', description: 'What the SYN-ACK has to be, with nothing unsaid.' },
  ack: { $ref: '#/$defs/sendLayers', description: 'Fields of our ACK.' },
};

const SYN = 0x02;
const ACK = 0x10;

/** The three-way handshake from the test bench (RFC 9293 §3.5). */
export const handshake: StepDefinition = {
  verb: 'handshake',
  doc: 'Opens the connection from the test bench: SYN, SYN-ACK, ACK (RFC 9293 §3.5). `as:` names the SYN-ACK.',
  example: '{ handshake: { rtt: 10ms } }',
  value: { type: ['object', 'null'], properties: HANDSHAKE_PROPERTIES, additionalProperties: false },
  modifiers: ['as', 'on', 'after', 'soft'],
  needs: 'connection',
  makes: { kind: 'frame' },
  *run(step, context) {
    yield* begin(step, context);
    const thing = connectionOf(step.on ?? 'conn', context);
    yield* shakeHands(thing, context.value<HandshakeSettings | null>(step.value) ?? {}, step, context);
  },
};

/** All of it: listener, connection, handshake, accept. */
export const established: StepDefinition = {
  verb: 'established',
  doc: 'Makes a connection that is established on both ends: listener (named `server`), connection (`conn`), handshake, accept (`sock`). Takes what those take.',
  example: '{ established: { window: 1000 } }',
  value: {
    type: ['object', 'null'],
    properties: { ...LISTENER_PROPERTIES, ...CONNECTION_PROPERTIES, ...HANDSHAKE_PROPERTIES },
    additionalProperties: false,
  },
  modifiers: ['after', 'soft'],
  names: () => [
    { role: 'make', kind: 'socket', name: 'server', path: [], listens: true },
    { role: 'make', kind: 'connection', name: 'conn', path: [] },
    { role: 'make', kind: 'socket', name: 'sock', path: [] },
  ],
  check: (step: RawStep) => {
    const { to } = (step.established ?? {}) as RawStep;
    return to === undefined
      ? []
      : [
          {
            code: 'NOT_HERE',
            message: 'established makes its own listener',
            path: ['established', 'to'],
            at: 'key',
            fix: 'write connection, handshake and accept as steps',
          },
        ];
  },
  *run(step, context) {
    yield* begin(step, context);
    const settings = context.value<(SocketSettings & ConnectionSettings & HandshakeSettings) | null>(step.value) ?? {};
    const { addr, port, type, protocol, backlog } = settings;
    const server = yield* makeSocket({ addr, port, type, protocol, backlog }, true, context);
    context.scope.set('server', server);
    const thing = yield* makeConnection('conn', { over: server.over, ...settings, to: 'server' }, context);
    context.scope.set('conn', thing);
    yield* shakeHands(thing, settings, step, context);
    const accepted = yield* mustCall('accept', { fd: server.fd }, context);
    context.scope.set('sock', { ...server, fd: accepted.ret, listens: false });
  },
};

/** Sends the SYN, takes the SYN-ACK, sends the ACK. Nothing lies between the last two but building the ACK. */
function* shakeHands(
  thing: ConnectionThing,
  settings: HandshakeSettings,
  step: CheckedStep,
  context: StepContext,
): Running {
  const { connection } = thing;
  const { over } = connection;
  const syn = layersOf(settings.syn ?? {}, 'send', over, ['handshake', 'syn'], context);
  const synAck = layersOf(settings.synack ?? {}, 'expect', over, ['handshake', 'synack'], context);
  const ack = layersOf(settings.ack ?? {}, 'send', over, ['handshake', 'ack'], context);
  const rtt = settings.rtt === undefined ? 0 : durationNs(settings.rtt, ['handshake', 'rtt']);
  const expected = { layers: withFlags(synAck, SYN | ACK), isExplicit: false };
  const acknowledging = withFlags(ack, ACK);
  const source = { thing, cursor: thing.cursor };

  // A Linux DUT has answered before the call that sends the SYN returns: all that can be made before is made before.
  const synBytes = encode(connection.outgoing(withFlags(syn, SYN)));
  const synPacket = decode(synBytes);
  connection.sent(synPacket, true);
  const expectation = expectNextFrame('handshake SYN-ACK', expected, source, undefined, step, context);
  const sentSyn = context.wire.send(synBytes, step.where, connection, synPacket);
  frameEvent(context, sentSyn.time);
  const frame = yield* takeNext(expectation, step, context);
  if (rtt > 0) yield { ready: () => false, deadline: frame.time + rtt };
  const sentAck = context.wire.send(encode(connection.outgoing(acknowledging)), step.where, connection);
  connection.sent(sentAck.packet, true);
  frameEvent(context, sentAck.time);
  if (step.as !== undefined) context.scope.set(step.as, { kind: 'frame', frame, connection });
}

/** The layers with TCP flags unless the author gave some. */
function withFlags(layers: ReturnType<typeof layersOf>, flags: number): ReturnType<typeof layersOf> {
  const index = layers.findIndex((layer) => layer.layer === 'tcp');
  const tcp = layers[index];
  if (tcp === undefined) {
    const payload = layers.findIndex((layer) => layer.layer === 'payload');
    const at = payload < 0 ? layers.length : payload;
    return [...layers.slice(0, at), { layer: 'tcp', fields: { flags } }, ...layers.slice(at)];
  }
  return layers.map((layer) => (layer === tcp ? { layer: 'tcp', fields: { flags, ...tcp.fields } } : layer));
}
