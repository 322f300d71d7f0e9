import { isIP } from 'node:net';
import { siphash24 } from './siphash';
import { Duration, Timestamp } from './time';

/** Where random numbers come from: unsigned 32-bit, from the test's seed. */
export type RandomSource = () => number;

/** One function of the expression language; the reference page and the editor read it from here. */
export interface ExpressionFunction {
  readonly name: string;
  readonly doc: string;
  /** An expression and the value it has; `random` has none that could be told. */
  readonly examples: readonly (readonly [expression: string, value: unknown])[];
  readonly overloads: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/** A wrong argument; the message says what was wrong with it. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/**
 * The generator of the evaluation that is under way. Evaluation is synchronous and does not nest, and CEL hands nothing
 * to a function but its arguments.
 */
let randomSource: RandomSource | undefined;

/** Runs `action` with `random()` reading from `source`. */
export function withRandom<T>(source: RandomSource | undefined, action: () => T): T {
  const outer = randomSource;
  randomSource = source;
  try {
    return action();
  } finally {
    randomSource = outer;
  }
}

/** Names of the functions that need a generator, so cannot be computed before the run. */
export const randomFunctions: ReadonlySet<string> = new Set(['random']);

export const expressionFunctions: readonly ExpressionFunction[] = [
  duration('s', 'seconds', 1_000_000_000),
  duration('ms', 'milliseconds', 1_000_000),
  duration('us', 'microseconds', 1_000),
  duration('ns', 'nanoseconds', 1),
  {
    name: 'bit_and',
    doc: 'Bitwise AND of two integers.',
    examples: [['bit_and(12, 10)', 8]],
    overloads: { 'bit_and(int, int): int': (a: bigint, b: bigint) => a & b },
  },
  {
    name: 'bit_or',
    doc: 'Bitwise OR of two integers.',
    examples: [['bit_or(12, 10)', 14]],
    overloads: { 'bit_or(int, int): int': (a: bigint, b: bigint) => a | b },
  },
  {
    name: 'bit_xor',
    doc: 'Bitwise exclusive OR of two integers.',
    examples: [['bit_xor(12, 10)', 6]],
    overloads: { 'bit_xor(int, int): int': (a: bigint, b: bigint) => a ^ b },
  },
  {
    name: 'shift_left',
    doc: 'The integer with its bits shifted left; an error if the result does not fit into 64 bits. Cut it with `u32`.',
    examples: [['shift_left(512, 7)', 65536]],
    overloads: { 'shift_left(int, int): int': (a: bigint, n: bigint) => int64(a << shiftCount(n)) },
  },
  {
    name: 'shift_right',
    doc: 'The integer with its bits shifted right; the sign is kept.',
    examples: [['shift_right(65536, 7)', 512]],
    overloads: { 'shift_right(int, int): int': (a: bigint, n: bigint) => a >> shiftCount(n) },
  },
  unsigned('u8', 8, [['u8(256 + 1)', 1]]),
  unsigned('u16', 16, [['u16(-1)', 65535]]),
  unsigned('u32', 32, [['u32(4294967295 + 1)', 0]]),
  {
    name: 'seq_lt',
    doc: 'Whether the first sequence number is before the second, modulo 2^32 (RFC 9293, section 3.4).',
    examples: [['seq_lt(4294967295, 5)', true]],
    overloads: { 'seq_lt(int, int): bool': (a: bigint, b: bigint) => BigInt.asIntN(32, a - b) < 0n },
  },
  {
    name: 'seq_diff',
    doc: 'How far the first sequence number is after the second, modulo 2^32: from -2^31 to 2^31 - 1.',
    examples: [['seq_diff(5, 4294967295)', 6]],
    overloads: { 'seq_diff(int, int): int': (a: bigint, b: bigint) => BigInt.asIntN(32, a - b) },
  },
  extreme('min', 'smallest', -1, [['min(3, 2)', 2]]),
  extreme('max', 'largest', 1, [['max([1, 5, 3])', 5]]),
  {
    name: 'slice',
    doc: 'A part of bytes, a text or a list: from the first index up to, not including, the second or the end.',
    examples: [["slice('handshake', 4)", 'shake']],
    overloads: Object.fromEntries(
      ['bytes', 'string', 'list<A>'].flatMap((type) => [
        [`slice(${type}, int): ${type}`, slice],
        [`slice(${type}, int, int): ${type}`, slice],
      ]),
    ),
  },
  {
    name: 'concat',
    doc: 'Bytes one after another.',
    examples: [["concat([hex('0a'), hex('0b0c')])", Buffer.of(10, 11, 12)]],
    overloads: {
      'concat(list<bytes>): bytes': (parts: Uint8Array[]) => Buffer.concat(parts),
      'concat(bytes, bytes): bytes': (...parts: Uint8Array[]) => Buffer.concat(parts),
      'concat(bytes, bytes, bytes): bytes': (...parts: Uint8Array[]) => Buffer.concat(parts),
      'concat(bytes, bytes, bytes, bytes): bytes': (...parts: Uint8Array[]) => Buffer.concat(parts),
    },
  },
  {
    name: 'bytes',
    doc: 'The bytes of a text in UTF-8, or of a list of numbers from 0 to 255.',
    examples: [
      ["bytes('ab')", Buffer.of(97, 98)],
      ['bytes([1, 255])', Buffer.of(1, 255)],
    ],
    // bytes(string) is CEL's own.
    overloads: { 'bytes(list<int>): bytes': (numbers: bigint[]) => Buffer.from(numbers.map(byte)) },
  },
  {
    name: 'hex',
    doc: 'The bytes that a text of hexadecimal digits stands for, or the digits of bytes.',
    examples: [
      ["hex('0a0b')", Buffer.of(10, 11)],
      ["hex(bytes('ab'))", '6162'],
    ],
    overloads: {
      'hex(string): bytes': fromHex,
      'hex(bytes): string': (bytes: Uint8Array) => Buffer.from(bytes).toString('hex'),
    },
  },
  {
    name: 'len',
    doc: 'How many bytes, characters, elements or keys there are.',
    examples: [["len(bytes('hello'))", 5]],
    overloads: {
      'len(bytes): int': (value: Uint8Array) => BigInt(value.length),
      'len(string): int': (value: string) => BigInt([...value].length),
      'len(list): int': (value: unknown[]) => BigInt(value.length),
      'len(map): int': (value: object) => BigInt(Object.keys(value).length),
    },
  },
  {
    name: 'checksum16',
    doc: 'The Internet checksum (RFC 1071) of bytes: the complement of the sum of their 16-bit words.',
    examples: [["checksum16(hex('0001f203f4f5f6f7'))", 0x220d]],
    overloads: { 'checksum16(bytes): int': checksum16 },
  },
  {
    name: 'random',
    doc: 'So many random bytes, or a random integer from the first to the second number, both included. The seed decides.',
    examples: [
      ['len(random(10))', 10],
      ['random(7, 7)', 7],
    ],
    overloads: {
      'random(int): bytes': (count: bigint) => randomBytes(Number(count)),
      'random(int, int): int': randomInteger,
    },
  },
  {
    name: 'unique',
    doc: 'Whether no two elements of a list are equal.',
    examples: [
      ['unique([1, 2, 3])', true],
      ['unique([1, 2, 1])', false],
    ],
    overloads: { 'unique(list): bool': (list: unknown[]) => new Set(list.map(identity)).size === list.length },
  },
  {
    name: 'fastopen_cookie',
    doc: 'The TCP Fast Open cookie that Linux makes with a key (as in net.ipv4.tcp_fastopen_key) for a client and a server address.',
    examples: [
      ["hex(fastopen_cookie('a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4', '192.0.2.1', '192.168.0.1'))", '3021b9d889017eeb'],
    ],
    overloads: { 'fastopen_cookie(string, string, string): bytes': fastOpenCookie },
  },
];

function duration(name: string, unit: string, nanoseconds: number): ExpressionFunction {
  return {
    name,
    doc: `A duration of so many ${unit}.`,
    examples: [[`${name}(2) > ${name}(1)`, true]],
    overloads: {
      [`${name}(int): duration`]: (count: bigint) => new Duration(Number(count) * nanoseconds),
      [`${name}(double): duration`]: (count: number) => new Duration(Math.round(count * nanoseconds)),
    },
  };
}

function unsigned(name: string, bits: number, examples: ExpressionFunction['examples']): ExpressionFunction {
  return {
    name,
    doc: `The integer modulo 2^${bits}, from 0 up.`,
    examples,
    overloads: { [`${name}(int): int`]: (value: bigint) => BigInt.asUintN(bits, value) },
  };
}

function extreme(
  name: string,
  which: string,
  sign: number,
  examples: ExpressionFunction['examples'],
): ExpressionFunction {
  const pick = (...values: Ordered[]): unknown => {
    const [first, ...others] = values;
    if (first === undefined) throw new ArgumentError(`${name}() of an empty list`);
    return others.reduce((best, value) => (compare(value, best) * sign > 0 ? value : best), first);
  };
  const overloads: Record<string, (...args: never[]) => unknown> = {};
  for (const type of ['int', 'double', 'duration', 'timestamp']) {
    overloads[`${name}(${type}, ${type}): ${type}`] = pick;
    overloads[`${name}(${type}, ${type}, ${type}): ${type}`] = pick;
    overloads[`${name}(list<${type}>): ${type}`] = (values: Ordered[]) => pick(...values);
  }
  return { name, doc: `The ${which} of two or three values, or of a list.`, examples, overloads };
}

type Ordered = bigint | number | Duration | Timestamp;

function compare(a: Ordered, b: Ordered): number {
  if (typeof a === 'object' && typeof b === 'object') return a.nanoseconds - b.nanoseconds;
  return a < b ? -1 : a > b ? 1 : 0;
}

function int64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new ArgumentError(`${value} does not fit into 64 bits; cut it with u32() before`);
}

