import { closeSync, openSync } from 'node:fs';
import { checked, setns, unshare } from './syscalls';

/** A network namespace that lives as long as a descriptor of it is open somewhere. */
export interface NetworkNamespace {
  readonly fd: number;
}

const CLONE_NEWNET = 0x4000_0000;

/** The namespace files of the calling thread; /proc/self would be those of the main thread. */
const CURRENT = '/proc/thread-self/ns/net';

/**
 * Makes an empty network namespace without a name. Its descriptor is closed by exec, so when this process ends, in
 * whatever way, the kernel removes the namespace with everything in it. The calling thread is back in its own
 * namespace afterwards.
 *
 * @throws {ErrnoError} EPERM without CAP_SYS_ADMIN, ENOSPC at the limit of /proc/sys/user/max_net_namespaces
 */
export function openNamespace(): NetworkNamespace {
  const home = openSync(CURRENT, 'r');
  try {
    checked('unshare', unshare(CLONE_NEWNET), 'network namespace');
    try {
      return { fd: openSync(CURRENT, 'r') };
    } finally {
      checked('setns', setns(home, CLONE_NEWNET), 'back to the own network namespace');
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Runs `action` with the calling thread in the namespace of `fd`. Sockets, /proc/sys/net files and child processes
 * that `action` makes belong to that namespace, and sockets stay there. `action` must be synchronous: everything that
 * Node does later happens outside.
 *
 * @throws {ErrnoError} of setns; whatever `action` throws
 */
export function inNamespace<T>(fd: number, action: () => T): T {
  // Opened at each call: a kept descriptor would be wrong after the thread itself has moved for good.
  const home = openSync(CURRENT, 'r');
  try {
    checked('setns', setns(fd, CLONE_NEWNET), `descriptor ${fd}`);
    try {
      return action();
    } finally {
      checked('setns', setns(home, CLONE_NEWNET), 'back to the own network namespace');
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Moves the calling thread into the namespace of `fd` for good. Threads and processes that it starts later follow it.
 * @throws {ErrnoError}
 */
export function enterNamespace(fd: number): void {
  checked('setns', setns(fd, CLONE_NEWNET), `descriptor ${fd}`);
}
