import { parseIp, type SocketAddress, type SocketOption, socketOption } from '../bindings';
import { AgentError } from './agent-error';
import type { CallDescriptor, ParamDescriptor } from './calls';
import type { Message } from './messages';

/*
 * Between the values of a case and the messages of posix.proto. A case's values: numbers for descriptors, flags,
 * constants and lengths (bigint beyond 2^53); nanoseconds for durations, Infinity for ever; `{ ip, port, scope?,
 * flowinfo?, family? }` for addresses; bytes or `{ pointer }` for buffers; the name of an option, or `{ level, optname
 * }` for one without a name; and for its value what `OptionValueForm` says.
 */

/** An option that has no name here; its value is bytes or an int. */
export interface RawOption {
  readonly level: number;
  readonly optname: number;
}

/** The message of a call. @throws {AgentError} BAD_ARGUMENT */
export function encodeArguments(call: CallDescriptor, args: Readonly<Record<string, unknown>>): Message {
  const message: Record<string, unknown> = {};
  for (const key of Object.keys(args)) {
    if (!call.params.some((param) => param.key === key)) throw bad(call, key, 'is no argument of this call');
  }
  for (const param of call.params) {
    const value = args[param.key] ?? param.default;
    if (value !== undefined) message[param.key] = encodeArgument(call, param, value, args);
    else if (param.required) throw bad(call, param.key, 'is missing');
  }
  return message;
}

/** What a call wrote to memory, as a case sees it. */
export function decodeOutputs(
  call: CallDescriptor,
  args: Readonly<Record<string, unknown>>,
  message: Message,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { key, kind } of call.outputs) {
    const value = message[key];
    if (value === undefined) continue;
    if (kind === 'optionValue') out[key] = decodeOptionValue(args.option as string | RawOption, value as Message);
    else if (kind === 'address') out[key] = decodeAddress(value as Message);
    else out[key] = value;
  }
  return out;
}

function encodeArgument(
  call: CallDescriptor,
  { key, kind }: ParamDescriptor,
  value: unknown,
  args: Readonly<Record<string, unknown>>,
): unknown {
  switch (kind) {
    case 'address': {
      const { ip, port = 0, scope = 0, flowinfo = 0, family } = value as Partial<SocketAddress>;
      if (typeof ip !== 'string' || !parseIp(ip)) throw bad(call, `${key}.ip`, `is no IP address: ${String(ip)}`);
      return { ip, port, scope, flowinfo, family };
    }
    case 'buffer':
      if (value instanceof Uint8Array) return { data: value };
      if (hasNumber(value, 'pointer')) return { pointer: value.pointer };
      throw bad(call, key, 'is neither bytes nor a pointer');
    case 'option': {
      const { level, optname, wireType } = findOption(call, value);
      return { level, optname, type: wireType };
    }
    case 'optionValue':
      return encodeOptionValue(call, key, findOption(call, args.option), value);
    case 'duration':
      return milliseconds(value as number);
    case 'pollfds':
      return (value as readonly { fd: number; events?: number }[]).map(({ fd, events = 0 }) => ({ fd, events }));
    case 'string':
      if (typeof value !== 'string') throw bad(call, key, 'is no text');
      return value;
    default:
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw bad(call, key, 'is no integer');
      return value;
  }
}

/** How an option goes over the wire, and how its value looks to a case. */
interface OptionForm {
  readonly level: number;
  readonly optname: number;
  /** `Option.Type` of posix.proto. */
  readonly wireType: string;
  readonly type: SocketOption['type'];
}

function findOption(call: CallDescriptor, value: unknown): OptionForm {
  if (hasNumber(value, 'level') && hasNumber(value, 'optname')) {
    return { level: value.level, optname: value.optname, wireType: 'BYTES', type: 'bytes' };
  }
  const option = socketOption(String(value));
  if (!option) throw bad(call, 'option', `is unknown: ${String(value)}`);
  const { levelNumber: level, optname, type } = option;
  return { level, optname, wireType: wireTypes[type], type };
}

