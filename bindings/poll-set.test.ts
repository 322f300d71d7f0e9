import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from './constants';
import { PollSet } from './poll-set';
import { checked, eventfd, read, write } from './syscalls';
import { installWakeSignal, WAKE_SIGNAL } from './thread';

const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

describe('PollSet', () => {
  let quiet: number;
  let ready: number;

  beforeEach(() => {
    quiet = checked('eventfd', eventfd(0, 0));
    ready = checked('eventfd', eventfd(0, 0));
  });

  afterEach(() => {
    closeSync(quiet);
    closeSync(ready);
  });

  it('tells which descriptors are ready, again and again', () => {
    const set = new PollSet([
      { fd: quiet, events: constants.POLLIN },
      { fd: ready, events: constants.POLLIN },
    ]);
    expect(set.wait(0)).toBe(0);
    write(ready, one, 8);
    expect(set.wait(Number.POSITIVE_INFINITY)).toBe(1);
    expect([set.revents(0), set.revents(1)]).toEqual([0, constants.POLLIN]);
    read(ready, Buffer.alloc(8), 8);
    expect(set.wait(-5)).toBe(0);
    expect(set.revents(1)).toBe(0);
  });

  it('waits for a time in nanoseconds, not less', () => {
    const set = new PollSet([{ fd: quiet, events: constants.POLLIN }]);
    const start = process.hrtime.bigint();
    expect(set.wait(3_000_000.5)).toBe(0);
    const waited = Number(process.hrtime.bigint() - start);
    expect(waited).toBeGreaterThanOrEqual(3_000_000);
    expect(waited).toBeLessThan(1e9);
  });

  it('reports a descriptor that is not open', () => {
    const gone = checked('eventfd', eventfd(0, 0));
    closeSync(gone);
    const set = new PollSet([{ fd: gone, events: constants.POLLIN }]);
    expect(set.wait(Number.POSITIVE_INFINITY)).toBe(1);
    expect(set.revents(0)).toBe(constants.POLLNVAL);
  });

  it('returns 0 when the wake signal interrupts it', async () => {
    installWakeSignal();
    const set = new PollSet([{ fd: quiet, events: constants.POLLIN }]);
    // The shell sends until this test ends it: a signal that comes before the wait has begun is lost.
    const shell = spawn('sh', ['-c', `while kill -${WAKE_SIGNAL} ${process.pid}; do sleep 0.02; done`]);
    try {
      const start = performance.now();
      expect(set.wait(20e9)).toBe(0);
      expect(performance.now() - start).toBeLessThan(10_000);
    } finally {
      shell.kill('SIGKILL');
      await new Promise((resolve) => shell.on('close', resolve));
    }
  });
});
