import { addressOf, lastErrno } from './call';
import { ErrnoError, errnoNumber } from './errno';
import { ppoll } from './syscalls';

/** A descriptor to wait for. `events` are POLL* constants. */
export interface PollEntry {
  readonly fd: number;
  readonly events: number;
}

/** A fixed set of descriptors that the calling thread can wait for again and again without allocating anything. */
export class PollSet {
  private readonly entries: Int32Array;
  private readonly entriesAddress: number;
  private readonly timeout = new BigInt64Array(2);
  private readonly timeoutWords = new Int32Array(this.timeout.buffer);
  private readonly timeoutAddress = addressOf(new Uint8Array(this.timeout.buffer));

  constructor(descriptors: readonly PollEntry[]) {
    // struct pollfd: int fd, short events, short revents.
    this.entries = new Int32Array(descriptors.length * 2);
    descriptors.forEach(({ fd, events }, index) => {
      this.entries[index * 2] = fd;
      this.entries[index * 2 + 1] = events;
    });
    this.entriesAddress = addressOf(new Uint8Array(this.entries.buffer));
  }

  /**
   * Blocks the thread, and with it Node's event loop, until a descriptor is ready or the time is over. Returns how
   * many are ready: 0 after the timeout and after a signal. `timeoutNs` may be Infinity; zero and less only look.
   *
   * @throws {ErrnoError}
   */
  wait(timeoutNs: number): number {
    let timeout: number | null = null;
    if (timeoutNs !== Number.POSITIVE_INFINITY) {
      const nanoseconds = Math.max(0, Math.ceil(timeoutNs));
      const seconds = Math.floor(nanoseconds / 1e9);
      this.timeoutWords[0] = seconds;
      this.timeoutWords[2] = nanoseconds - seconds * 1e9;
      timeout = this.timeoutAddress;
    }
    const ready = ppoll(this.entriesAddress, this.entries.length / 2, timeout, null);
    if (ready >= 0) return ready;
    if (lastErrno() === EINTR) {
      // The kernel leaves revents as they were.
      for (let index = 1; index < this.entries.length; index += 2)
        this.entries[index] = (this.entries[index] as number) & 0xffff;
      return 0;
    }
    throw new ErrnoError('ppoll', lastErrno());
  }

  /** What the latest {@link wait} found for the descriptor at `index` of the constructor's list: POLL* constants. */
  revents(index: number): number {
    return (this.entries[index * 2 + 1] as number) >>> 16;
  }
}

const EINTR = errnoNumber('EINTR') as number;
