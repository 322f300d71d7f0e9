import { addressOf, addressOfSymbol } from './call';
import { checked, clock_gettime, prctl, sigaction } from './syscalls';

/** A point of CLOCK_REALTIME, the clock of the kernel's packet time stamps. */
export interface Timestamp {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly sec: number;
  /** Nanoseconds within the second. */
  readonly nsec: number;
}

/** CLOCK_REALTIME now. */
export function clockRealtime(): Timestamp {
  if (timespecAddress === 0) timespecAddress = addressOf(timespec);
  checked('clock_gettime', clock_gettime(CLOCK_REALTIME, timespecAddress));
  return { sec: timespecWords[0] as number, nsec: timespecWords[2] as number };
}

/**
 * Has the kernel send this process `signal` when the thread that started it ends: no orphan survives a `kill -9` of
 * the parent.
 * @throws {ErrnoError}
 */
export function setParentDeathSignal(signal: number): void {
  checked('prctl', prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0), 'PR_SET_PDEATHSIG');
}

/**
 * How late the kernel may let the calling thread's timed waits end. Default of Linux: 50 000 ns; 1 is the least.
 * @throws {ErrnoError}
 */
export function setTimerSlack(nanoseconds: number): void {
  checked('prctl', prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0), 'PR_SET_TIMERSLACK');
}

/**
 * The signal that ends a blocking call of a thread with EINTR: SIGRTMIN+5, which neither Node nor libc uses. Send it
 * with `tgkill`; if it arrives before the thread has entered the call it is lost, so repeat it until the thread
 * answers.
 */
export const WAKE_SIGNAL = 39;

/**
 * Gives {@link WAKE_SIGNAL} a handler that does nothing, for all threads of the process, without SA_RESTART:
 * `process.on` would have the kernel restart the interrupted call.
 * @throws {ErrnoError}
 */
export function installWakeSignal(): void {
  const action = Buffer.alloc(SIGACTION_SIZE);
  // Any C function that takes an int and has no effect can serve as handler.
  action.writeBigInt64LE(BigInt(addressOfSymbol('abs')), 0);
  checked('sigaction', sigaction(WAKE_SIGNAL, action, null));
}

const CLOCK_REALTIME = 0;
const PR_SET_PDEATHSIG = 1;
const PR_SET_TIMERSLACK = 29;

/** glibc's struct sigaction: handler at 0, mask of 128 bytes, flags, restorer. The same on x86-64 and arm64. */
const SIGACTION_SIZE = 152;

/** struct timespec: two 64-bit integers; the low words suffice until 2106. */
const timespec = Buffer.alloc(16);
const timespecWords = new Uint32Array(timespec.buffer, timespec.byteOffset, 4);
let timespecAddress = 0;
