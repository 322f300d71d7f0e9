import { defineCall, lastErrno } from './call';
import { ErrnoError } from './errno';
import type { Memory } from './native';

/*
 * The calls of libc under their C names, with the C functions' arguments and results: -1 and lastErrno() on failure.
 * Memory holds the C structures; a length is a number where C has a value, and memory of four bytes (socklen_t) where
 * C has a pointer.

 */

/** Memory, its address, or NULL. Whoever passes an address keeps the memory referenced. */
export type Pointer = Memory | number | null;

export const socket: (domain: number, type: number, protocol: number) => number = defineCall('socket', 3);
export const bind: (sockfd: number, addr: Pointer, addrlen: number) => number = defineCall('bind', 3);
export const listen: (sockfd: number, backlog: number) => number = defineCall('listen', 2);
export const accept: (sockfd: number, addr: Pointer, addrlen: Pointer) => number = defineCall('accept', 3);
export const accept4: (sockfd: number, addr: Pointer, addrlen: Pointer, flags: number) => number = defineCall(
  'accept4',
  4,
);
export const connect: (sockfd: number, addr: Pointer, addrlen: number) => number = defineCall('connect', 3);
export const close: (fd: number) => number = defineCall('close', 1);
export const shutdown: (sockfd: number, how: number) => number = defineCall('shutdown', 2);
export const getsockname: (sockfd: number, addr: Pointer, addrlen: Pointer) => number = defineCall('getsockname', 3);
export const getpeername: (sockfd: number, addr: Pointer, addrlen: Pointer) => number = defineCall('getpeername', 3);
export const getsockopt: (sockfd: number, level: number, optname: number, optval: Pointer, optlen: Pointer) => number =
  defineCall('getsockopt', 5);
export const setsockopt: (sockfd: number, level: number, optname: number, optval: Pointer, optlen: number) => number =
  defineCall('setsockopt', 5);

export const send: (sockfd: number, buf: Pointer, len: number, flags: number) => number = defineCall('send', 4, {
  returns: 'long',
});
export const sendto: (
  sockfd: number,
  buf: Pointer,
  len: number,
  flags: number,
  destAddr: Pointer,
  addrlen: number,
) => number = defineCall('sendto', 6, { returns: 'long' });
export const sendmsg: (sockfd: number, msg: Pointer, flags: number) => number = defineCall('sendmsg', 3, {
  returns: 'long',
});
export const recv: (sockfd: number, buf: Pointer, len: number, flags: number) => number = defineCall('recv', 4, {
  returns: 'long',
});
export const recvfrom: (
  sockfd: number,
  buf: Pointer,
  len: number,
  flags: number,
  srcAddr: Pointer,
  addrlen: Pointer,
) => number = defineCall('recvfrom', 6, { returns: 'long' });
export const recvmsg: (sockfd: number, msg: Pointer, flags: number) => number = defineCall('recvmsg', 3, {
  returns: 'long',
});
export const read: (fd: number, buf: Pointer, count: number) => number = defineCall('read', 3, { returns: 'long' });
export const write: (fd: number, buf: Pointer, count: number) => number = defineCall('write', 3, { returns: 'long' });

export const poll: (fds: Pointer, nfds: number, timeoutMs: number) => number = defineCall('poll', 3);
/** The signal mask is not offered: `sigmask` must be NULL. */
export const ppoll: (fds: Pointer, nfds: number, timeout: Pointer, sigmask: null) => number = defineCall('ppoll', 4);
/** `arg` is an integer, or memory for commands that take a structure. */
export const fcntl: (fd: number, cmd: number, arg: number | Memory) => number = defineCall('fcntl', 3);
/** `argp` is memory, or an integer for requests that take one. */
export const ioctl: (fd: number, request: number, argp: number | Memory) => number = defineCall('ioctl', 3);
export const eventfd: (initval: number, flags: number) => number = defineCall('eventfd', 2);

export const setns: (fd: number, nstype: number) => number = defineCall('setns', 2);
export const unshare: (flags: number) => number = defineCall('unshare', 1);

export const gettid: () => number = defineCall('gettid', 0);
export const tgkill: (tgid: number, tid: number, signal: number) => number = defineCall('tgkill', 3);
export const sigaction: (signum: number, act: Pointer, oldact: Pointer) => number = defineCall('sigaction', 3);
export const prctl: (option: number, arg2: number | Memory, arg3: number, arg4: number, arg5: number) => number =
  defineCall('prctl', 5);
export const clock_gettime: (clockid: number, tp: Pointer) => number = defineCall('clock_gettime', 2);

/**
 * Passes a call's result on, or throws what went wrong.
 * @param detail what the call was about, for the error's message
 * @throws {ErrnoError} if `result` is -1
 */
export function checked(syscall: string, result: number, detail?: string): number {
  if (result === -1) throw new ErrnoError(syscall, lastErrno(), detail);
  return result;
}
