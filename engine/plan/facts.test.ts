import { describe, expect, test } from '@jest/globals';
import { decode, encode, layerDescriptors, parseLayers } from '../codec';
import { Duration, type Expression, type VisibleNames } from '../expressions';
import type { CallThing, ConnectionThing, FrameThing, LoggedFrame, SocketThing } from '../steps';
import { caseLanguage, labNames } from './facts';

const language = caseLanguage({ TCP_ESTABLISHED: 1 });
const declared: Readonly<Record<string, string>> = {
  f: 'frame',
  u: 'frame',
  frames: 'list<frame>',
  conn: 'connection',
  sock: 'socket',
  info: 'call',
  thing: 'dyn',
  ...Object.fromEntries(labNames.map(({ name, type }) => [name, type])),
};
const names: VisibleNames = { typeOf: (name) => declared[name], all: () => Object.keys(declared) };

function frame(layers: unknown, time: number): FrameThing {
  const { layers: templates, problems } = parseLayers(layers, 'send');
  expect(problems).toEqual([]);
  const logged: LoggedFrame = { index: 0, time, outgoing: false, packet: decode(encode(templates)) };
  return { kind: 'frame', frame: logged };
}

const eth = { src: '02:00:00:00:00:02', dst: '02:00:00:00:00:01' };
const ip = { src: '192.0.2.2', dst: '192.0.2.1', ttl: 64 };
const f = frame(
  [
    { eth },
    { ip },
    { tcp: { srcport: 80, dstport: 4096, seq: 4294967295, flags: 'PSH-ACK', options: [{ mss: 1460 }] } },
    { payload: 'hello' },
  ],
  5_000_000,
);
const u = frame(
  [{ eth }, { ipv6: { src: '2001:db8::2', dst: '2001:db8::1', hlim: 3 } }, { udp: { srcport: 1, dstport: 2 } }],
  7_000_000,
);

const values = {
  f,
  u,
  frames: [f, u],
  thing: f,
  conn: {
    kind: 'connection',
    connection: { facts: () => ({ local: { ip: '192.0.2.1', port: 4096, window: 320 }, remote: { port: 80 } }) },
  } as unknown as ConnectionThing,
  sock: {
    kind: 'socket',
    fd: 7,
    over: 'ipv4',
    type: 'stream',
    listens: false,
    ip: '192.0.2.2',
    port: 80,
  } satisfies SocketThing,
  info: {
    kind: 'call',
    call: {
      outcome: () => ({ ret: 0, errno: '', out: { value: { tcpi_rtt: 100 }, optlen: 4 }, start: 1000, end: 3000 }),
    },
  } as unknown as CallThing,
  dut: { ip: '192.0.2.2', stack: 'linux', ifindex: 2 },
};

function compile(source: string): Expression {
  const { expression, problem } = language.compiler().compile(source, { file: '', path: [] }, names);
  if (expression === undefined) throw new Error(problem.message);
  return expression;
}

test.each<[string, unknown]>([
  ['f.eth.src', '02:00:00:00:00:02'],
  ['f.ip.src == dut.ip', true],
  ['f.ip.ttl', 64],
  ['f.tcp.seq + 1', 4294967296],
  ['u32(f.tcp.seq + 1)', 0],
  ['f.tcp.options.mss', 1460],
  ['bit_and(f.tcp.flags, 8)', 8],
  ['f.payload', Buffer.from('hello')],
  ['len(u.payload)', 0],
  ['f.net.src', '192.0.2.2'],
  ['u.net.src', '2001:db8::2'],
  ['[f.net.ttl, u.net.ttl]', [64, 3]],
  ['has(u.tcp)', false],
  ['has(u.ipv6)', true],
  ['u.time - f.time', new Duration(2_000_000)],
  ['frames.filter(each, has(each.udp)).map(each, each.udp.dstport)', [2]],
  ['thing.tcp.srcport', 80],
  ['conn.local.port', 4096],
  ["conn.local.ip + ':' + string(conn.remote.port)", '192.0.2.1:80'],
  ['sock.port * sock.fd', 560],
  ['info.value.tcpi_rtt', 100],
  ['info.tcpi_rtt + info.optlen', 104],
  ['info.end - info.start == us(2)', true],
  ["info.errno == ''", true],
  ['dut.stack', 'linux'],
  ['dut.ifindex + TCP_ESTABLISHED', 3],
])('%s', (source, expected) => {
  expect(compile(source).evaluate(values)).toEqual(expected);
});

describe('what a thing does not have', () => {
  test.each<[string, string]>([
    ['u.tcp.seq', 'there is no "tcp"'],
    ['conn.remote.window', 'there is no "window"'],
  ])('%s is known only when it runs', (source, reason) => {
    expect(() => compile(source).evaluate(values)).toThrow(`=${source}: ${reason}`);
  });
});

test('every field of every layer has a type and a doc', () => {
  const { types } = language.vocabulary;
  for (const { key, fields, shorthand } of layerDescriptors) {
    if (shorthand !== undefined) continue;
    const type = types.find(({ name }) => name === key);
    expect(Object.keys(type?.fields ?? {})).toEqual(fields.map((field) => field.key));
  }
  for (const { doc, fields } of types) {
    expect(doc).toMatch(/\S/);
    for (const field of Object.values(fields))
      expect(field).toMatchObject({ type: expect.stringMatching(/\S/), doc: expect.stringMatching(/\S/) });
  }
});
