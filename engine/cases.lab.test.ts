/**
 * Each expectation of each shipped case can fail: in a copy one of them is made wrong, and the verdict has to be `fail`,
 * neither `pass` (the step looks at nothing) nor `error` (the step cannot be judged). The other way round, where a case says
 * that something is dropped or stays without an answer, a copy that sends what is not to be dropped has to fail.
 * All copies run once, in several workers.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse, stringify } from 'yaml';

type Step = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

interface CaseData extends Fields {
  readonly title: string;
  readonly tests?: readonly (Fields & { readonly name: string; readonly steps: readonly Step[] })[];
  readonly steps?: readonly Step[];
  readonly setup?: readonly Step[];
}

/** A copy of a case with one mistake. */
interface Copy {
  readonly file: string;
  readonly what: string;
  readonly data: Fields;
}

const root = join(__dirname, '..');
const cases = join(root, 'cases');
const program = join(root, 'dist/engine/cli/main.js');

/** The waits of slow cases pass side by side; the processors have little to do. */
const JOBS = 6;

/** Values that no step of a shipped case expects. */
const WRONG_FIELDS: Fields = {
  ack: 123456789,
  ack_raw: 123456789,
  seq: 123456789,
  seq_raw: 123456789,
  window: 54321,
  reserved: 5,
  urgent_pointer: 54321,
  options: [{ raw: { kind: 254, data: 'ff' } }],
  payload: 'wrong on purpose',
};
const WRONG_FLAGS = 'URG-ECE-CWR';
const WRONG_LAYERS: Readonly<Record<string, Fields>> = {
  eth: { src: '02:00:00:00:00:99' },
  arp: { opcode: 99 },
  ip: { ttl: 3 },
  ipv6: { hlim: 3 },
  icmp: { code: 99 },
  icmpv6: { code: 99 },
  tcp: { flags: WRONG_FLAGS },
  udp: { length: 3 },
};
const WRONG_ADDRESS = { ip: '192.0.2.99', port: 9 };
const WRONG_ERRNO = 'EXFULL';
const WRONG_NUMBER = 987654321;
const WRONG_TIME = { min: '10s', max: '11s' };

/** Calls whose `addr` is what they give. */
const TELL_ADDRESS: readonly unknown[] = ['accept', 'recvfrom', 'getpeername', 'getsockname'];

/**
 * What a case says of the stack, said of something that does not deserve it. `replace` is a text that stands in the file once or more.
 */
const undeserved: readonly { readonly file: string; readonly replace: string; readonly by: string }[] = [
  { file: 'arp/request/not-answered', replace: 'target: 192.0.2.77', by: 'target: 192.0.2.2' },
  { file: 'icmp/echo/not-answered', replace: 'checksum: 1', by: 'checksum: =null' },
  { file: 'icmp/echo/not-answered', replace: 'dst: 192.0.2.77', by: 'dst: 192.0.2.2' },
  { file: 'ip/header/checksum', replace: ', checksum: =good.ip.checksum', by: '' },
  { file: 'ip/header/dropped', replace: 'version: 5', by: 'version: 4' },
  { file: 'ip/header/dropped', replace: 'src: 127.0.0.1', by: 'src: 192.0.2.3' },
  { file: 'ip/header/dropped', replace: 'dst: 192.0.2.77', by: 'dst: 192.0.2.2' },
  { file: 'tcp/checksum/wrong', replace: ', checksum: =good.tcp.checksum', by: '' },
  { file: 'tcp/close/fin-beyond-a-gap', replace: 'FIN-ACK, seq: 8', by: 'FIN-ACK, seq: 1' },
  { file: 'tcp/closed-port/reset-draws-nothing', replace: '[RST, RST-ACK]', by: '[ACK]' },
  {
    file: 'tcp/data/nagle',
    replace: '      - { dut: write, buffer: one }',
    by: '      - { dut: setsockopt, option: TCP_NODELAY, value: 1 }\n      - { dut: write, buffer: one }',
  },
  { file: 'tcp/data/nagle', replace: 'option: TCP_NODELAY, value: 1', by: 'option: TCP_NODELAY, value: 0' },
  { file: 'tcp/data/out-of-order', replace: 'seq: 6, payload', by: 'seq: 1, payload' },
  { file: 'tcp/data/outside-the-window', replace: 'offset: 0, beyond: 1', by: 'offset: 0, beyond: 0' },
  { file: 'tcp/handshake/reset-in-syn-received', replace: '  - send: RST\n', by: '' },
  { file: 'tcp/keep-alive/probe', replace: 'SO_KEEPALIVE, value: 1', by: 'SO_KEEPALIVE, value: 0' },
  { file: 'tcp/listen/full-queue', replace: 'backlog: 1', by: 'backlog: 2' },
  { file: 'tcp/listen/segments-without-syn', replace: '{ flags: FIN }', by: '{ flags: FIN-ACK }' },
  { file: 'tcp/open/close-in-syn-sent', replace: '  - dut: close\n', by: '' },
  { file: 'tcp/open/icmp-error', replace: 'syn.tcp.seq_raw + 1000', by: 'syn.tcp.seq_raw + 0' },
  { file: 'tcp/open/only-syn-counts-in-syn-sent', replace: 'flags: FIN-ACK', by: 'flags: RST-ACK' },
  { file: 'tcp/reset/blind', replace: 'offset: [1, 5, 10000]', by: 'offset: [0]' },
  { file: 'tcp/reset/blind', replace: 'offset: [-1, -1000, 1000000, 2000000000]', by: 'offset: [0]' },
  { file: 'tcp/retransmission/stops-when-acknowledged', replace: '      - send: ACK\n', by: '' },
  {
    file: 'tcp/retransmission/three-duplicate-acks',
    replace: '  - { send: ACK, ack: 1 }\n',
    by: '  - { send: ACK, ack: 1 }\n  - { send: ACK, ack: 1 }\n',
  },
  {
    file: 'tcp/retransmission/user-timeout',
    replace: 'TCP_USER_TIMEOUT, value: 500ms',
    by: 'TCP_USER_TIMEOUT, value: 900ms',
  },
  { file: 'tcp/segment/old-ack', replace: 'u32(1 - 1001)', by: 'u32(1)' },
  { file: 'tcp/segment/without-ack', replace: 'flags: PSH, payload', by: 'flags: PSH-ACK, payload' },
  { file: 'tcp/segment/wrong-ack', replace: 'ack: 100', by: 'ack: 1' },
  { file: 'tcp/timestamps/old-segment', replace: 'val: 900', by: 'val: 1000' },
  {
    file: 'tcp/window/respected',
    replace: 'mss: 100, nop, wscale: 2], window: 100',
    by: 'mss: 100, nop, wscale: 2], window: 101',
  },
  { file: 'udp/datagram/checksum', replace: '{ checksum: =good.udp.checksum }', by: '{}' },
  { file: 'udp/datagram/connected', replace: 'payload: stranger }, on: other', by: 'payload: stranger }, on: peer' },
  { file: 'udp/errors/no-error-about', replace: 'dst: 192.0.2.77', by: 'dst: 192.0.2.2' },
  { file: 'udp/errors/unreachable-is-reported', replace: 'srcport: 7778', by: 'srcport: 7777' },
];

