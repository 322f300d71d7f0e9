import type { LayerTemplate, Packet } from '../codec';
import type { Connection } from '../connections';
import type { CheckedStep, Template, Where } from './definition';

/** What a branch waits for: resumed as soon as `ready()` is true, or at `deadline` (lab time, ns; Infinity: never). */
export interface Wait {
  ready(): boolean;
  readonly deadline: number;
}

/** A step's body, and every part of one that may wait. */
export type Running<T = void> = Generator<Wait, T, void>;

/** A frame of the test link, as the log keeps it. Times are nanoseconds of lab time, taken by the bench's kernel. */
export interface LoggedFrame {
  readonly index: number;
  readonly time: number;
  readonly outgoing: boolean;
  readonly packet: Packet;
  /** The connection that sent it, or whose step took it. */
  connection?: Connection;
  /** The step that sent or took it. */
  step?: Where;
  /** Layers and received values of bad checksums, verified once. */
  badChecksums?: readonly string[];
}

/** What every frame of one lab goes through. */
export interface Wire {
  readonly log: readonly LoggedFrame[];
  /** Takes the next frame that has already arrived into the log; false when there is none. Never waits. */
  receive(): boolean;
  /**
   * Puts a frame on the test link and in the log. `packet`, where the caller has decoded the bytes already, saves doing it again.
   * @throws LabFailure when the interface is gone.
   */
  send(bytes: Buffer, step: Where, connection?: Connection, packet?: Packet): LoggedFrame;
}

/** How a call on the DUT ended. Times are lab time, ns. */
export interface CallOutcome {
  readonly ret: number;
  /** Name of the errno, '' when the call succeeded. */
  readonly errno: string;
  readonly out: Readonly<Record<string, unknown>>;
  readonly start: number;
  readonly end: number;
}

/** A call in flight. */
export interface Call {
  readonly name: string;
  readonly done: boolean;
  /** @throws LabFailure when the agent died or refused the call. */
  outcome(): CallOutcome;
  /** Whether the DUT's kernel shows the call asleep; asks the agent, so it waits. */
  asleep(): Running<boolean>;
  cancel(): void;
}

/** Reads a connection's frames from the lab's log. `position` is the index of the next frame to look at. */
export interface Cursor {
  position: number;
}

/** A socket of the DUT. */
export interface SocketThing {
  readonly kind: 'socket';
  readonly fd: number;
  /** IPv4, IPv6, or IPv6 socket that speaks IPv4. */
  readonly over: 'ipv4' | 'ipv6' | 'mapped';
  readonly type: 'stream' | 'datagram' | 'other';
  listens: boolean;
  /** Local address as the DUT last said it. */
  ip?: string;
  port?: number;
}

/** A connection and the place in the log up to which its steps have read. */
export interface ConnectionThing {
  readonly kind: 'connection';
  readonly connection: Connection;
  readonly cursor: Cursor;
}

/** A frame that `as:` has named, with the connection that gives it relative numbers. */
export interface FrameThing {
  readonly kind: 'frame';
  readonly frame: LoggedFrame;
  readonly connection?: Connection;
}

/** Frames that `collect`, or `expect_all`, has named. */
export interface FramesThing {
  readonly kind: 'frames';
  readonly frames: readonly FrameThing[];
}

/** A call that `as:` has named. */
export interface CallThing {
  readonly kind: 'call';
  readonly call: Call;
  /** The step that made the call: judges its result when it is awaited. */
  readonly judge: (outcome: CallOutcome) => void;
  judged: boolean;
  /** Whether the step after it did not wait for it. */
  readonly background: boolean;
}

/** A value of `let`, `vars`, `with` or a loop. */
export interface ValueThing {
  readonly kind: 'value';
  value: unknown;
}

export type Thing = SocketThing | ConnectionThing | FrameThing | FramesThing | CallThing | ValueThing;

