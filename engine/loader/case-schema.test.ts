import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { vocabulary } from './__fixtures__/vocabulary';
import { buildCaseSchema, buildDefaultsSchema } from './case-schema';
import { validateCase, validateDefaults } from './check-case';
import { loadDocument } from './document';

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
ajv.addVocabulary(['markdownDescription', 'markdownEnumDescriptions', 'errorMessage', 'doNotSuggest']);
const isCase = ajv.compile(buildCaseSchema(vocabulary));
const isDefaults = ajv.compile(buildDefaultsSchema(vocabulary));

/** What the editor's schema and the check find in a text: both must find something, or both nothing. */
function judge(text: string): { schema: boolean; check: boolean } {
  const { document, problems } = loadDocument('x.case.yaml', Buffer.from(text));
  if (document === undefined || problems.length > 0) throw new Error(problems.map((problem) => problem.message).join());
  return { schema: isCase(document.data), check: validateCase(document, vocabulary).length === 0 };
}

const step = (text: string): string => `title: x\nsteps:\n  - ${text}\n`;

describe('the case schema and the check agree', () => {
  const right = [
    '{ listener: {} }',
    '{ listener: { port: 80 }, as: server, after: 10ms }',
    '{ listener: { addr: "::" } }',
    '{ send: ACK, ack: 1, after: =ms(5) }',
    '{ send: { tcp: { flags: ACK } } }',
    '{ send: [{ tcp: {} }, { payload: 5 }] }',
    '{ send: ACK, payload: { random: 100 } }',
    '{ expect: ACK, at: { min: 1ms, max: 2ms } }',
    '{ expect: ACK, at: any, within: 3s }',
    '{ if: =true, then: [{ sleep: 1s }], else: [] }',
    '{ let: { a: 1, b: =a } }',
    '{ dut: socket, type: [SOCK_STREAM, SOCK_NONBLOCK], domain: AF_INET }',
    '{ dut: recv, length: 100, buffer: hello, gives: 5 }',
    '{ dut: setsockopt, option: SO_RCVTIMEO, value: 1s }',
    '{ dut: setsockopt, option: SO_LINGER, value: { onoff: 1, linger: 2s }, errno: EAGAIN }',
    '{ dut: poll, fds: [{ fd: sock, events: [POLLIN, POLLOUT], revents: POLLIN }], timeout: 1s, gives: 1 }',
  ];
  test.each(right)('%s is right', (text) => {
    expect(judge(step(text))).toEqual({ schema: true, check: true });
  });

  const wrong = [
    '{ sned: ACK }',
    '{ send: ACK, expect: ACK }',
    '{ after: 10ms }',
    '{}',
    'listener',
    '{ listener: { prt: 80 } }',
    '{ listener: { port: 65536 } }',
    '{ listener: {}, on: conn }',
    '{ send: ACK, sequence: 1 }',
    '{ expect: { tcp: { sequence: 1 } } }',
    '{ expect_none: { tcp: {} } }',
    '{ sleep: 200 }',
    '{ expect: ACK, at: { least: 1ms } }',
    '{ if: =true }',
    '{ if: =true, then: [{ slep: 1s }] }',
    '{ let: { "a b": 1 } }',
    '{ dut: scoket }',
    '{ dut: socket, length: 100 }',
    '{ dut: socket, domain: AF_INTE }',
    '{ dut: socket, type: [SOCK_STREAM, SOCK_NONBLOK] }',
    '{ dut: socket, errno: EAGIAN }',
    '{ dut: setsockopt, option: SO_RCVTIME, value: 1s }',
    '{ dut: setsockopt, value: 1 }',
  ];
  test.each(wrong)('%s is wrong', (text) => {
    expect(judge(step(text))).toEqual({ schema: false, check: false });
  });

  test('every shape mistake among the bad documents is seen by the schema', () => {
    const folder = join(__dirname, '__fixtures__', 'bad');
    const missed = readdirSync(folder)
      .filter((name) => name.endsWith('.case.yaml'))
      .filter((name) => {
        const { document, problems } = loadDocument(name, readFileSync(join(folder, name)));
        if (document === undefined || problems.length > 0) return false;
        return validateCase(document, vocabulary).length > 0 && isCase(document.data);
      });
    // Only the check knows that steps and tests exclude each other, and that one of them is needed.
    expect(missed).toEqual(['no-steps.case.yaml']);
  });
});

test('the schema for defaults.yaml agrees with its check', () => {
  const judgeDefaults = (text: string): boolean[] => {
    const { document } = loadDocument('defaults.yaml', Buffer.from(text));
    if (document === undefined) throw new Error('does not load');
    return [isDefaults(document.data), validateDefaults(document, vocabulary).length === 0];
  };
  expect(judgeDefaults('lab: { mtu: 1280, sysctl: { net.ipv4.tcp_sack: 0 }, dut: { ip: 192.0.2.9/24 } }\n')).toEqual([
    true,
    true,
  ]);
  expect(judgeDefaults('over: [ipv4, ipv6]\ntolerance: 10ms\ntags: [slow]\n')).toEqual([true, true]);
  expect(judgeDefaults('lab: { mut: 1280 }\n')).toEqual([false, false]);
  expect(judgeDefaults('title: x\n')).toEqual([false, false]);
});

test('every key of the language has a description in the schema', () => {
  type Schema = { description?: string; $ref?: string };
  const schema = buildCaseSchema(vocabulary) as { properties: Record<string, Schema>; $defs: Record<string, Schema> };
  const described = ({ description, $ref = '' }: Schema): string | undefined =>
    description ?? schema.$defs[$ref.replace('#/$defs/', '')]?.description;
  expect(Object.keys(schema.properties).filter((key) => !described(schema.properties[key] ?? {}))).toEqual([]);
});

test('what is repeated in the schema stands in it once', () => {
  const schema = buildCaseSchema(vocabulary) as { $defs: Record<string, unknown> };
  const shared = Object.entries(schema.$defs).filter(([name]) => name.startsWith('same_'));
  expect(shared.length).toBeGreaterThan(0);
  const text = JSON.stringify(schema);
  for (const [, part] of shared) expect(text.split(JSON.stringify(part)).length - 1).toBe(1);
});

test('the schema is the same each time it is built', () => {
  expect(JSON.stringify(buildCaseSchema(vocabulary))).toBe(JSON.stringify(buildCaseSchema({ ...vocabulary })));
});
