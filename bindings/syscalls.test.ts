import { closeSync, openSync, readSync } from 'node:fs';
import { lastErrno } from './call';
import { constants } from './constants';
import { ErrnoError, errnoName } from './errno';
import {
  accept,
  bind,
  checked,
  close,
  connect,
  eventfd,
  fcntl,
  getsockname,
  getsockopt,
  ioctl,
  listen,
  read,
  recv,
  send,
  setsockopt,
  shutdown,
  socket,
  write,
} from './syscalls';

// Sockets of the Unix family: no packet leaves, no right is needed. TCP and UDP are tested in a lab.
const address = Buffer.concat([Buffer.from([1, 0, 0]), Buffer.from(`packetcase-syscalls-test-${process.pid}`)]);

describe('sockets of the Unix family', () => {
  let listener: number;

  beforeEach(() => {
    listener = checked('socket', socket(constants.AF_UNIX, constants.SOCK_STREAM, 0));
    checked('bind', bind(listener, address, address.length));
    checked('listen', listen(listener, 1));
  });

  afterEach(() => {
    close(listener);
  });

  it('connect, send, receive, shut down', () => {
    const client = checked('socket', socket(constants.AF_UNIX, constants.SOCK_STREAM, 0));
    checked('connect', connect(client, address, address.length));
    const server = checked('accept', accept(listener, null, null));
    expect(checked('send', send(client, Buffer.from('hello'), 5, 0))).toBe(5);

    const pending = Buffer.alloc(4);
    checked('ioctl', ioctl(server, constants.FIONREAD, pending));
    expect(pending.readInt32LE()).toBe(5);

    const buffer = Buffer.alloc(16);
    expect(recv(server, buffer, 16, constants.MSG_PEEK)).toBe(5);
    expect(recv(server, buffer, 16, 0)).toBe(5);
    expect(buffer.toString('latin1', 0, 5)).toBe('hello');
    expect(recv(server, buffer, 16, constants.MSG_DONTWAIT)).toBe(-1);
    expect(errnoName(lastErrno())).toBe('EAGAIN');

    checked('shutdown', shutdown(client, constants.SHUT_WR));
    expect(recv(server, buffer, 16, 0)).toBe(0);
    close(client);
    expect(send(server, buffer, 1, constants.MSG_NOSIGNAL)).toBe(-1);
    expect(errnoName(lastErrno())).toBe('EPIPE');
    close(server);
  });

  it('tell their address and options', () => {
    const name = Buffer.alloc(128);
    const length = Buffer.from([128, 0, 0, 0]);
    checked('getsockname', getsockname(listener, name, length));
    expect(name.subarray(0, length.readUInt32LE())).toEqual(address);

    const value = Buffer.alloc(4);
    const size = Buffer.from([4, 0, 0, 0]);
    checked('getsockopt', getsockopt(listener, constants.SOL_SOCKET, constants.SO_ACCEPTCONN, value, size));
    expect([value.readInt32LE(), size.readInt32LE()]).toEqual([1, 4]);
  });

  it('change between blocking and non-blocking', () => {
    checked('fcntl', fcntl(listener, constants.F_SETFL, constants.O_NONBLOCK));
    expect(fcntl(listener, constants.F_GETFL, 0)).toBe(constants.O_RDWR | constants.O_NONBLOCK);
    expect(accept(listener, null, null)).toBe(-1);
    expect(errnoName(lastErrno())).toBe('EAGAIN');
  });

  it('fail with the errno of the cause', () => {
    const other = socket(constants.AF_UNIX, constants.SOCK_STREAM, 0);
    expect(() => checked('bind', bind(other, address, address.length))).toThrow(new ErrnoError('bind', 98));
    expect(() =>
      checked('setsockopt', setsockopt(other, constants.SOL_SOCKET, 9999, Buffer.alloc(4), 4), '9999'),
    ).toThrow(new ErrnoError('setsockopt', 92, '9999'));
    close(other);
    expect(() => checked('listen', listen(other, 1))).toThrow('listen EBADF: bad file descriptor');
  });
});

it('read and write work on descriptors of Node', () => {
  const fd = checked('eventfd', eventfd(0, constants.O_NONBLOCK));
  const counter = Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]);
  expect(write(fd, counter, 8)).toBe(8);
  const got = Buffer.alloc(8);
  expect(readSync(fd, got)).toBe(8);
  expect(got).toEqual(counter);
  closeSync(fd);

  const zero = openSync('/dev/zero', 'r');
  expect(read(zero, Buffer.alloc(3, 1), 3)).toBe(3);
  closeSync(zero);
});
