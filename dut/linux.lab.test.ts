import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { constants, inNamespace, openNamespace, setInterfaceUp, type Timestamp } from '../bindings';
import { type AgentError, type CallResult, type PendingCall, type StackUnderTest, startLinuxAgent } from '.';

const {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  F_GETFL,
  F_SETFL,
  FIONREAD,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_PEEK,
  O_NONBLOCK,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  SHUT_RDWR,
  SHUT_WR,
  SIOCOUTQ,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} = constants;

const MS = 1_000_000;
const LOOPBACK = { ip: '127.0.0.1', port: 0 };

let dut: StackUnderTest;
let namespace: { fd: number };

beforeAll(async () => {
  dut = await startLinuxAgent();
});

afterAll(() => dut.close());

beforeEach(async () => {
  namespace = openNamespace();
  inNamespace(namespace.fd, () => setInterfaceUp('lo', true));
  await done(dut.reset({ path: `/proc/${process.pid}/fd/${namespace.fd}` }));
});

afterEach(() => closeSync(namespace.fd));

describe('calls', () => {
  test('a TCP connection from socket to close', async () => {
    const { server, client, sock, peer } = await connection();
    expect((await ok('getpeername', { fd: client })).out).toEqual((await ok('getsockname', { fd: server })).out);
    expect((await ok('getsockname', { fd: client })).out).toEqual({ addr: peer });

    expect((await ok('send', { fd: client, buffer: Buffer.from('hello') })).ret).toBe(5);
    expect((await ok('recv', { fd: sock, length: 100, flags: MSG_PEEK })).out).toEqual({
      buffer: Buffer.from('hello'),
    });
    expect((await ok('ioctl', { fd: sock, request: FIONREAD })).out).toEqual({ value: 5 });
    expect((await ok('read', { fd: sock, length: 2 })).out).toEqual({ buffer: Buffer.from('he') });
    expect((await ok('recvfrom', { fd: sock, length: 100 })).out).toEqual({ buffer: Buffer.from('llo') });
    expect((await ok('write', { fd: sock, buffer: Buffer.from('yes') })).ret).toBe(3);
    expect((await ok('recv', { fd: client, length: 3 })).out).toEqual({ buffer: Buffer.from('yes') });
    expect((await ok('ioctl', { fd: sock, request: SIOCOUTQ })).out).toEqual({ value: 0 });

    await ok('shutdown', { fd: client, how: SHUT_WR });
    expect(await ok('read', { fd: sock, length: 100 })).toMatchObject({ ret: 0, out: { buffer: Buffer.alloc(0) } });
    await ok('close', { fd: sock });
    await ok('close', { fd: client });
  });

  test('UDP over IPv6 with addresses', async () => {
    const receiver = await open(AF_INET6, SOCK_DGRAM);
    await ok('bind', { fd: receiver, addr: { ip: '::1', port: 5000 } });
    const sender = await open(AF_INET6, SOCK_DGRAM);
    await ok('bind', { fd: sender, addr: { ip: '::1', port: 5001 } });
    await ok('sendto', { fd: sender, buffer: Buffer.from('dgram'), addr: { ip: '::1', port: 5000 } });
    expect(await ok('recvfrom', { fd: receiver, length: 2 })).toMatchObject({
      ret: 2,
      out: { buffer: Buffer.from('dg'), addr: { ip: '::1', port: 5001 } },
    });
    await ok('sendto', { fd: sender, buffer: Buffer.alloc(0), addr: { ip: '::1', port: 5000 } });
    expect(await ok('recv', { fd: receiver, length: 2 })).toMatchObject({ ret: 0 });
  });

  test('AF_UNSPEC dissolves the association of a datagram socket', async () => {
    const fd = await open(AF_INET, SOCK_DGRAM);
    await ok('connect', { fd, addr: { ip: '127.0.0.1', port: 5000 } });
    await ok('connect', { fd, addr: { ip: '0.0.0.0', family: AF_UNSPEC } });
    expect((await run('getpeername', { fd })).errno).toBe('ENOTCONN');
  });

  test('mapped addresses, accept4 and the listener beside it', async () => {
    const server = await open(AF_INET6, SOCK_STREAM);
    await ok('bind', { fd: server, addr: { ip: '::', port: 5000 } });
    await ok('listen', { fd: server, backlog: 1 });
    const client = await open(AF_INET, SOCK_STREAM);
    await ok('connect', { fd: client, addr: { ip: '127.0.0.1', port: 5000 } });
    const accepted = await ok('accept4', { fd: server, flags: SOCK_NONBLOCK });
    expect(accepted.out).toEqual({ addr: { ip: '::ffff:127.0.0.1', port: expect.any(Number) } });
    expect((await ok('fcntl', { fd: accepted.ret, cmd: F_GETFL })).ret & O_NONBLOCK).toBe(O_NONBLOCK);
  });

  test.each([
    ['SO_REUSEADDR', 1, 1],
    ['SO_LINGER', { onoff: 1, linger: 2000 * MS }, { onoff: 1, linger: 2000 * MS }],
    ['SO_RCVTIMEO', 1_500 * MS, 1_500 * MS],
    ['TCP_CONGESTION', 'reno', 'reno'],
    ['TCP_USER_TIMEOUT', 3000 * MS, 3000 * MS],
    ['TCP_KEEPIDLE', 7000 * MS, 7000 * MS],
    ['TCP_NOTSENT_LOWAT', 0xffff_ffff, 0xffff_ffff],
    ['SO_MAX_PACING_RATE', 2 ** 40, 2 ** 40],
    ['SO_BINDTODEVICE', 'lo', 'lo'],
    ['SO_SNDBUF', 10_000, 20_000],
  ])('option %s', async (option, value, expected) => {
    const fd = await open(AF_INET, SOCK_STREAM);
    await ok('setsockopt', { fd, option, value });
    expect((await ok('getsockopt', { fd, option })).out.value).toEqual(expected);
  });

  test('TCP_INFO field by field', async () => {
    const { client } = await connection();
    const { value } = (await ok('getsockopt', { fd: client, option: 'TCP_INFO' })).out;
    expect(value).toMatchObject({
      tcpi_state: 1,
      tcpi_retransmits: 0,
      tcpi_snd_wscale: expect.any(Number),
      tcpi_max_pacing_rate: 2n ** 64n - 1n,
      tcpi_bytes_acked: 1,
    });
  });

  test('options with wrong lengths', async () => {
    const fd = await open(AF_INET, SOCK_STREAM);
    expect((await run('setsockopt', { fd, option: 'SO_LINGER', value: Buffer.from([1]) })).errno).toBe('EINVAL');
    expect((await run('setsockopt', { fd, option: 'TCP_NODELAY', value: 1, optlen: 2 })).errno).toBe('EINVAL');
    expect((await ok('getsockopt', { fd, option: 'SO_RCVBUF', optlen: 2 })).out).toMatchObject({
      value: expect.any(Buffer),
      optlen: 2,
    });
    expect((await run('getsockopt', { fd, option: 'SO_RCVBUF', optlen: 0xffff_ffff })).errno).toBe('EINVAL');
  });

  test('poll tells events, waits, and gives up', async () => {
    const { client, sock } = await connection();
    const fds = [
      { fd: client, events: POLLOUT },
      { fd: sock, events: POLLIN },
      { fd: 999, events: POLLIN },
      { fd: -1, events: POLLIN },
    ];
    expect(await ok('poll', { fds, timeout: 0 })).toMatchObject({
      ret: 2,
      out: { revents: [POLLOUT, 0, POLLNVAL, 0] },
    });
    const result = await ok('poll', { fds: [{ fd: sock, events: POLLIN }], timeout: 20 * MS });
    expect(result).toMatchObject({ ret: 0, out: { revents: [0] } });
    expect(nanoseconds(result.start, result.end)).toBeGreaterThanOrEqual(20 * MS);
    const waiting = dut.call('poll', { fds: [{ fd: sock, events: POLLIN }], timeout: Number.POSITIVE_INFINITY });
    await asleep(waiting);
    await ok('send', { fd: client, buffer: Buffer.from('x') });
    expect(await done(waiting)).toMatchObject({ ret: 1, out: { revents: [POLLIN] } });
  });

  test('several megabytes at once', async () => {
    const { client, sock } = await connection();
    const data = Buffer.alloc(4_000_000, 'abcdefg');
    const sending = dut.call('send', { fd: client, buffer: data });
    const parts: Buffer[] = [];
    for (let length = 0; length < data.length; length += (parts.at(-1) as Buffer).length) {
      parts.push((await ok('recv', { fd: sock, length: 4_000_000 })).out.buffer as Buffer);
    }
    expect((await done(sending)).ret).toBe(data.length);
    expect(Buffer.concat(parts).equals(data)).toBe(true);
  });

  test('non-blocking sockets answer at once', async () => {
    const fd = await open(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    expect((await run('connect', { fd, addr: { ip: '127.0.0.1', port: 9 } })).errno).toBe('EINPROGRESS');
    expect((await ok('getsockopt', { fd, option: 'SO_ERROR' })).out).toEqual({ value: 111, optlen: 4 });
    const { sock } = await connection();
    expect((await run('recv', { fd: sock, length: 1, flags: MSG_DONTWAIT })).errno).toBe('EAGAIN');
    await ok('fcntl', { fd: sock, cmd: F_SETFL, arg: O_NONBLOCK });
    expect((await run('read', { fd: sock, length: 1 })).errno).toBe('EAGAIN');
  });

  test.each([
    ['socket', { domain: 200, type: SOCK_STREAM }, 'EAFNOSUPPORT'],
    ['socket', { domain: AF_INET, type: SOCK_DGRAM, protocol: IPPROTO_TCP }, 'EPROTONOSUPPORT'],
    ['bind', { addr: { ip: '192.0.2.99', port: 1 } }, 'EADDRNOTAVAIL'],
    ['bind', { addr: LOOPBACK, addrlen: 4 }, 'EINVAL'],
    ['listen', { fd: 999 }, 'EBADF'],
    ['accept', {}, 'EINVAL'],
    ['connect', { addr: { ip: '127.0.0.1', port: 9 } }, 'ECONNREFUSED'],
    ['connect', { addr: { ip: '198.51.100.1', port: 9 } }, 'ENETUNREACH'],
    ['close', { fd: 999 }, 'EBADF'],
    ['close', { fd: -1 }, 'EBADF'],
    ['shutdown', { how: SHUT_RDWR }, 'ENOTCONN'],
    ['getpeername', {}, 'ENOTCONN'],
    ['getsockopt', { option: { level: 6, optname: 9999 } }, 'ENOPROTOOPT'],
    ['setsockopt', { option: 'TCP_CONGESTION', value: 'nothing' }, 'ENOENT'],
    ['send', { buffer: Buffer.from('x') }, 'EPIPE'],
    ['recv', { length: 1 }, 'ENOTCONN'],
    ['read', { fd: 0, length: 1 }, 'EBADF'],
    ['write', { fd: 1, buffer: Buffer.from('ready x\n') }, 'EBADF'],
    ['fcntl', { cmd: 9999 }, 'EINVAL'],
    ['ioctl', { request: 0x1 }, 'ENOTTY'],
  ])('%s %j fails with %s', async (name, args, errno) => {
    const fd = await open(AF_INET, SOCK_STREAM);
    const own = name === 'socket' ? args : { fd, ...args };
    expect(await run(name, own)).toMatchObject({ ret: -1, errno });
  });

  test('bad pointers reach the kernel', async () => {
    const { client, sock } = await connection();
    await ok('send', { fd: client, buffer: Buffer.from('x') });
    expect((await run('write', { fd: client, buffer: { pointer: 0 }, length: 10 })).errno).toBe('EFAULT');
    expect((await run('recv', { fd: sock, buffer: { pointer: 1 }, length: 10 })).errno).toBe('EFAULT');
  });

  test('a broken pipe is an errno, not a signal', async () => {
    const { client } = await connection();
    await ok('shutdown', { fd: client, how: SHUT_WR });
    expect((await run('write', { fd: client, buffer: Buffer.from('x') })).errno).toBe('EPIPE');
    expect(dut.alive).toBe(true);
  });

  test('a listener whose port is taken', async () => {
    const { server } = await connection();
    const addr = (await ok('getsockname', { fd: server })).out.addr;
    const fd = await open(AF_INET, SOCK_STREAM);
    expect((await run('bind', { fd, addr })).errno).toBe('EADDRINUSE');
  });

  test('start and end enclose a call, and calls in order do not overlap', async () => {
    const fd = await open(AF_INET, SOCK_DGRAM);
    let previous = { sec: Math.floor(Date.now() / 1000) - 1, nsec: 0 };
    for (let count = 0; count < 50; count++) {
      const { start, end } = await ok('getsockname', { fd });
      expect(nanoseconds(previous, start)).toBeGreaterThanOrEqual(0);
      expect(nanoseconds(start, end)).toBeGreaterThan(0);
      previous = end;
    }
    expect(nanoseconds(previous, { sec: Date.now() / 1000, nsec: 0 })).toBeLessThan(10_000 * MS);
  });
});

describe('blocked calls', () => {
  test('state tells when a call sleeps and when it has ended', async () => {
    const { client, sock } = await connection();
    const reading = dut.call('recv', { fd: sock, length: 10 });
    await asleep(reading);
    const { start } = await ok('send', { fd: client, buffer: Buffer.from('x') });
    const { end } = await done(reading);
    expect(nanoseconds(start, end)).toBeGreaterThan(0);
    expect((await done(dut.state(reading, 1000))).out).toEqual({ phase: 'ENDED' });
  });

  test.each(['accept', 'recv', 'poll', 'connect', 'send'])('%s can be cancelled', async (name) => {
    const { client, server, sock } = await connection();
    const blackHole = await open(AF_INET, SOCK_STREAM);
    if (name === 'connect') await fillBacklog();
    const args = {
      accept: { fd: server },
      recv: { fd: client, length: 1 },
      poll: { fds: [{ fd: client, events: POLLIN }], timeout: Number.POSITIVE_INFINITY },
      connect: { fd: blackHole, addr: { ip: '127.0.0.1', port: 7000 } },
      send: { fd: client, buffer: Buffer.alloc(1000) },
    }[name] as Record<string, unknown>;
    if (name === 'send') {
      // Buffers of a fixed size: those that the kernel sizes may grow after they were full.
      await ok('setsockopt', { fd: sock, option: 'SO_RCVBUF', value: 4096 });
      await ok('setsockopt', { fd: client, option: 'SO_SNDBUF', value: 4096 });
      await fill(client);
    }
    const pending = dut.call(name, args);
    await asleep(pending);
    pending.cancel();
    await expect(done(pending)).rejects.toMatchObject({ code: 'CANCELLED' });
    // The thread is fit for the next call.
    expect((await ok('poll', { fds: [], timeout: MS })).ret).toBe(0);
  });

  test('a call that is cancelled before it has begun', async () => {
    const { sock } = await connection();
    const pending = Array.from({ length: 10 }, () => dut.call('recv', { fd: sock, length: 1 }));
    for (const each of pending) each.cancel();
    for (const each of pending) await expect(done(each)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('cancelling what has ended does nothing', async () => {
    const fd = await open(AF_INET, SOCK_STREAM);
    const pending = dut.call('listen', { fd });
    await done(pending);
    pending.cancel();
    expect(pending.result?.ret).toBe(0);
  });

  test('sixteen at once, each gets its own data', async () => {
    const pairs = await Promise.all(Array.from({ length: 16 }, () => connection()));
    const reading = pairs.map(({ sock }) => dut.call('recv', { fd: sock, length: 100 }));
    for (const each of reading) await asleep(each);
    await Promise.all(pairs.map(({ client }, index) => ok('send', { fd: client, buffer: Buffer.from(`n${index}`) })));
    const texts = (await Promise.all(reading.map(done))).map(({ out }) => String(out.buffer));
    expect(texts).toEqual(pairs.map((_, index) => `n${index}`));
  });

  test('each thread has its own errno', async () => {
    const { sock } = await connection();
    const listener = await open(AF_INET, SOCK_STREAM);
    const datagram = await open(AF_INET, SOCK_DGRAM);
    const rounds = Array.from({ length: 20 }, () =>
      Promise.all([
        run('accept', { fd: listener }),
        run('accept', { fd: datagram }),
        run('connect', { fd: sock, addr: { ip: '127.0.0.1', port: 9 } }),
        run('recv', { fd: 999, length: 1 }),
      ]),
    );
    for (const results of await Promise.all(rounds)) {
      expect(results.map(({ errno }) => errno)).toEqual(['EINVAL', 'EOPNOTSUPP', 'EISCONN', 'EBADF']);
    }
  });

  test('close does not wake a call on the descriptor, cancel does', async () => {
    const { client, sock } = await connection();
    const reading = dut.call('recv', { fd: sock, length: 1 });
    await asleep(reading);
    await ok('close', { fd: sock });
    // The sleeping call holds the socket: the peer gets no FIN.
    expect((await run('recv', { fd: client, length: 1, flags: MSG_DONTWAIT })).errno).toBe('EAGAIN');
    expect((await done(dut.state(reading))).out).toEqual({ phase: 'ASLEEP' });
    reading.cancel();
    await expect(done(reading)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await ok('recv', { fd: client, length: 1 })).ret).toBe(0);
  });

  test('close with SO_LINGER blocks beside other calls', async () => {
    const { client, sock } = await connection();
    await ok('setsockopt', { fd: client, option: 'SO_LINGER', value: { onoff: 1, linger: 1000 * MS } });
    await fill(client);
    const closing = dut.call('close', { fd: client });
    await asleep(closing);
    expect((await ok('recv', { fd: sock, length: 10 })).ret).toBe(10);
    const { start, end, ret } = await done(closing);
    expect(ret).toBe(0);
    expect(nanoseconds(start, end)).toBeGreaterThan(900 * MS);
  });
});

describe('reset', () => {
  test('cancels calls, closes descriptors and enters the namespace', async () => {
    const { server, client, sock } = await connection();
    const pending = [dut.call('accept', { fd: server }), dut.call('recv', { fd: sock, length: 1 })];
    for (const each of pending) await asleep(each);
    const before = descriptorsOfAgent();
    const next = openNamespace();
    try {
      const { out } = await done(dut.reset({ path: `/proc/${process.pid}/fd/${next.fd}` }));
      expect(out).toEqual({ cancelled: 2, closed: 3 });
      for (const each of pending) expect(each.failure).toMatchObject({ code: 'CANCELLED' });
      expect(before.length - descriptorsOfAgent().length).toBe(3);
      expect((await run('getsockname', { fd: client })).errno).toBe('EBADF');
      expect(descriptorsOfAgent().filter((target) => target === readlinkSync(`/proc/self/fd/${next.fd}`))).toHaveLength(
        1,
      );
      // lo is down in the new namespace, for the main thread and for the others.
      const fd = await open(AF_INET, SOCK_DGRAM);
      expect((await run('connect', { fd, addr: { ip: '127.0.0.1', port: 1 } })).errno).toBe('ENETUNREACH');
      const [result] = await Promise.all([done(dut.exec(['ip', '-br', 'link'])), ok('poll', { fds: [], timeout: MS })]);
      expect(result.out).toMatchObject({ status: 0, stderr: '' });
      expect(String(result.out.stdout)).toMatch(/^lo +DOWN/);
    } finally {
      closeSync(next.fd);
    }
  });

  test('makes what follows wait until it is done', async () => {
    const { sock } = await connection();
    const reading = dut.call('recv', { fd: sock, length: 1 });
    await asleep(reading);
    const resetting = dut.reset({});
    const opening = dut.call('socket', { domain: AF_INET, type: SOCK_STREAM });
    expect((await done(resetting)).out).toEqual({ cancelled: 1, closed: 3 });
    expect((await ok('getsockname', { fd: (await done(opening)).ret })).ret).toBe(0);
  });

  test('resets connections, so that nothing keeps the namespace alive', async () => {
    const { sock } = await connection();
    await fill(sock);
    await done(dut.reset({}));
    const { out } = await done(dut.exec(['ss', '-Htan']));
    expect(out).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('refuses a path that is no namespace', async () => {
    await expect(done(dut.reset({ path: '/nowhere' }))).rejects.toMatchObject({
      code: 'AGENT_REFUSED',
      message: "reset: network namespace /nowhere: ENOENT: no such file or directory, open '/nowhere'",
    });
  });
});

describe('commands and parameters', () => {
  test('exec passes input, output and status', async () => {
    const { out } = await done(dut.exec(['sh', '-c', 'cat; echo bad >&2; exit 3'], Buffer.from('text')));
    expect(out).toEqual({ status: 3, stdout: 'text', stderr: 'bad\n' });
  });

  test('a command that does not exist', async () => {
    const { out } = await done(dut.exec(['/no/such/command']));
    expect(out).toMatchObject({ status: 127, stdout: '', stderr: expect.stringContaining('/no/such/command') });
  });

  test('a command can be cancelled', async () => {
    const sleeping = dut.exec(['sleep', '1000']);
    await done(dut.state(sleeping));
    sleeping.cancel();
    await expect(done(sleeping)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('sysctl reads and sets in the namespace only', async () => {
    expect((await done(dut.sysctl('net.ipv4.tcp_sack', '0'))).out).toEqual({ value: '1' });
    expect((await done(dut.sysctl('net.ipv4.tcp_sack'))).out).toEqual({ value: '0' });
    const next = openNamespace();
    await done(dut.reset({ path: `/proc/${process.pid}/fd/${next.fd}` }));
    closeSync(next.fd);
    expect((await done(dut.sysctl('net.ipv4.tcp_sack'))).out).toEqual({ value: '1' });
    expect(await done(dut.sysctl('net.ipv4.nothing'))).toMatchObject({ ret: -1, errno: 'ENOENT' });
    expect(await done(dut.sysctl('net.ipv4.tcp_sack', 'many'))).toMatchObject({ ret: -1, errno: 'EINVAL' });
  });
});

describe('the end', () => {
  test('an agent that is killed fails every call under way and to come', async () => {
    const other = await startLinuxAgent();
    const deaths: AgentError[] = [];
    other.onDeath = (error) => deaths.push(error);
    const waiting = [other.call('poll', { fds: [], timeout: Number.POSITIVE_INFINITY }), other.exec(['sleep', '1000'])];
    await done(other.state(waiting[0] as PendingCall, 1000));
    process.kill(other.pid, 'SIGKILL');
    for (const each of waiting) {
      await expect(done(each)).rejects.toMatchObject({
        code: 'AGENT_DIED',
        signal: 'SIGKILL',
        message: 'the agent ended by SIGKILL',
      });
    }
    expect(other.alive).toBe(false);
    expect(deaths).toHaveLength(1);
    expect(other.reset({})).toMatchObject({ done: true, failure: { code: 'AGENT_DIED' } });
    other.close();
  });

  test('an agent that hangs is given up', async () => {
    const other = await startLinuxAgent();
    process.kill(other.pid, 'SIGSTOP');
    await expect(done(other.sysctl('net.ipv4.tcp_sack'))).rejects.toMatchObject({ code: 'AGENT_HANGS' });
    expect(other.alive).toBe(false);
    other.close();
    await gone(other.pid);
  }, 15_000);

  test('an engine that is killed takes the agent and its commands with it', async () => {
    const engine = runEngine(`
      dut.exec(['sleep', '1000']);
      dut.call('poll', { fds: [], timeout: Infinity });
      dut.sysctl('kernel.ostype').onDone = () => console.log(dut.pid);
    `);
    const pid = Number(await firstLine(engine));
    const family = processesBelow(pid);
    expect(family).toHaveLength(1);
    engine.kill('SIGKILL');
    for (const each of [pid, ...family]) await gone(each);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`packetcase-${pid}-`))).toEqual([]);
  });

  test('an engine that has closed the agent ends by itself', async () => {
    const engine = runEngine("dut.exec(['sleep', '1000']); dut.close(); console.log('closed');");
    const ended = new Promise((resolve) => engine.on('exit', resolve));
    expect(await firstLine(engine)).toBe('closed');
    expect(await ended).toBe(0);
  });

  test('close leaves nothing behind', async () => {
    const other = await startLinuxAgent();
    const sleeping = other.exec(['sh', '-c', 'echo $$ >&2; exec sleep 1000']);
    const waiting = other.call('poll', { fds: [], timeout: Number.POSITIVE_INFINITY });
    await done(other.state(waiting, 1000));
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`packetcase-${other.pid}-`))).toEqual([]);
    const family = processesBelow(other.pid);
    expect(family.length).toBeGreaterThan(0);
    other.close();
    await expect(done(sleeping)).rejects.toMatchObject({ code: 'AGENT_CLOSED' });
    await expect(done(waiting)).rejects.toMatchObject({ code: 'AGENT_CLOSED' });
    for (const pid of [other.pid, ...family]) await gone(pid);
  });
});

/** A process that starts an agent `dut` and then runs `script`. */
function runEngine(script: string): ChildProcessByStdio<null, Readable, null> {
  const dist = JSON.stringify(join(__dirname, '../dist/dut'));
  const source = `require(${dist}).startLinuxAgent().then((dut) => { ${script} })`;
  return spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
}

function firstLine(child: { stdout: Readable }): Promise<string> {
  return new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
}

/** The result of a request. @throws {AgentError} its failure */
function done(pending: PendingCall): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    const settle = () => (pending.result ? resolve(pending.result) : reject(pending.failure));
    if (pending.done) settle();
    else pending.onDone = settle;
  });
}