const files = readdirSync(cases, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.case.yaml') && !file.startsWith('examples'))
  .map((file) => file.replace('.case.yaml', ''))
  .sort();

const copies: readonly Copy[] = files.flatMap(wrongCopies);
const verdicts = new Map<string, string>();
let folder: string;

beforeAll(() => {
  const { status } = spawnSync(process.execPath, [join(root, 'setup.js'), 'build'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the engine does not compile');
  folder = mkdtempSync(join(tmpdir(), 'packetcase-wrong-'));
  copyFileSync(join(cases, 'defaults.yaml'), join(folder, 'defaults.yaml'));
  copies.forEach(({ data }, index) => {
    writeFileSync(join(folder, `${index}.case.yaml`), stringify(data));
  });
  undeserved.forEach(({ file, replace, by }, index) => {
    mkdirSync(join(folder, 'undeserved'), { recursive: true });
    const text = readFileSync(join(cases, `${file}.case.yaml`), 'utf8');
    if (!text.includes(replace)) throw new Error(`${file} does not say: ${replace}`);
    const retitled = text.replaceAll(replace, by).replace(/^title: .*$/m, `title: undeserved ${index}`);
    writeFileSync(join(folder, 'undeserved', `${index}.case.yaml`), retitled);
  });
  const report = join(folder, 'report.json');
  const run = spawnSync(
    process.execPath,
    [program, 'run', folder, '--jobs', String(JOBS), '--reporter', `json=${report}`],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (run.status !== 1) throw new Error(`the copies ran with exit code ${run.status}:\n${run.stdout}${run.stderr}`);
  const { tests } = JSON.parse(readFileSync(report, 'utf8')) as { tests: { file: string; verdict: string }[] };
  for (const { file, verdict } of tests) {
    const key = relative(folder, file);
    // Of the rows of a copy one that fails is enough.
    if (verdicts.get(key) !== 'fail') verdicts.set(key, verdict);
  }
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

test.each(files)('every expectation of %s can fail', (file) => {
  const own = copies.flatMap((copy, index) => (copy.file === file ? [[copy.what, `${index}.case.yaml`] as const] : []));
  expect(own.length).toBeGreaterThan(0);
  const got = own.map(([what, key]) => `${verdicts.get(key)}: ${what}`);
  expect(got).toEqual(own.map(([what]) => `fail: ${what}`));
});

test.each(undeserved.map((each, index) => ({ ...each, index })))(
  '$file with "$by" for "$replace" fails',
  ({ index }) => {
    expect(verdicts.get(join('undeserved', `${index}.case.yaml`))).toBe('fail');
  },
);

/** Copies of a case's tests, the first row of each, with one expectation made wrong. */
function wrongCopies(file: string): Copy[] {
  const text = readFileSync(join(cases, `${file}.case.yaml`), 'utf8');
  const { tests, steps = [], setup = [], ...shared } = parse(text) as CaseData;
  const authored = tests ?? [{ name: '', steps }];
  return authored
    .filter(({ stacks }) => stacks === undefined)
    .flatMap(({ name, steps: own, ...others }) =>
      wrongLists([...setup, ...own]).map(({ what, steps: wrong }) => {
        const where = name === '' ? what : `${name}: ${what}`;
        const data = { ...shared, ...firstRow({ ...shared, ...others }), title: `${file}: ${where}`, steps: wrong };
        return { file, what: where, data };
      }),
    );
}

/** One row is enough to see that an expectation can fail. */
function firstRow(data: Fields): Fields {
  const { over, table, matrix, name: _, ...others } = data;
  const first: Record<string, unknown> = { ...others };
  if (Array.isArray(over)) first.over = over.slice(0, 1);
  if (Array.isArray(table)) first.table = [{ ...withoutValues(table), ...table[0] }];
  if (matrix !== undefined)
    first.matrix = Object.fromEntries(Object.entries(matrix as object).map(([key, list]) => [key, list.slice(0, 1)]));
  return first;
}

/** The columns of all rows of a table, with what a cell is that a row does not have. */
function withoutValues(table: readonly Fields[]): Fields {
  const columns = table.flatMap((row) => Object.keys(row)).filter((column) => column !== 'stacks');
  return Object.fromEntries(columns.map((column) => [column, '=null']));
}

interface WrongList {
  readonly what: string;
  readonly steps: readonly Step[];
}

/** The list with one wrong step each time; what follows the wrong step is left out, as the test ends there. */
function wrongLists(steps: readonly Step[]): WrongList[] {
  return steps.flatMap((step, index) => {
    const before = steps.slice(0, index);
    const after = steps.slice(index + 1);
    const isJudgedLater = step.background === true;
    if (isJudgedLater && !after.some((later) => later.await === step.as)) return [];
    const own = wrongSteps(step).map(({ what, step: wrong }) => ({
      what: `step ${index + 1}: ${what}`,
      steps: [...before, wrong, ...(isJudgedLater ? after : [])],
    }));
    const nested = ['then', 'else', 'steps'].flatMap((key) =>
      wrongLists((step[key] ?? []) as readonly Step[]).map(({ what, steps: inner }) => ({
        what: `step ${index + 1}, ${key}, ${what}`,
        steps: [...before, { ...step, [key]: inner }, ...after],
        isElse: key === 'else',
        isThen: key === 'then',
      })),
    );
    return [...own, ...nested.filter(({ isElse, isThen }) => !('if' in step) || (isTaken(step) ? isThen : isElse))];
  });
}

/** Whether the first row takes `then`: the shipped cases ask for IPv6 or for a cell that the first row has. */
function isTaken(step: Step): boolean {
  return String(step.if).startsWith('=row.');
}

function wrongSteps(step: Step): { what: string; step: Step }[] {
  const wrong: { what: string; step: Step }[] = [];
  const say = (what: string, changed: Fields): void => {
    wrong.push({ what, step: { ...step, ...changed } });
  };
  for (const verb of ['expect', 'expect_next']) {
    const value = step[verb];
    if (value === undefined) continue;
    if (typeof value === 'string') say(`${verb} ${value}`, { [verb]: WRONG_FLAGS });
    else if (Array.isArray(value))
      value.forEach((layer: Fields, index) => {
        const [key] = Object.keys(layer);
        say(`${verb} ${key}, layer ${index + 1}`, {
          [verb]: value.map((each, at) => (at === index ? wrongLayer(layer) : each)),
        });
      });
    else
      for (const [key, fields] of Object.entries(value as Fields))
        say(`${verb} ${key}`, { [verb]: { ...(value as Fields), ...wrongLayer({ [key]: fields }) } });
    for (const [key, other] of Object.entries(WRONG_FIELDS)) {
      if (step[key] !== undefined && step[key] !== 'present') say(key, { [key]: other });
    }
  }
  if (typeof step.at === 'object') say('at', { at: WRONG_TIME });
  if (step.dut !== undefined) {
    say(`${step.dut}'s errno`, { errno: WRONG_ERRNO });
    if (step.gives !== undefined) say(`what ${step.dut} gives`, { gives: WRONG_NUMBER });
    if (step.addr !== undefined && TELL_ADDRESS.includes(step.dut)) say(`${step.dut}'s addr`, { addr: WRONG_ADDRESS });
    if (Array.isArray(step.fds))
      say('revents', { gives: undefined, fds: step.fds.map((entry: Fields) => ({ ...entry, revents: 'POLLNVAL' })) });
  }
  if (step.tcp_info !== undefined)
    for (const key of Object.keys(step.tcp_info as Fields))
      say(key, { tcp_info: { ...(step.tcp_info as Fields), [key]: 250 } });
  if (step.assert !== undefined)
    for (const condition of [step.assert].flat())
      say(String(condition), { assert: `=!(${String(condition).slice(1)})` });
  return wrong;
}

function wrongLayer(layer: Fields): Fields {
  const [[key, fields] = ['', undefined]] = Object.entries(layer);
  if (key === 'payload') return { payload: 'wrong on purpose' };
  return { [key]: { ...(fields as Fields), ...WRONG_LAYERS[key] } };
}