function shiftCount(bits: bigint): bigint {
  if (bits >= 0n && bits < 64n) return bits;
  throw new ArgumentError(`cannot shift by ${bits} bits: 0 to 63 can be`);
}

function slice<T extends { length: number; slice(from: number, to: number): T }>(
  value: T,
  from: bigint,
  to?: bigint,
): T {
  const end = to ?? BigInt(value.length);
  if (from >= 0n && from <= end && end <= value.length) return value.slice(Number(from), Number(end));
  throw new ArgumentError(`slice from ${from} to ${end} of a length of ${value.length}`);
}

function byte(value: bigint): number {
  if (value >= 0n && value <= 255n) return Number(value);
  throw new ArgumentError(`${value} is not a byte: 0 to 255 are`);
}

function fromHex(text: string): Buffer {
  const digits = text.replace(/[\s:]/g, '');
  if (/^(?:[0-9a-fA-F]{2})*$/.test(digits)) return Buffer.from(digits, 'hex');
  throw new ArgumentError(`"${text}" is not pairs of hexadecimal digits`);
}

function checksum16(bytes: Uint8Array): bigint {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return BigInt(~sum & 0xffff);
}

function next32(): number {
  if (randomSource === undefined) throw new ArgumentError('random() has a value only when a test runs');
  return randomSource();
}

