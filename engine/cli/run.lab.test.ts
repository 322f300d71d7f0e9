import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const program = join(root, 'dist/engine/cli/main.js');

let folder: string;

beforeAll(() => {
  const { status } = spawnSync(process.execPath, [join(root, 'setup.js'), 'build'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the engine does not compile');
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetcase-run-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Without the colours that jest wants of its workers when it writes to a terminal. */
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };

function packetcase(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...argv], { cwd: folder, encoding: 'utf8', env });
}

const synAck = (ack: number, more = '') => `\
title: A SYN draws a SYN-ACK that acknowledges ${ack}
${more}steps:
  - listener: {}
  - connection: {}
  - send: SYN
  - { expect_next: SYN-ACK, ack: ${ack}, at: any }
`;

/** Durations, times and random numbers differ from run to run. */
function steady(text: string): string {
  return text
    .replace(/\(?\d+(\.\d+)? m?s\b\)?/g, 'TIME')
    .replace(/seed \d+/g, 'seed N')
    .replace(/\d+\.\d{6}s/g, 'TIME')
    .replace(/tcp \d+ > \d+/g, 'tcp PORT > PORT');
}

test('a run of good cases ends with 0 and the counts', () => {
  writeFileSync(join(folder, 'good.case.yaml'), synAck(1, 'over: [ipv4, ipv6]\n'));
  const { status, stdout, stderr } = packetcase('run', 'good.case.yaml');
  expect(steady(stdout)).toBe(`\
pass   A SYN draws a SYN-ACK that acknowledges 1 › ipv4 TIME
pass   A SYN draws a SYN-ACK that acknowledges 1 › ipv6 TIME

2 tests in TIME, seed N
2 passed, 0 failed
`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('a failed expectation ends with 1 and shows step, difference and frame', () => {
  writeFileSync(join(folder, 'wrong.case.yaml'), synAck(2));
  const { status, stdout } = packetcase('run', '.');
  expect(status).toBe(1);
  expect(steady(stdout)).toBe(`\
FAIL   A SYN draws a SYN-ACK that acknowledges 2 TIME
       the next frame is another one: tcp.ack is 1, expected 2

FAIL  A SYN draws a SYN-ACK that acknowledges 2
  the next frame is another one: tcp.ack is 1, expected 2
  at          wrong.case.yaml:6:34 (steps[3].ack)
      4 |   - connection: {}
      5 |   - send: SYN
    > 6 |   - { expect_next: SYN-ACK, ack: 2, at: any }
        |                                  ^
    tcp.ack  expected 2  got 1
  the frame:
    TIME  ip 192.0.2.2 > 192.0.2.1 / tcp PORT > PORT SYN-ACK seq 0 ack 1 win 64240 [mss: 1460]
  run again   npx packetcase run wrong.case.yaml --seed N

1 test in TIME, seed N
0 passed, 1 failed
`);
});

test('the JSON report goes to its file beside the text; known failures do not fail the run', () => {
  writeFileSync(join(folder, 'good.case.yaml'), synAck(1));
  writeFileSync(join(folder, 'known.case.yaml'), synAck(2, 'stacks: { linux: { fails: it counts well } }\n'));
  const { status, stdout } = packetcase('run', '.', '--reporter', 'json=out/r.json', '--jobs', '2');
  expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({ status: 0, last: '1 passed, 0 failed' });
  const { summary, tests } = JSON.parse(readFileSync(join(folder, 'out/r.json'), 'utf8'));
  expect(summary).toMatchObject({ tests: 2, pass: 1, fail: 0, known_failure: 1, stacks: ['linux'] });
  expect(tests.map((one: { file: string; verdict: string }) => [one.file, one.verdict]).sort()).toEqual([
    ['good.case.yaml', 'pass'],
    ['known.case.yaml', 'known-failure'],
  ]);
});

test('a note that is out of date fails the run', () => {
  writeFileSync(join(folder, 'good.case.yaml'), synAck(1, 'stacks: { linux: { fails: it cannot count } }\n'));
  const { status, stdout } = packetcase('run', '.');
  expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({ status: 1, last: '0 passed, 1 failed' });
});

test('--fail-fast stops after the first failure and says what did not run', () => {
  writeFileSync(join(folder, 'a.case.yaml'), synAck(2));
  writeFileSync(join(folder, 'b.case.yaml'), synAck(1));
  const { status, stdout } = packetcase('run', '.', '--fail-fast', '--jobs', '1');
  expect(status).toBe(1);
  expect(steady(stdout)).toMatch(/\n1 test in TIME, seed N\n1 not run\n0 passed, 1 failed\n$/);
});

test('--repeat runs each test again', () => {
  writeFileSync(join(folder, 'a.case.yaml'), synAck(1));
  expect(packetcase('run', '.', '--repeat', '3').stdout).toMatch(/\n3 passed, 0 failed\n$/);
});

test.each(['1', '2'])('an interrupt ends the run in order and reports what ran (--jobs %s)', async (jobs) => {
  writeFileSync(join(folder, 'a.case.yaml'), synAck(1));
  const waiting = 'title: Waits\nsteps:\n  - listener: {}\n  - sleep: 60s\n';
  writeFileSync(join(folder, 'b.case.yaml'), waiting);
  writeFileSync(join(folder, 'c.case.yaml'), waiting.replace('Waits', 'Waits too'));
  const child = spawn(process.execPath, [program, 'run', '.', '--jobs', jobs], { cwd: folder, env });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '') child.kill('SIGINT');
    stdout += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(130);
  expect(steady(stdout)).toBe(`\
pass   A SYN draws a SYN-ACK that acknowledges 1 TIME

1 test in TIME, seed N
2 not run
1 passed, 0 failed
`);
});

test('without permission the run ends with 3 and says what to do', () => {
  writeFileSync(join(folder, 'a.case.yaml'), synAck(1));
  const argv = [
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--',
    process.execPath,
    program,
    'run',
    '.',
  ];
  const { status, stdout, stderr } = spawnSync('setpriv', argv, { cwd: folder, encoding: 'utf8', env });
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  expect(stderr).toMatch(
    /^error NO_PERMISSION: .+\n {2}fix {7}.+\n\(packetcase doctor tries everything that a run needs\)\n$/,
  );
});

test('without ip the run ends with 3 and says what to install', () => {
  writeFileSync(join(folder, 'a.case.yaml'), synAck(1));
  // Hidden for this process only: in a mount namespace of its own.
  const hidden = 'mount --bind /dev/null "$(readlink -f "$(command -v ip)")" && exec "$@"';
  const argv = ['--mount', 'sh', '-c', hidden, 'sh', process.execPath, program, 'run', '.'];
  const { status, stderr } = spawnSync('unshare', argv, { cwd: folder, encoding: 'utf8', env });
  expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringMatching(/^error NO_IP_COMMAND: /) });
});