const wireTypes: Readonly<Record<SocketOption['type'], string>> = {
  int: 'INT',
  uint: 'UINT',
  uint64: 'UINT64',
  duration_s: 'INT',
  duration_ms: 'INT',
  duration_us: 'INT',
  errno: 'INT',
  timeval: 'TIMEVAL',
  linger: 'LINGER',
  string: 'STRING',
  bytes: 'BYTES',
  tcp_info: 'TCP_INFO',
};

/** Nanoseconds of the unit that an option counts. */
const units = { duration_s: 1_000_000_000, duration_ms: 1_000_000, duration_us: 1000 } as const;

function encodeOptionValue(call: CallDescriptor, key: string, { type }: OptionForm, value: unknown): Message {
  // Bytes fit every option: a value of another length than its own is one of the things to test.
  if (value instanceof Uint8Array) return { bytes: value };
  switch (type) {
    case 'timeval': {
      const nanoseconds = number(call, key, value);
      const sec = Math.floor(nanoseconds / units.duration_s);
      return {
        timeval: { sec, usec: whole(call, key, (nanoseconds - sec * units.duration_s) / units.duration_us, 'µs') },
      };
    }
    case 'linger': {
      if (!hasNumber(value, 'onoff')) throw bad(call, key, 'is no { onoff, linger }');
      const nanoseconds = hasNumber(value, 'linger') ? value.linger : 0;
      return { linger: { onoff: value.onoff, linger: whole(call, key, nanoseconds / units.duration_s, 's') } };
    }
    case 'duration_s':
    case 'duration_ms':
    case 'duration_us':
      return { number: whole(call, key, number(call, key, value) / units[type], type.slice('duration_'.length)) };
    case 'string':
      if (typeof value !== 'string') throw bad(call, key, 'is no text');
      return { text: value };
    case 'bytes':
      if (typeof value === 'number') return { number: value };
      throw bad(call, key, 'are no bytes');
    case 'tcp_info':
      return { members: { values: value } };
    default:
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw bad(call, key, 'is no integer');
      return { number: value };
  }
}

/** As {@link encodeOptionValue}, the other way; a value of a length that its type does not have stays bytes. */
function decodeOptionValue(name: string | RawOption, value: Message): unknown {
  const { timeval, linger, text, bytes, members } = value as {
    timeval?: { sec: number; usec: number };
    linger?: { onoff: number; linger: number };
    text?: string;
    bytes?: Buffer;
    members?: { values: Record<string, number | bigint> };
  };
  if (timeval) return Number(timeval.sec) * units.duration_s + Number(timeval.usec) * units.duration_us;
  if (linger) return { onoff: linger.onoff, linger: linger.linger * units.duration_s };
  const type = typeof name === 'string' ? socketOption(name)?.type : undefined;
  const integer = value.number as number | bigint | undefined;
  if (integer === undefined) return text ?? bytes ?? members?.values;
  if (type === 'uint64' && integer < 0) return BigInt.asUintN(64, BigInt(integer));
  if (type === 'duration_s' || type === 'duration_ms' || type === 'duration_us') return Number(integer) * units[type];
  return integer;
}

function decodeAddress({ ip, port, scope, flowinfo }: Message): SocketAddress {
  return {
    ip: ip as string,
    port: port as number,
    ...(scope === 0 ? {} : { scope: scope as number }),
    ...(flowinfo === 0 ? {} : { flowinfo: flowinfo as number }),
  };
}

/** poll() counts milliseconds; a wait must not become shorter than asked. */
function milliseconds(nanoseconds: number): number {
  return nanoseconds === Number.POSITIVE_INFINITY || nanoseconds < 0 ? -1 : Math.ceil(nanoseconds / 1_000_000);
}

function number(call: CallDescriptor, key: string, value: unknown): number {
  if (typeof value !== 'number') throw bad(call, key, 'is no duration');
  return value;
}

function whole(call: CallDescriptor, key: string, value: number, unit: string): number {
  if (!Number.isSafeInteger(value)) throw bad(call, key, `is no whole number of ${unit}`);
  return value;
}

function hasNumber<Key extends string>(value: unknown, key: Key): value is Record<Key, number> {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[key] === 'number';
}

function bad(call: CallDescriptor, key: string, what: string): AgentError {
  return new AgentError('BAD_ARGUMENT', `${call.name}: ${key} ${what}`);
}
