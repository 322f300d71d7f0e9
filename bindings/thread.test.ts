import { readFileSync } from 'node:fs';
import { gettid, prctl } from './syscalls';
import { clockRealtime, setParentDeathSignal, setTimerSlack } from './thread';

it('clockRealtime is the clock of Date, in nanoseconds', () => {
  const before = Date.now();
  const { sec, nsec } = clockRealtime();
  const after = Date.now();
  const milliseconds = sec * 1000 + nsec / 1e6;
  expect(milliseconds).toBeGreaterThanOrEqual(before);
  expect(milliseconds).toBeLessThan(after + 1);
  expect(Number.isInteger(nsec)).toBe(true);
});

it('setTimerSlack is what the kernel then says', () => {
  const path = `/proc/${gettid()}/timerslack_ns`;
  const previous = Number(readFileSync(path, 'utf8'));
  setTimerSlack(12_345);
  expect(readFileSync(path, 'utf8').trim()).toBe('12345');
  setTimerSlack(previous);
});

it('setParentDeathSignal is what the kernel then says', () => {
  const PR_GET_PDEATHSIG = 2;
  const signal = Buffer.alloc(4);
  const getSignal = (memory: Buffer) => prctl(PR_GET_PDEATHSIG, memory, 0, 0, 0);
  setParentDeathSignal(15);
  expect([getSignal(signal), signal.readInt32LE()]).toEqual([0, 15]);
  setParentDeathSignal(0);
  expect([getSignal(signal), signal.readInt32LE()]).toEqual([0, 0]);
});
