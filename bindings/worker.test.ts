import { spawn } from 'node:child_process';
import { join } from 'node:path';

// Compiling TypeScript in the child takes its time on a busy machine.
jest.setTimeout(60_000);

const worker = `
  const { parentPort } = require('node:worker_threads');
  const { close, errnoName, gettid, lastErrno } = require('./bindings');
  close(-1);
  parentPort.postMessage(errnoName(lastErrno()) + ' ' + (gettid() !== process.pid));
`;

const main = (prepare: string) => `
  const { Worker } = require('node:worker_threads');
  const { ensureLoaded, lastErrno } = require('./bindings');
  ${prepare}
  const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
  worker.on('message', (message) => console.log(message, lastErrno()));
  worker.on('error', (error) => console.log(error.message));
  worker.on('exit', () => console.log('end'));
`;

it('workers make calls with an errno of their own once the main thread has loaded the native module', async () => {
  expect(await run(main('ensureLoaded();'))).toEqual({ status: 0, output: 'EBADF true 0\nend\n' });
});

it('a worker that comes before the main thread gets an error instead of a crash at its end', async () => {
  expect(await run(main(''))).toEqual({
    status: 0,
    output: 'the main thread must call ensureLoaded() of bindings before it starts a worker that makes calls\nend\n',
  });
});

/** Runs a script that may require TypeScript of this repository. */
async function run(script: string): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', script], {
    cwd: join(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TS_NODE_COMPILER_OPTIONS: '{"module":"commonjs","moduleResolution":"node10"}' },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, output };
}
