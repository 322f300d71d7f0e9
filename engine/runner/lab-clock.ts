import { clockRealtime, type Timestamp } from '../../bindings';

/** CLOCK_REALTIME as lab time: nanoseconds since `epoch`, exact. */
export function labTime(sec: number, nsec: number, epoch: Timestamp): number {
  return (sec - epoch.sec) * 1e9 + (nsec - epoch.nsec);
}

/**
 * Lab time: nanoseconds of CLOCK_REALTIME, which the kernel stamps frames with, since the start of the test. Between two looks at that clock Node's own is taken, which needs no call into the kernel; whoever waits looks
 * again, so that what adjusts the real one (at most half a microsecond a millisecond) never adds up.
 */
export class LabClock {
  readonly epoch: Timestamp = clockRealtime();
  private offset = 0;

  constructor() {
    this.adjust();
  }

  /** Lab time, ns. */
  readonly now = (): number => performance.now() * 1e6 + this.offset;

  /** Looks at the real clock. */
  readonly adjust = (): void => {
    const { sec, nsec } = clockRealtime();
    this.offset = labTime(sec, nsec, this.epoch) - performance.now() * 1e6;
  };
}
