import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNamespace, openNamespace } from '../bindings';
import { createLab, sweep } from '.';

/*
 * How one sees that a namespace without a name is gone: a second veth leads from it into a namespace of this test,
 * the witness. When the kernel removes a namespace, it removes the interfaces in it, and with each its peer in the
 * witness.
 */
let witness: number;

// The child process compiles TypeScript, which takes its time on a busy machine.
jest.setTimeout(60_000);

beforeEach(() => {
  witness = openNamespace().fd;
});

afterEach(() => {
  closeSync(witness);
});

it('close() removes both namespaces of a lab', async () => {
  const lab = await createLab();
  for (const [index, end] of [lab.bench, lab.dut].entries()) {
    execFileSync('nsenter', [
      `--net=${end.namespacePath}`,
      ...witnessCommand(index, `/proc/${process.pid}/fd/${witness}`),
    ]);
  }
  expect(witnessed()).toBe(2);
  lab.close();
  lab.close();
  await untilNoneWitnessed();
});

it('a process that is killed leaves nothing of its labs', async () => {
  const child = startChild(`
    const { execFileSync } = require('node:child_process');
    const { inNamespace } = require('./bindings');
    const { createLab } = require('./netns');
    (async () => {
      let index = 0;
      for (let made = 0; made < 3; made++) {
        const lab = await createLab();
        for (const end of [lab.bench, lab.dut]) {
          inNamespace(end.namespaceFd, () => execFileSync('ip', ${JSON.stringify(witnessArguments('@', '%'))}.map(
            (word) => word.replace('@', index).replace('%', '/proc/${process.pid}/fd/${witness}'))));
          index++;
        }
      }
      console.log('ready');
      // And one in the middle of being made.
      for (;;) await createLab();
    })();
  `);
  try {
    await ready(child);
    expect(witnessed()).toBe(6);
  } finally {
    child.kill('SIGKILL');
  }
  await untilNoneWitnessed();
});

it('sweep() removes the temporary directories of dead processes only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sweep-test-'));
  try {
    const dead = spawn('true');
    await new Promise((resolve) => dead.on('close', resolve));
    for (const name of [
      `packetcase-${dead.pid}-a`,
      `packetcase-${process.pid}-b`,
      `packetcase-x`,
      `other-${dead.pid}-a`,
    ]) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'agent.sock'), '');
    }
    expect(sweep(directory)).toEqual([join(directory, `packetcase-${dead.pid}-a`)]);
    expect(readdirSync(directory).sort()).toEqual([
      `other-${dead.pid}-a`,
      `packetcase-${process.pid}-b`,
      'packetcase-x',
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

function witnessArguments(index: number | string, namespace: string): string[] {
  return ['link', 'add', 'w', 'type', 'veth', 'peer', 'name', `w${index}`, 'netns', namespace];
}

function witnessCommand(index: number, namespace: string): string[] {
  return ['ip', ...witnessArguments(index, namespace)];
}

/** How many namespaces still exist. */
function witnessed(): number {
  const links = inNamespace(witness, () =>
    execFileSync('ip', ['-o', 'link', 'show', 'type', 'veth'], { encoding: 'utf8' }),
  );
  return links.split('\n').filter((line) => line !== '').length;
}

/** The kernel removes namespaces in the background and tells nobody. */
async function untilNoneWitnessed(): Promise<void> {
  for (const end = performance.now() + 10_000; witnessed() > 0; await sleep(10)) {
    if (performance.now() > end) throw new Error(`${witnessed()} namespaces are still there`);
  }
}

/** A Node process that runs TypeScript of this repository. */
function startChild(script: string): ChildProcess {
  return spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', script], {
    cwd: join(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TS_NODE_COMPILER_OPTIONS: '{"module":"commonjs","moduleResolution":"node10"}' },
  });
}

async function ready(child: ChildProcess): Promise<void> {
  if (!child.stdout) throw new Error('unreachable: stdout is a pipe');
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') return;
  }
  throw new Error('the child ended early');
}
