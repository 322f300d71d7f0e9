import { setFlagsFromString } from 'node:v8';
import { decode, encode, parseLayers } from '../codec';
import { findLayer, TcpConnection } from '../connections';
import type { CheckedStep, LoggedFrame, StepContext, StepDefinition } from '../steps';
import { stepDefinitions } from '../steps';

/** Rounds after which V8 has compiled the way of a frame; more gain nothing that shows. */
const ROUNDS = 2500;

/** How soon V8 compiles a function that is called often, and its own default. */
const EAGER_BUDGET = 20_000;
const DEFAULT_BUDGET = 67_584;

/** Longest stretch without a turn of the event loop, ms. */
const SLICE_MS = 4;

/**
 * Runs handshakes and data against a stack made of five lines here, without a socket, until `isNeeded` says that the
 * real thing may start. V8 compiles what it has seen often: without this the first dozens of frames of a run take ten
 * times as long as the later ones. It fills the time in which the agent starts.
 */
export async function warmUp(isNeeded: () => boolean): Promise<void> {
  const bench = new SyntheticBench();
  let rounds = 0;
  setFlagsFromString(`--interrupt-budget=${EAGER_BUDGET}`);
  while (rounds < ROUNDS && isNeeded()) {
    const end = performance.now() + SLICE_MS;
    for (; rounds < ROUNDS && performance.now() < end; rounds += 1) bench.round();
    await new Promise(setImmediate);
  }
  setFlagsFromString(`--interrupt-budget=${DEFAULT_BUDGET}`);
}

const SYN = 0x02;
const SYN_ACK = 0x12;
const ACK = 0x10;
const WHERE = { file: '', path: [] };
const LOCAL = { mac: '02:00:00:00:00:01', ip: '192.0.2.1', port: 32768 };
const REMOTE = { mac: '02:00:00:00:00:02', ip: '192.0.2.2', port: 80 };

/** A test bench whose wire ends in a stack that answers a SYN and acknowledges data. */
class SyntheticBench {
  private log: LoggedFrame[] = [];
  private arrived: Buffer | undefined;
  private readonly steps = ['handshake', 'send', 'expect'].map(stepOf);
  private readonly answerBase = parseLayers(
    [{ eth: { src: REMOTE.mac, dst: LOCAL.mac } }, { ip: { src: REMOTE.ip, dst: LOCAL.ip } }],
    'send',
  ).layers;

  /** One handshake, one segment of data, one acknowledgment. */
  round(): void {
    this.log = [];
    const connection = new TcpConnection({
      name: 'conn',
      over: 'ipv4',
      local: { ...LOCAL },
      remote: { ...REMOTE },
      send: [],
      expect: [],
      iss: 1,
      window: 1000,
      options: [{ name: 'mss', value: 1460 }],
    });
    const thing = { kind: 'connection', connection, cursor: { position: 0 } } as const;
    const context = this.context(thing);
    for (const step of this.steps) {
      const running = step.definition.run(step, context);
      for (let next = running.next(); next.done !== true; next = running.next()) next.value.ready();
    }
  }

  private send(bytes: Buffer, connection: TcpConnection): LoggedFrame {
    const packet = decode(bytes);
    const sent: LoggedFrame = { index: this.log.length, time: 0, outgoing: true, packet, connection };
    this.log.push(sent);
    const tcp = findLayer(packet.layers, 'tcp');
    const payload = packet.layers[packet.layers.length - 1];
    const size = payload?.layer === 'payload' ? (payload.data as Buffer).length : 0;
    const isSyn = tcp?.flags === SYN;
    if (tcp !== undefined && (isSyn || size > 0))
      this.answer(isSyn ? SYN_ACK : ACK, isSyn ? 1000 : 1001, (tcp.seq as number) + size + (isSyn ? 1 : 0));
    return sent;
  }

  private answer(flags: number, seq: number, ack: number): void {
    const options = flags === SYN_ACK ? [{ name: 'mss', value: 1460 }] : [];
    const fields = { srcport: REMOTE.port, dstport: LOCAL.port, flags, seq, ack, window: 65535, options };
    this.arrived = encode([...this.answerBase, { layer: 'tcp', fields }]);
  }

  private receive(): boolean {
    if (this.arrived === undefined) return false;
    this.log.push({ index: this.log.length, time: 0, outgoing: false, packet: decode(this.arrived) });
    this.arrived = undefined;
    return true;
  }

  /** As much of a context as these three verbs read. */
  private context(thing: {
    readonly kind: 'connection';
    readonly connection: TcpConnection;
    readonly cursor: { position: number };
  }): StepContext {
    const bench = this;
    const context: Partial<StepContext> = {
      scope: { get: () => thing, set: () => undefined, *things() {} },
      wire: {
        get log() {
          return bench.log;
        },
        receive: () => bench.receive(),
        send: (bytes) => bench.send(bytes, thing.connection),
      },
      clock: { base: 0, planned: 0, callsStart: undefined },
      over: 'ipv4',
      tolerance: 4e6,
      now: () => 0,
      value: <T>(template: unknown) => template as T,
    };
    return context as StepContext;
  }
}

function stepOf(verb: string): CheckedStep {
  const definition = stepDefinitions.find((candidate) => candidate.verb === verb) as StepDefinition;
  const value = { handshake: {}, send: 'PSH-ACK', expect: 'ACK' }[verb];
  const keys = verb === 'send' ? { payload: 10 } : {};
  return { verb, definition, value, keys, where: WHERE, on: 'conn' };
}
