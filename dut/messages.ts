import proto from './posix.proto.json';
import type { FieldDescriptor, ProtoDescriptor } from './proto-descriptor';

/*
 * The protobuf encoding of the messages of posix.proto, driven by the descriptor. protobufjs would do the same, but
 * loading it and generating its code costs 60 to 80 ms at each start of the engine and again of the agent; it remains
 * the tests' judge of what is written here.
 */

/**
 * A message as a plain object. Integers are numbers, bigint only beyond 2^53; enumerations are names; bytes are
 * Buffers. A decoded message holds the default of every plain field, leaves out what else is not set, and tells under
 * the name of a oneof which member is.
 */
export type Message = { readonly [field: string]: unknown };

/** Version of the contract: raised when an older agent would misunderstand a newer engine. */
export const PROTOCOL_VERSION = 1;

/** Path of the only method, as gRPC names it. */
export const SESSION_METHOD = '/packetcase.Agent/Session';

/** posix.proto as data. */
export const protoDescriptor = proto as unknown as ProtoDescriptor;

/** The bytes of a message. @throws {TypeError} on a value that its field cannot hold. */
export function encodeMessage(type: string, message: Message): Buffer {
  sink.at = 0;
  putMessage(type, message);
  return Buffer.from(sink.bytes.subarray(0, sink.at));
}

/** The message in `bytes`; Buffers in it are views of them. @throws {RangeError} if they are no message. */
export function decodeMessage(type: string, bytes: Uint8Array): Message {
  const { fields, byNumber } = layout(type);
  const message: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.label === 'repeated') message[field.name] = [];
    else if (field.label === 'map') message[field.name] = {};
    else if (field.label === undefined && field.oneof === undefined) message[field.name] = defaultOf(field.type);
  }
  const source: Source = { bytes, at: 0 };
  while (source.at < bytes.length) {
    const tag = Number(takeVarint(source));
    const field = byNumber.get(Math.floor(tag / 8));
    if (!field) {
      skip(source, tag % 8);
      continue;
    }
    if (field.label === 'map') {
      takeMapEntry(source, field, message[field.name] as Record<string, unknown>);
    } else if (field.label === 'repeated') {
      takeRepeated(source, field, tag % 8, message[field.name] as unknown[]);
    } else {
      message[field.name] = take(source, field.type);
      if (field.oneof !== undefined) message[field.oneof] = field.name;
    }
  }
  return message;
}

interface Layout {
  readonly fields: readonly FieldDescriptor[];
  readonly byNumber: ReadonlyMap<number, FieldDescriptor>;
}

const layouts = new Map<string, Layout>();

function layout(type: string): Layout {
  let known = layouts.get(type);
  if (!known) {
    const fields = protoDescriptor.messages[type];
    if (!fields) throw new TypeError(`no message ${type}`);
    known = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    layouts.set(type, known);
  }
  return known;
}

const mapKey: FieldDescriptor = { name: 'key', number: 1, type: 'string', doc: '' };

// Wire types of protobuf; the other two, fixed 64 and 32 bits, do not occur here but are skipped.
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Where messages are written, one at a time; it grows to the largest. */
const sink = { bytes: Buffer.allocUnsafeSlow(4096), at: 0 };

function putMessage(type: string, message: Message): void {
  for (const field of layout(type).fields) {
    const value = message[field.name];
    if (value === undefined) continue;
    if (field.label === 'repeated') {
      for (const element of value as readonly unknown[]) putField(field, element);
    } else if (field.label === 'map') {
      for (const [key, element] of Object.entries(value as Message)) {
        putNested(field.number, () => {
          putField(mapKey, key);
          putField({ ...field, number: 2 }, element);
        });
      }
    } else {
      putField(field, value);
    }
  }
}

function putField({ name, number, type }: FieldDescriptor, value: unknown): void {
  switch (type) {
    case 'bool':
      putNumber(number, value ? 1 : 0);
      break;
    case 'uint32':
    case 'uint64':
      putNumber(number, integer(name, value));
      break;
    case 'sint32':
    case 'sint64':
      putNumber(number, zigzag(integer(name, value)));
      break;
    case 'string':
      putBytes(number, Buffer.from(String(value)));
      break;
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw new TypeError(`${name}: bytes expected`);
      putBytes(number, value);
      break;
    default: {
      const names = protoDescriptor.enums[type];
      if (names === undefined) putNested(number, () => putMessage(type, value as Message));
      else putNumber(number, names.indexOf(value as string));
    }
  }
}

function putNumber(number: number, value: number | bigint): void {
  putVarint(number * 8 + VARINT);
  putVarint(value);
}

function putBytes(number: number, bytes: Uint8Array): void {
  putVarint(number * 8 + LENGTH_DELIMITED);
  putVarint(bytes.length);
  makeRoom(bytes.length);
  sink.bytes.set(bytes, sink.at);
  sink.at += bytes.length;
}

