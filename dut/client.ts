import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import type { Timestamp } from '../bindings';
import { AgentError } from './agent-error';
import { decodeOutputs, encodeArguments } from './arguments';
import { callDescriptor } from './calls';
import { decodeMessage, encodeMessage, type Message, PROTOCOL_VERSION, SESSION_METHOD } from './messages';

/** What a call on the device under test gave. */
export interface CallResult {
  /** The C return value. */
  readonly ret: number;
  /** Name of the error; empty if the call succeeded. */
  readonly errno: string;
  /** Outputs by name, as posix.proto declares them; see arguments.ts for their forms. */
  readonly out: Readonly<Record<string, unknown>>;
  /** Right before and right after the call, CLOCK_REALTIME of the machine of the device under test. */
  readonly start: Timestamp;
  readonly end: Timestamp;
}

/** A request under way. When it is done, either `result` or `failure` is set. */
export interface PendingCall {
  readonly id: number;
  /** Name of the call, or of the request to the agent. */
  readonly name: string;
  readonly done: boolean;
  readonly result?: CallResult;
  readonly failure?: AgentError;
  /** Called once, when `done` has become true; not for a request that is done when it is returned. */
  onDone?: () => void;
  /** Interrupts the call. It then fails with CANCELLED, unless it was just ending by itself. */
  cancel(): void;
}

/** A device under test: calls on its sockets, in the network namespace of the latest reset. */
export interface DutClient {
  readonly alive: boolean;
  /** Called once when the agent is lost, after all requests have failed; not by `close`. */
  onDeath?: (error: AgentError) => void;
  /**
   * Makes a call; several may be under way at once. The order of two calls is certain only if the second is made when
   * the first is done.
   * @throws {AgentError} BAD_ARGUMENT
   */
  call(name: string, args: Readonly<Record<string, unknown>>): PendingCall;
  /**
   * Cancels all calls, closes all sockets and enters the network namespace at `path`. Output: `cancelled`, `closed`.
   */
  reset(namespace: { readonly path?: string }): PendingCall;
  /**
   * Whether a call sleeps in the kernel: tells as soon as it does, or has returned, after `waitMs` at the latest.
   * Output: `phase`.
   */
  state(call: PendingCall, waitMs?: number): PendingCall;
  /** Runs a command in the network namespace. Output: `status`, `stdout`, `stderr`. */
  exec(argv: readonly string[], stdin?: Uint8Array): PendingCall;
  /** Reads or sets a kernel parameter of the network namespace. Output: `value`, the one before. */
  sysctl(name: string, value?: string): PendingCall;
  /** Ends the agent at once. Requests under way fail with AGENT_CLOSED. */
  close(): void;
}

/** Output `phase` of {@link DutClient.state}. */
export type CallPhase = 'ASLEEP' | 'RUNNING' | 'ENDED';

/** The client of an agent that listens at a gRPC address. */
export class AgentClient implements DutClient {
  onDeath?: (error: AgentError) => void;
  /** Called when the connection is lost, to find out why. Without it, that it is lost is all that is known. */
  onDisconnect?: () => void;
  /** Called by `close`, for what belongs to the agent beside the connection. */
  onClose?: () => void;
  private readonly client: Client;
  private readonly stream: ClientDuplexStream<Message, Message>;
  private readonly pending = new Map<number, PendingRequest>();
  private nextId = 1;
  private death?: AgentError;

