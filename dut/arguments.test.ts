import { decodeOutputs, encodeArguments } from './arguments';
import { type CallDescriptor, callDescriptor } from './calls';

const call = (name: string) => callDescriptor(name) as CallDescriptor;

test.each([
  ['socket', { domain: 2, type: 1 }, { domain: 2, type: 1, protocol: 0 }],
  [
    'connect',
    { fd: 3, addr: { ip: 'fe80::1', port: 80, scope: 4 } },
    { fd: 3, addr: { ip: 'fe80::1', port: 80, scope: 4, flowinfo: 0 } },
  ],
  [
    'send',
    { fd: 3, buffer: Buffer.from('hi'), flags: 0x40 },
    { fd: 3, buffer: { data: Buffer.from('hi') }, flags: 0x40 },
  ],
  ['write', { fd: 3, buffer: { pointer: 0 }, length: 10 }, { fd: 3, buffer: { pointer: 0 }, length: 10 }],
  ['poll', { fds: [{ fd: 3, events: 1 }], timeout: 1_500_001 }, { fds: [{ fd: 3, events: 1 }], timeout: 2 }],
  ['poll', { fds: [], timeout: Number.POSITIVE_INFINITY }, { fds: [], timeout: -1 }],
  ['getsockopt', { fd: 3, option: 'TCP_INFO' }, { fd: 3, option: { level: 6, optname: 11, type: 'TCP_INFO' } }],
  [
    'getsockopt',
    { fd: 3, option: { level: 9, optname: 8 } },
    { fd: 3, option: { level: 9, optname: 8, type: 'BYTES' } },
  ],
])('%s %j', (name, args, message) => {
  expect(encodeArguments(call(name), args)).toEqual(message);
});

test.each([
  ['SO_REUSEADDR', 1, 'INT', { number: 1 }],
  ['TCP_NOTSENT_LOWAT', 0xffff_ffff, 'UINT', { number: 0xffff_ffff }],
  ['SO_MAX_PACING_RATE', 2n ** 60n, 'UINT64', { number: 2n ** 60n }],
  ['SO_LINGER', { onoff: 1, linger: 2_000_000_000 }, 'LINGER', { linger: { onoff: 1, linger: 2 } }],
  ['SO_RCVTIMEO', 1_500_000_000, 'TIMEVAL', { timeval: { sec: 1, usec: 500_000 } }],
  ['TCP_USER_TIMEOUT', 50_000_000, 'INT', { number: 50 }],
  ['TCP_KEEPIDLE', 7_000_000_000, 'INT', { number: 7 }],
  ['TCP_CONGESTION', 'reno', 'STRING', { text: 'reno' }],
  ['SO_LINGER', Buffer.from([1]), 'LINGER', { bytes: Buffer.from([1]) }],
])('the value of %s: %p', (option, value, type, wire) => {
  const message = encodeArguments(call('setsockopt'), { fd: 3, option, value });
  expect(message).toMatchObject({ option: { type }, value: wire });
});

test.each([
  ['bind', { fd: 3 }, 'bind: addr is missing'],
  ['bind', { fd: 3, addr: { ip: 'localhost', port: 1 } }, 'bind: addr.ip is no IP address: localhost'],
  ['close', { fd: 3, flags: 1 }, 'close: flags is no argument of this call'],
  ['close', { fd: 'sock' }, 'close: fd is no integer'],
  ['send', { fd: 3, buffer: 'text' }, 'send: buffer is neither bytes nor a pointer'],
  ['getsockopt', { fd: 3, option: 'SO_NOTHING' }, 'getsockopt: option is unknown: SO_NOTHING'],
  ['setsockopt', { fd: 3, option: 'TCP_KEEPIDLE', value: 200_000_000 }, 'setsockopt: value is no whole number of s'],
  ['setsockopt', { fd: 3, option: 'SO_RCVTIMEO', value: 1 }, 'setsockopt: value is no whole number of µs'],
  ['setsockopt', { fd: 3, option: 'SO_LINGER', value: 1 }, 'setsockopt: value is no { onoff, linger }'],
  ['setsockopt', { fd: 3, option: 'TCP_CONGESTION', value: 1 }, 'setsockopt: value is no text'],
  ['setsockopt', { fd: 3, option: 'TCP_NODELAY', value: 'on' }, 'setsockopt: value is no integer'],
])('%s %j is refused', (name, args, reason) => {
  expect(() => encodeArguments(call(name), args)).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT', message: reason }),
  );
});

test.each([
  ['SO_ERROR', { number: 111 }, 111],
  ['SO_RCVTIMEO', { timeval: { sec: 1, usec: 500_000 } }, 1_500_000_000],
  ['SO_LINGER', { linger: { onoff: 1, linger: 2 } }, { onoff: 1, linger: 2_000_000_000 }],
  ['TCP_USER_TIMEOUT', { number: 50 }, 50_000_000],
  ['SO_MAX_PACING_RATE', { number: -1 }, 2n ** 64n - 1n],
  ['TCP_CONGESTION', { text: 'cubic' }, 'cubic'],
  ['TCP_INFO', { members: { values: { tcpi_state: 1 } } }, { tcpi_state: 1 }],
  ['SO_RCVBUF', { bytes: Buffer.from([0, 1]) }, Buffer.from([0, 1])],
])('%s reads %j as %j', (option, value, expected) => {
  const out = decodeOutputs(call('getsockopt'), { fd: 3, option }, { value, optlen: 4 });
  expect(out).toEqual({ value: expected, optlen: 4 });
});

test('an address has scope and flow only where they say something', () => {
  const message = { addr: { ip: 'fe80::1', port: 80, scope: 4, flowinfo: 0 } };
  expect(decodeOutputs(call('accept'), { fd: 3 }, message)).toEqual({ addr: { ip: 'fe80::1', port: 80, scope: 4 } });
});
