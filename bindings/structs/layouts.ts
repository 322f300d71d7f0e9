import { defineStruct } from './struct';

/** `struct timeval`: SO_RCVTIMEO, SO_SNDTIMEO. */
export const timeval = defineStruct('timeval', [
  { name: 'tv_sec', type: 'i64', doc: 'Seconds.', unit: 's' },
  { name: 'tv_usec', type: 'i64', doc: 'Microseconds, below 1000000.', unit: 'us' },
]);

/** `struct linger`: SO_LINGER. */
export const linger = defineStruct('linger', [
  { name: 'l_onoff', type: 'i32', doc: 'Whether close() waits for, or throws away, what is not yet acknowledged.' },
  { name: 'l_linger', type: 'i32', doc: 'How long close() waits; 0 resets the connection.', unit: 's' },
]);

/** `struct pollfd`: an array of them is the first argument of poll(). */
export const pollfd = defineStruct('pollfd', [
  { name: 'fd', type: 'i32', doc: 'The file descriptor; a negative one is skipped.' },
  { name: 'events', type: 'u16', doc: 'The events to wait for.', constants: 'POLL' },
  { name: 'revents', type: 'u16', doc: 'The events that are there.', constants: 'POLL' },
]);
