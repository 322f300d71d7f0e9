import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'protobufjs';
import { decodeMessage, encodeMessage, type Message, protoDescriptor } from './messages';
import type { FieldDescriptor } from './proto-descriptor';

const { root } = parse(readFileSync(join(__dirname, 'posix.proto'), 'utf8'), { keepCase: true });

describe.each(Object.keys(protoDescriptor.messages))('%s', (name) => {
  const type = root.lookupType(`packetcase.${name}`);
  const samples = (check: (message: Message) => void) =>
    fc.assert(fc.property(messageOf(name), check), { numRuns: 30 });

  test('protobufjs reads what is written here', () => {
    samples((message) => {
      const read = type.decode(encodeMessage(name, message));
      expect(type.toObject(read)).toEqual(type.toObject(type.fromObject(forProtobufjs(message) as Message)));
    });
  });

  test('what protobufjs writes is read here', () => {
    samples((message) => {
      const bytes = type.encode(type.fromObject(forProtobufjs(message) as Message)).finish();
      expect(decodeMessage(name, bytes)).toMatchObject(message);
    });
  });

  test('any bytes are a message or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeMessage(name, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 50 },
    );
  });
});

test('a decoded message has the defaults and tells which member of a oneof is set', () => {
  expect(decodeMessage('Request', encodeMessage('Request', { id: 7, recv: { fd: 3, length: 10 } }))).toEqual({
    id: 7,
    call: 'recv',
    recv: { fd: 3, length: 10, flags: 0 },
  });
});

test('integers beyond 2^53 are exact', () => {
  const value = { number: -(2n ** 63n) };
  expect(decodeMessage('OptionValue', encodeMessage('OptionValue', value))).toMatchObject(value);
  const values = { most: 2n ** 64n - 1n, safe: Number.MAX_SAFE_INTEGER, next: 2n ** 53n };
  expect(decodeMessage('Members', encodeMessage('Members', { values }))).toEqual({ values });
});

test('fields of a newer contract are skipped', () => {
  const newer = Buffer.concat([
    Buffer.from([0xf8, 0x3f, 0x01, 0xfa, 0x3f, 0x02, 0x61, 0x62]),
    encodeMessage('Close', { fd: 4 }),
  ]);
  expect(decodeMessage('Close', newer)).toEqual({ fd: 4 });
});

test.each([
  ['Close', { fd: 1.5 }, 'fd: integer expected, got 1.5'],
  ['Close', { fd: 'x' }, 'fd: integer expected, got x'],
  ['Bind', { addrlen: -1 }, '-1 in an unsigned field'],
  ['Memory', { data: 'text' }, 'data: bytes expected'],
])('%s %j is refused', (name, message, reason) => {
  expect(() => encodeMessage(name, message)).toThrow(reason);
});

/** Any message of a type: every plain field, any choice of the others. */
function messageOf(name: string): fc.Arbitrary<Message> {
  const fields = protoDescriptor.messages[name] as readonly FieldDescriptor[];
  const record: Record<string, fc.Arbitrary<unknown>> = {};
  const requiredKeys: string[] = [];
  const oneofs = new Map<string, FieldDescriptor[]>();
  for (const field of fields) {
    if (field.oneof !== undefined) {
      oneofs.set(field.oneof, [...(oneofs.get(field.oneof) ?? []), field]);
      continue;
    }
    const isMessage = field.type in protoDescriptor.messages;
    if (!isMessage && field.label === undefined) requiredKeys.push(field.name);
    if (field.label === 'repeated') record[field.name] = fc.array(anyOf(field.type), { maxLength: 3 });
    else if (field.label === 'map')
      record[field.name] = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), anyOf(field.type));
    else record[field.name] = anyOf(field.type);
  }
  const choices = [...oneofs.values()].map((members) =>
    fc.oneof(...members.map((member) => anyOf(member.type).map((value) => ({ [member.name]: value })))),
  );
  return fc
    .tuple(fc.record(record, { requiredKeys }), ...choices)
    .map((parts) => Object.assign({}, ...parts) as Message);
}

function anyOf(type: string): fc.Arbitrary<unknown> {
  switch (type) {
    case 'bool':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 8 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes));
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 'sint32':
      return fc.integer();
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(exact);
    case 'sint64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(exact);
    default: {
      const names = protoDescriptor.enums[type];
      return names ? fc.constantFrom(...names) : messageOf(type);
    }
  }
}

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** protobufjs takes 64-bit integers as text. */
function forProtobufjs(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(forProtobufjs);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, forProtobufjs(element)]));
}