function run(name: string, args: Record<string, unknown>): Promise<CallResult> {
  return done(dut.call(name, args));
}

async function ok(name: string, args: Record<string, unknown>): Promise<CallResult> {
  const result = await run(name, args);
  expect({ name, errno: result.errno }).toEqual({ name, errno: '' });
  return result;
}

async function open(domain: number, type: number): Promise<number> {
  return (await ok('socket', { domain, type })).ret;
}

async function connection(): Promise<{ server: number; client: number; sock: number; peer: unknown }> {
  const server = await open(AF_INET, SOCK_STREAM);
  await ok('bind', { fd: server, addr: LOOPBACK });
  await ok('listen', { fd: server });
  const { addr } = (await ok('getsockname', { fd: server })).out;
  const client = await open(AF_INET, SOCK_STREAM);
  await ok('connect', { fd: client, addr });
  const accepted = await ok('accept', { fd: server });
  return { server, client, sock: accepted.ret, peer: accepted.out.addr };
}

/** Writes until nothing more fits. */
async function fill(fd: number): Promise<void> {
  for (let last = 1; last > 0; ) {
    last = (await run('send', { fd, buffer: Buffer.alloc(1_000_000), flags: MSG_DONTWAIT })).ret;
  }
}

/** A listener on port 7000 that answers no further SYN. */
async function fillBacklog(): Promise<void> {
  const server = await open(AF_INET, SOCK_STREAM);
  await ok('bind', { fd: server, addr: { ip: '127.0.0.1', port: 7000 } });
  await ok('listen', { fd: server, backlog: 0 });
  const first = await open(AF_INET, SOCK_STREAM);
  await ok('connect', { fd: first, addr: { ip: '127.0.0.1', port: 7000 } });
}

async function asleep(pending: PendingCall): Promise<void> {
  expect((await done(dut.state(pending, 2000))).out).toEqual({ phase: 'ASLEEP' });
}

function nanoseconds(from: Timestamp, to: Timestamp): number {
  return (to.sec - from.sec) * 1e9 + (to.nsec - from.nsec);
}

function descriptorsOfAgent(): string[] {
  const folder = `/proc/${dut.pid}/fd`;
  return readdirSync(folder).map((fd) => readlinkSync(`${folder}/${fd}`));
}

function processesBelow(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((tid) => readFileSync(`/proc/${pid}/task/${tid}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
    .flatMap((child) => [child, ...processesBelow(child)]);
}

/** A killed process is gone when its parent has taken note, which Node does in its own time. */
async function gone(pid: number): Promise<void> {
  const limit = Date.now() + 2000;
  while (existsSync(`/proc/${pid}`) && Date.now() < limit) await new Promise(setImmediate);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
}
