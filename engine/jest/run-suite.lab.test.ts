import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetcase-suite-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Without the colours that jest wants of its workers when it writes to a terminal. */
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '' };

interface Report {
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: {
    readonly message: string;
    readonly assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/** Runs jest as a person would, on the cases of a folder. */
function jestOn(...args: string[]): { status: number | null; stderr: string; report: Report } {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const argv = [jest, '--selectProjects', 'cases', '--roots', folder, '--seed', '7', '--json', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8', env });
  return { status, stderr, report: JSON.parse(stdout) as Report };
}

const synAck = (ack: number) => `\
title: A SYN draws a SYN-ACK
over: [ipv4, ipv6]
steps:
  - listener: {}
  - connection: {}
  - send: SYN
  - { expect_next: SYN-ACK, ack: ${ack}, at: any }
`;

test('each row is a test, in YAML and in JSON; -t leaves the others pending', () => {
  writeFileSync(join(folder, 'a.case.yaml'), synAck(1));
  const steps = [{ bound: { type: 'SOCK_DGRAM' } }, { skip: 'not today' }];
  writeFileSync(join(folder, 'b.case.json'), JSON.stringify({ title: 'Skipped', steps }));
  const statuses = (report: Report) =>
    report.testResults
      .flatMap((suite) => suite.assertionResults.map(({ fullName, status }) => `${status} ${fullName}`))
      .sort();

  const all = jestOn();
  expect(statuses(all.report)).toEqual([
    'passed A SYN draws a SYN-ACK › ipv4',
    'passed A SYN draws a SYN-ACK › ipv6',
    'pending Skipped',
  ]);
  expect(all.status).toBe(0);
  expect(all.stderr).not.toContain('did not exit');

  expect(statuses(jestOn('-t', 'ipv6').report)).toEqual([
    'passed A SYN draws a SYN-ACK › ipv6',
    'pending A SYN draws a SYN-ACK › ipv4',
    'pending Skipped',
  ]);
});

test('a failing row shows what differed and the lines of the case', () => {
  const file = join(folder, 'wrong.case.yaml');
  writeFileSync(file, synAck(2));
  const { status, report } = jestOn('-t', 'ipv4');
  expect(status).toBe(1);
  const [failed] = report.testResults[0]?.assertionResults.filter((one) => one.status === 'failed') ?? [];
  expect(failed?.failureMessages[0]).toMatch(/^the next frame is another one: tcp\.ack is 1, expected 2\n/);
  expect(failed?.failureMessages[0]).toMatch(/--seed 7\n +at \S+ \(.*\/wrong\.case\.yaml:7:34\)$/);
  expect(report.testResults[0]?.message).toContain('> 7 |   - { expect_next: SYN-ACK, ack: 2, at: any }');
});

test('a document with mistakes fails its suite with all of them', () => {
  writeFileSync(
    join(folder, 'bad.case.yaml'),
    synAck(1).replace('listener', 'lisener').replace('send: SYN', 'send: SIN'),
  );
  const { status, report } = jestOn();
  expect(status).toBe(1);
  expect(report.numRuntimeErrorTestSuites).toBe(1);
  expect(report.testResults[0]?.message).toContain('error UNKNOWN_VERB: there is no verb "lisener"');
  expect(report.testResults[0]?.message).toContain('bad.case.yaml:6:');
});
