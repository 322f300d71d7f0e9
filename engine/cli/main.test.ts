import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './main';

const goodCase = `\
title: A SYN to a listening port draws a SYN-ACK
requirements: [RFC9293-3.10.7.2-2]
over: [ipv4, ipv6]
tags: [handshake]
steps:
  - listener: {}
  - connection: {}
  - send: SYN
  - { expect: SYN-ACK, ack: 1 }
`;

let folder: string;
let good: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetcase-cli-'));
  good = join(folder, 'good.case.yaml');
  writeFileSync(good, goodCase);
  mkdirSync(join(folder, 'empty'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command in this process; whatever it writes is kept. */
async function packetcase(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await main(argv), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('bad usage ends with 2 and says on standard error what is known', () => {
  const table: [argv: string[], stderr: string][] = [
    [['frobnicate'], "error: unknown command 'frobnicate'\n(--help shows what there is)\n"],
    [['rn'], "error: unknown command 'rn'\n(Did you mean run?)\n(--help shows what there is)\n"],
    [['run', '--jbs', '2'], "error: unknown option '--jbs'\n(Did you mean --jobs?)\n(--help shows what there is)\n"],
    [
      ['run', '--jobs', '0'],
      "error: option '--jobs <n>' argument '0' is invalid. It is a whole number from 1.\n(--help shows what there is)\n",
    ],
    [
      ['run', '--seed', '4294967296'],
      "error: option '--seed <n>' argument '4294967296' is invalid. It is a whole number from 0 to 4294967295.\n(--help shows what there is)\n",
    ],
    [
      ['run', '--tolerance', '10'],
      "error: option '--tolerance <duration>' argument '10' is invalid. It is a duration with its unit: 10ms.\n(--help shows what there is)\n",
    ],
    [
      ['run', '--filter', '('],
      "error: option '--filter <regexp>' argument '(' is invalid. Invalid regular expression: /(/: Unterminated group\n(--help shows what there is)\n",
    ],
    [['run', 'nowhere'], 'error: no such file or folder: nowhere\n'],
  ];
  test.each(table)('packetcase %j', async (argv, stderr) => {
    expect(await packetcase(...argv)).toEqual({ code: 2, stdout: '', stderr });
  });

  test('a folder without cases', async () => {
    const empty = join(folder, 'empty');
    expect(await packetcase('check', empty)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: no case in ${empty}; cases are files named *.case.yaml or *.case.json\n`,
    });
  });

  test('a filter that leaves nothing', async () => {
    expect(await packetcase('run', good, '--filter', 'FIN', '--tag', 'slow')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: no test is left by --filter FIN and --tag slow in ${good}\n`,
    });
  });

  test('an unknown stack', async () => {
    const { code, stderr } = await packetcase('run', good, '--stack', 'linx');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'error: there is no stack "linx"; there are: linux\n' });
  });

  test('an unknown reporter, or one that cannot write its file', async () => {
    expect(await packetcase('run', good, '--reporter', 'xml')).toMatchObject({
      code: 2,
      stderr: 'error: there is no reporter "xml"; there are: pretty, json\n',
    });
    expect(await packetcase('run', good, '--reporter', `json=${good}/x`)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: cannot write the report: E/),
    });
  });
});

test('help and version end with 0', async () => {
  expect(await packetcase('--help')).toMatchObject({ code: 0, stderr: '' });
  expect(await packetcase('--version')).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
});

test('without a command the help goes to standard error and the code is 2', async () => {
  const { code, stdout, stderr } = await packetcase();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Exit codes:');
});

test('check counts files and tests of good cases', async () => {
  expect(await packetcase('check', folder)).toEqual({ code: 0, stdout: '1 file, 2 tests: no mistakes\n', stderr: '' });
});

test('check gives hints about what is harmless', async () => {
  const hinted = join(folder, 'hinted.yaml');
  writeFileSync(hinted, goodCase.replace('steps:', 'vars: { size: 3 }\nsteps:').replace('title: A', 'title: Again, a'));
  expect(await packetcase('check', hinted)).toEqual({
    code: 0,
    stdout: `hint: ${hinted}:5:9 nothing uses "size"; remove it, or use it\n1 file, 2 tests: no mistakes\n`,
    stderr: '',
  });
});

test('list shows the tests under their file', async () => {
  const { code, stdout } = await packetcase('list', good);
  expect(code).toBe(0);
  expect(stdout).toBe(`\
${good}
  A SYN to a listening port draws a SYN-ACK › ipv4
  A SYN to a listening port draws a SYN-ACK › ipv6
`);
});

test('list --json gives the facts of each test', async () => {
  const { stdout } = await packetcase('list', good, '--json', '--filter', 'ipv6');
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({ file: good, requirements: ['RFC9293-3.10.7.2-2'], tags: ['handshake'], stack: 'linux' }),
  ]);
});

test('check --print plan shows each step with its defaults', async () => {
  const { stdout } = await packetcase('check', good, '--print', 'plan');
  const [plan] = JSON.parse(stdout) as { steps: { verb: string; on?: string }[] }[];
  expect(plan?.steps.map(({ verb, on }) => [verb, on])).toEqual([
    ['listener', undefined],
    ['connection', undefined],
    ['send', 'conn'],
    ['expect', 'conn'],
  ]);
});

test('mistakes of all documents are shown at once, and nothing runs', async () => {
  const bad = join(folder, 'bad');
  mkdirSync(bad);
  writeFileSync(join(bad, 'a.case.yaml'), goodCase.replace('ack: 1', 'akc: 1'));
  writeFileSync(join(bad, 'b.case.yaml'), 'steps: [');
  const { code, stdout, stderr } = await packetcase('run', bad);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${join(bad, 'a.case.yaml')}:9:24`);
  expect(stderr).toContain(`${join(bad, 'b.case.yaml')}:1:`);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^\d mistakes in 2 files; nothing was run$/);
});
