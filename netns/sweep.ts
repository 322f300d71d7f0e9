import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Removes the temporary directories of runs that have died: everything in the system's temporary directory called
 * `packetcase-PID-…` whose process no longer exists. Labs need no such care, because the kernel removes them with
 * their process. Returns what was removed.
 */
export function sweep(directory: string = tmpdir()): string[] {
  const removed: string[] = [];
  for (const name of readdirSync(directory)) {
    const pid = /^packetcase-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(directory, name);
    try {
      rmSync(path, { recursive: true });
      removed.push(path);
    } catch {
      // It belongs to another user, or another run sweeps as well.
    }
  }
  return removed;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
