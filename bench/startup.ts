/**
 * Start-up as a user at a shell feels it: one trivial case through `npx packetcase run`, and a hundred of them in one
 * run, each on a fresh stack. Wall time, medians and worst of several runs.
 *
 *   npm run bench:startup
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const RUNS = 11;
const MANY_RUNS = 3;
const MANY = 100;

/** Most of what a case does: a listener, a handshake, accept. */
const CASE = (title: string): string => `title: ${title}
steps:
  - listener: {}
  - connection: {}
  - handshake: {}
  - dut: accept
`;

function main(): void {
  const root = resolve(__dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'packetcase-bench-'));
  try {
    const one = join(folder, 'one.case.yaml');
    writeFileSync(one, CASE('one'));
    const many = join(folder, 'many');
    mkdirSync(many);
    for (let index = 0; index < MANY; index += 1)
      writeFileSync(join(many, `${index}.case.yaml`), CASE(`case ${index}`));
    report('one case, npx packetcase run', RUNS, () => timed(['npx', 'packetcase', 'run', one], root));
    report('one case, without npx', RUNS, () => timed([process.execPath, 'dist/engine/cli/main.js', 'run', one], root));
    report(`${MANY} cases, each on a fresh stack`, MANY_RUNS, () => timed(['npx', 'packetcase', 'run', many], root));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Wall time of a command that must succeed, ms. */
function timed([command = '', ...args]: readonly string[], cwd: string): number {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return elapsed;
}

function report(name: string, runs: number, measure: () => number): void {
  const times = Array.from({ length: runs }, measure).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
  console.log(
    `${name.padEnd(34)} median ${(median / 1000).toFixed(3)} s, worst ${((times.at(-1) ?? Number.NaN) / 1000).toFixed(3)} s of ${runs}`,
  );
}

main();