/** The names of a test; a branch of `parallel` has a scope of its own inside. */
export interface Scope {
  get(name: string): Thing | undefined;
  set(name: string, thing: Thing): void;
  /** All things visible, innermost scope first, in the order of making. */
  things(): Iterable<readonly [string, Thing]>;
}

/** The clock of one branch: see design/language.md §3 "Time". */
export interface StepClock {
  /** Time of the latest event; never goes back. */
  base: number;
  /** The planned time of a send, which the next `after` counts from in a burst. */
  planned: number;
  /** Start of the first call since the last frame step: the base of lower bounds. */
  callsStart: number | undefined;
}

/** Facts of the lab that expressions read. */
export interface LabFacts {
  readonly dut: Readonly<Record<string, unknown>> & {
    readonly ip: string;
    readonly ipv6: string;
    readonly mac: string;
  };
  readonly bench: Readonly<Record<string, unknown>> & {
    readonly ip: string;
    readonly ipv6: string;
    readonly mac: string;
  };
  readonly net: Readonly<Record<string, unknown>>;
}

/** What the runner gives to the steps of one branch. */
export interface StepContext {
  readonly scope: Scope;
  readonly wire: Wire;
  readonly facts: LabFacts;
  /** Fields that an explicit stack takes from the lab: codec's canonical addresses from the bench to the DUT. */
  readonly canonical: { readonly [layer in 'eth' | 'ip' | 'ipv6']: Readonly<Record<string, unknown>> };
  readonly clock: StepClock;
  /** The case's default family of sockets and connections. */
  readonly over: 'ipv4' | 'ipv6' | 'mapped' | undefined;
  /** Widening of time windows, ns, after `--time-scale`. */
  readonly tolerance: number;
  /** Unsigned 32-bit numbers from the test's seed. */
  random(): number;
  /** A port of the bench that no other connection of the test has. */
  ephemeralPort(): number;
  /** So many octets from the test's seed. */
  randomBytes(length: number): Uint8Array;
  /** Lab time, ns. */
  now(): number;
  /** Reads explicit stacks and other frames that belong to no connection. */
  readonly linkCursor: Cursor;
  /** The number of a POSIX constant or errno. */
  constant(name: string): number | undefined;
  /** Starts a call on the DUT; arguments are resolved (see dut/calls). */
  call(name: string, args: Readonly<Record<string, unknown>>): Call;
  /** Runs a command in the DUT's namespace; outputs `status`, `stdout`, `stderr`. @throws CaseError under `--no-exec` */
  exec(argv: readonly string[]): Call;
  /** Sets a kernel parameter of the DUT's namespace; output `value` is the one before. @throws CaseError under `--no-exec` */
  sysctl(name: string, value: string): Call;
  /** Has steps run at the end of the test, whatever happened; the latest first. */
  atEnd(undo: () => Running): void;
  /** The value of a template: expressions evaluated, a null from an expression dropped from its map. */
  value<T = unknown>(template: Template): T;
  /** The values of a condition's operands, for a failure that says why it does not hold. */
  operands(condition: unknown): readonly { readonly path: string; readonly expected: string; readonly got: string }[];
  /** Runs nested steps in this branch, or in `scope` with a clock of their own (a branch of `parallel`). */
  steps(steps: readonly CheckedStep[], scope?: Scope): Running;
  /** Starts a branch that runs beside this one. */
  fork(steps: readonly CheckedStep[], scope: Scope): Branch;
  /** An empty scope inside this one. */
  innerScope(): Scope;
  /** Remembers a failure of a `soft` step; the test goes on to its `fail`. */
  record(failure: Error): void;
  /** The test's connections, in the order of making. */
  readonly connections: readonly ConnectionThing[];
  /** Adds to {@link connections}. */
  addConnection(thing: ConnectionThing): void;
}

/** A branch of `parallel` or `each`. */
export interface Branch {
  readonly done: boolean;
  /** Set when the branch ended by a failure. */
  readonly failure?: Error;
  readonly clock: StepClock;
  stop(): void;
}

/** A template of layers, outermost first. */
export type Layers = readonly LayerTemplate[];