/** Writes the content first, with one byte kept for its length; a longer one is moved. */
function putNested(number: number, putContent: () => void): void {
  putVarint(number * 8 + LENGTH_DELIMITED);
  const lengthAt = sink.at;
  putVarint(0);
  putContent();
  const contentAt = lengthAt + 1;
  const end = sink.at;
  const length = end - contentAt;
  sink.at = lengthAt;
  if (length < 0x80) {
    putVarint(length);
    sink.at = end;
    return;
  }
  const content = Buffer.from(sink.bytes.subarray(contentAt, end));
  putVarint(length);
  makeRoom(length);
  sink.bytes.set(content, sink.at);
  sink.at += length;
}

function putVarint(value: number | bigint): void {
  let rest = typeof value === 'bigint' ? BigInt.asUintN(64, value) : value;
  if (rest < 0) throw new RangeError(`${rest} in an unsigned field`);
  makeRoom(10);
  while (rest > 0x7f) {
    if (typeof rest === 'bigint') {
      sink.bytes[sink.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    } else {
      sink.bytes[sink.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
  }
  sink.bytes[sink.at++] = Number(rest);
}

function makeRoom(lengthBytes: number): void {
  if (sink.at + lengthBytes <= sink.bytes.length) return;
  const grown = Buffer.allocUnsafeSlow(2 * (sink.at + lengthBytes));
  grown.set(sink.bytes.subarray(0, sink.at));
  sink.bytes = grown;
}

function integer(name: string, value: unknown): number | bigint {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value as number | bigint;
  throw new TypeError(`${name}: integer expected, got ${String(value)}`);
}

/** Small numbers of either sign become small unsigned ones. */
function zigzag(value: number | bigint): number | bigint {
  if (typeof value === 'number' && Math.abs(value) < 2 ** 51) return value < 0 ? -2 * value - 1 : 2 * value;
  const wide = BigInt(value);
  return wide < 0n ? -2n * wide - 1n : 2n * wide;
}

interface Source {
  readonly bytes: Uint8Array;
  at: number;
}

function take(source: Source, type: string): unknown {
  switch (type) {
    case 'bool':
      return takeVarint(source) !== 0;
    case 'uint32':
    case 'uint64':
      return takeVarint(source);
    case 'sint32':
    case 'sint64':
      return unzigzag(takeVarint(source));
    case 'string':
      return takeBytes(source).toString();
    case 'bytes':
      return takeBytes(source);
    default: {
      const names = protoDescriptor.enums[type];
      if (names === undefined) return decodeMessage(type, takeBytes(source));
      const number = Number(takeVarint(source));
      return names[number] ?? number;
    }
  }
}

/** Numbers come packed into one field from other implementations, and one by one from this one. */
function takeRepeated(source: Source, field: FieldDescriptor, wireType: number, elements: unknown[]): void {
  const isPacked = wireType === LENGTH_DELIMITED && typeof defaultOf(field.type) === 'number';
  if (!isPacked) {
    elements.push(take(source, field.type));
    return;
  }
  const packed: Source = { bytes: takeBytes(source), at: 0 };
  while (packed.at < packed.bytes.length) elements.push(take(packed, field.type));
}

function takeMapEntry(source: Source, field: FieldDescriptor, map: Record<string, unknown>): void {
  const entry: Source = { bytes: takeBytes(source), at: 0 };
  let key = '';
  let value = defaultOf(field.type);
  while (entry.at < entry.bytes.length) {
    const tag = Number(takeVarint(entry));
    if (tag >> 3 === 1) key = take(entry, 'string') as string;
    else if (tag >> 3 === 2) value = take(entry, field.type);
    else skip(entry, tag % 8);
  }
  map[key] = value;
}

function takeVarint(source: Source): number | bigint {
  let value = 0;
  // 49 bits fit a number exactly; what follows is rare.
  for (let weight = 1; weight < 2 ** 49; weight *= 128) {
    const byte = takeByte(source);
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
  }
  let wide = BigInt(value);
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = takeByte(source);
    wide |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return exact(BigInt.asUintN(64, wide));
  }
  throw new RangeError('varint of more than ten bytes');
}

function takeByte(source: Source): number {
  const byte = source.bytes[source.at++];
  if (byte === undefined) throw new RangeError('message ends within a field');
  return byte;
}

function takeBytes(source: Source): Buffer {
  const length = Number(takeVarint(source));
  const { bytes, at } = source;
  if (length > bytes.length - at) throw new RangeError('message ends within a field');
  source.at += length;
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
}

function skip(source: Source, wireType: number): void {
  if (wireType === VARINT) takeVarint(source);
  else if (wireType === LENGTH_DELIMITED) takeBytes(source);
  else if (wireType === 1) source.at += 8;
  else if (wireType === 5) source.at += 4;
  else throw new RangeError(`unknown wire type ${wireType}`);
}

function unzigzag(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  return exact((value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n));
}

function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function defaultOf(type: string): unknown {
  if (type === 'bool') return false;
  if (type === 'string') return '';
  if (type === 'bytes') return Buffer.alloc(0);
  if (/^[su]int(32|64)$/.test(type)) return 0;
  return protoDescriptor.enums[type]?.[0];
}