  /** @param address such as `unix:/path` or `host:port` */
  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.stream = this.client.makeBidiStreamRequest(
      SESSION_METHOD,
      (request: Message) => encodeMessage('Request', request),
      (bytes: Buffer) => decodeMessage('Reply', bytes),
    );
    this.stream.on('data', (reply: Message) => this.receive(reply));
    this.stream.on('error', () => this.disconnected());
    this.stream.on('end', () => this.disconnected());
  }

  /** Connects and agrees on the version. @throws {AgentError} AGENT_NOT_STARTED, or why the agent was lost meanwhile */
  async hello(): Promise<{ readonly platform: string; readonly release: string; readonly calls: readonly string[] }> {
    const pending = this.control('hello', { version: PROTOCOL_VERSION });
    if (!pending.done) {
      await new Promise<void>((resolve) => {
        pending.onDone = resolve;
      });
    }
    if (!pending.result) throw pending.failure;
    const { version, platform, release, calls } = pending.result.out;
    if (version !== PROTOCOL_VERSION) {
      throw new AgentError(
        'AGENT_NOT_STARTED',
        `the agent speaks version ${version} of posix.proto, not ${PROTOCOL_VERSION}`,
      );
    }
    return { platform: platform as string, release: release as string, calls: calls as string[] };
  }

  get alive(): boolean {
    return this.death === undefined;
  }

  call(name: string, args: Readonly<Record<string, unknown>>): PendingCall {
    const descriptor = callDescriptor(name);
    if (!descriptor) throw new AgentError('BAD_ARGUMENT', `posix.proto has no call ${name}`);
    const message = encodeArguments(descriptor, args);
    return this.send(name, message, (output) => decodeOutputs(descriptor, args, output));
  }

  reset({ path = '' }: { readonly path?: string }): PendingCall {
    return this.control('reset', { netns: path });
  }

  state(call: PendingCall, waitMs = 0): PendingCall {
    return this.control('state', { call: call.id, wait_ms: waitMs }, waitMs);
  }

  exec(argv: readonly string[], stdin: Uint8Array = Buffer.alloc(0)): PendingCall {
    return this.send('exec', { argv, stdin }, ({ status, stdout, stderr }) => ({
      status,
      stdout: String(stdout ?? ''),
      stderr: String(stderr ?? ''),
    }));
  }

  sysctl(name: string, value?: string): PendingCall {
    return this.control('sysctl', { name, value });
  }

  close(): void {
    this.lose(new AgentError('AGENT_CLOSED', 'the agent was closed'), false);
    this.onClose?.();
  }

  /** Fails everything that is under way, and everything to come. The first reason counts. */
  lose(reason: AgentError, isUnexpected = true): void {
    if (this.death) return;
    this.death = reason;
    this.stream.cancel();
    this.client.close();
    for (const request of [...this.pending.values()]) request.fail(reason);
    this.pending.clear();
    if (isUnexpected) this.onDeath?.(reason);
  }

  /** A request that a living agent answers at once, or after `extraMs`. */
  private control(name: string, message: Message, extraMs = 0): PendingRequest {
    const request = this.send(name, message, (output) => output);
    request.expectAnswer(ANSWER_LIMIT_MS + extraMs, () =>
      this.lose(new AgentError('AGENT_HANGS', `the agent has not answered ${name} for ${ANSWER_LIMIT_MS / 1000} s`)),
    );
    return request;
  }

  private send(name: string, message: Message, decode: (output: Message) => Record<string, unknown>): PendingRequest {
    const request = new PendingRequest(this.nextId++, name, decode, () => {
      if (this.pending.has(request.id)) this.control('cancel', { call: request.id });
    });
    if (this.death) {
      request.fail(this.death);
    } else {
      this.pending.set(request.id, request);
      this.stream.write({ id: request.id, [name]: message });
    }
    return request;
  }

  private receive(reply: Message): void {
    const id = reply.id as number;
    const request = this.pending.get(id);
    this.pending.delete(id);
    request?.answer(reply);
  }

  private disconnected(): void {
    if (this.death) return;
    if (this.onDisconnect) this.onDisconnect();
    else this.lose(new AgentError('AGENT_DIED', 'the connection to the agent is lost'));
  }
}

const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // Calls are not repeatable, and keeping them for that costs time.
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * How long an agent may take for what it must answer at once; resetting a stack is the longest, and is limited to 2 s
 * by the agent itself.
 */
const ANSWER_LIMIT_MS = 5000;

class PendingRequest implements PendingCall {
  done = false;
  result?: CallResult;
  failure?: AgentError;
  onDone?: () => void;
  private limit?: NodeJS.Timeout;

  constructor(
    readonly id: number,
    readonly name: string,
    private readonly decode: (output: Message) => Record<string, unknown>,
    readonly cancel: () => void,
  ) {}

  expectAnswer(limitMs: number, onMissing: () => void): void {
    if (!this.done) this.limit = setTimeout(onMissing, limitMs);
  }

  answer(reply: Message): void {
    if (reply.problem !== '') {
      this.fail(new AgentError('AGENT_REFUSED', `${this.name}: ${reply.problem}`));
    } else if (reply.cancelled) {
      this.fail(new AgentError('CANCELLED', `${this.name} was cancelled`));
    } else {
      const { ret, errno, start, end } = reply as unknown as CallResult;
      const out = this.decode((reply[this.name] ?? {}) as Message);
      this.result = { ret: Number(ret), errno, out, start, end };
      this.finish();
    }
  }

  fail(failure: AgentError): void {
    this.failure = failure;
    this.finish();
  }

  private finish(): void {
    clearTimeout(this.limit);
    this.done = true;
    this.onDone?.();
  }
}
