import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const program = join(root, 'dist/engine/cli/main.js');
const KILLS = 20;

/** It waits in the middle of a test, with a lab, an agent and a call that blocks. */
const WAITING = `title: waits
steps:
  - established: {}
  - { dut: recv, length: 100, patience: 60s }
`;

const QUICK = `title: quick
steps:
  - listener: {}
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
  writeFileSync(join(folder, 'waits.case.yaml'), WAITING);
  writeFileSync(join(folder, 'quick.case.yaml'), QUICK);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Agents of a runner, by the pid in their command line. */
function agentsOf(runner: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = readOr(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '').split('\0');
      return words.some((word) => /\/agent\.js$/.test(word)) && words.includes(String(runner));
    })
    .map(Number);
}

/** Network namespaces that any process is in or holds open, by inode. */
function networkNamespaces(): Set<string> {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    found.add(readOr(() => readlinkSync(`/proc/${pid}/ns/net`), ''));
    for (const fd of readOr(() => readdirSync(`/proc/${pid}/fd`), []))
      found.add(readOr(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''));
  }
  return new Set([...found].filter((name) => name.startsWith('net:')));
}

/** Processes come and go while they are looked at. */
function readOr<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Waits for what another process does; there is no event of its death for those that are not its parents. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await new Promise(setImmediate);
  }
}

test(`${KILLS} runners killed in mid-case leave no agent, namespace or file`, async () => {
  const files = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('packetcase-'));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = networkNamespaces();
    const runner = spawn(process.execPath, [program, 'run', join(folder, 'waits.case.yaml')], { stdio: 'ignore' });
    const pid = runner.pid as number;
    // The namespace of the lab shows that it is in the middle of it; every second kill comes as early as that.
    let own: string[] = [];
    await until(() => {
      own = readOr(() => readdirSync(`/proc/${pid}/fd`), [])
        .map((fd) => readOr(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''))
        .filter((name) => name.startsWith('net:') && !before.has(name));
      return own.length >= 2 && (kill % 2 === 0 || agentsOf(pid).length > 0);
    }, 'the runner has made a lab');
    runner.kill('SIGKILL');
    await once(runner, 'exit');
    await until(() => agentsOf(pid).length === 0, `the agent of runner ${pid} is gone`);
    await until(() => own.every((name) => !networkNamespaces().has(name)), 'its namespaces are gone');
  }
  // An agent that was killed before its engine had connected leaves the folder of its socket to the next start.
  const next = spawn(process.execPath, [program, 'run', join(folder, 'quick.case.yaml')], { stdio: 'ignore' });
  const [code] = await once(next, 'exit');
  expect(code).toBe(0);
  const alive = (name: string): boolean => readOr(() => readdirSync(`/proc/${name.split('-')[1]}`), []).length > 0;
  expect(files().filter((name) => /^packetcase-\d+-/.test(name) && !alive(name))).toEqual([]);
}, 120_000);