function randomBytes(count: number): Buffer {
  if (count < 0 || count > 1 << 24) throw new ArgumentError(`cannot make ${count} random bytes`);
  const bytes = Buffer.alloc(count);
  for (let i = 0; i < count; i += 4) {
    const word = next32();
    for (let k = 0; k < 4 && i + k < count; k++) bytes[i + k] = (word >>> (8 * k)) & 0xff;
  }
  return bytes;
}

function randomInteger(low: bigint, high: bigint): bigint {
  if (low > high) throw new ArgumentError(`no integer is from ${low} to ${high}`);
  const draw = (BigInt(next32() >>> 0) << 32n) | BigInt(next32() >>> 0);
  return low + (draw % (high - low + 1n));
}

function identity(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'string') return `text ${value}`;
  if (value instanceof Duration || value instanceof Timestamp) return `time ${value.nanoseconds}`;
  return value;
}

function fastOpenCookie(key: string, client: string, server: string): Buffer {
  const words = key.split('-').map((word) => Number.parseInt(word, 16));
  if (words.length !== 4 || !/^[0-9a-fA-F-]+$/.test(key)) {
    throw new ArgumentError(`"${key}" is not four hexadecimal words joined by "-"`);
  }
  const [a = 0n, b = 0n, c = 0n, d = 0n] = words.map((word) => BigInt(word));
  const hash = siphash24([(b << 32n) | a, (d << 32n) | c], Buffer.concat([address(client), address(server)]));
  const cookie = Buffer.alloc(8);
  cookie.writeBigUInt64LE(hash);
  return cookie;
}

function address(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number));
  if (isIP(text) !== 6) throw new ArgumentError(`"${text}" is not an IP address`);
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return Buffer.from([...front, ...zeros, ...back].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
