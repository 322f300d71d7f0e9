import { execFileSync } from 'node:child_process';
import { createLab, type Lab } from '../netns';
import { constants } from './constants';
import { ErrnoError } from './errno';
import { setInterfaceUp } from './interface';
import { inNamespace } from './namespace';
import { PacketSocket, type ReceivedFrame } from './packet-socket';
import { PollSet } from './poll-set';
import { clockRealtime, type Timestamp } from './thread';

const DUT_MAC = '020000000002';
const BENCH_MAC = '020000000001';
/** An EtherType for local experiments: no kernel answers it. */
const EXPERIMENTAL = '88b5';

// Generous, for machines that are busy: nothing here waits for time to pass.
jest.setTimeout(60_000);

describe('packet sockets at both ends of a link', () => {
  let lab: Lab;
  let bench: PacketSocket;
  let dut: PacketSocket;

  beforeEach(async () => {
    lab = await createLab();
    bench = inNamespace(lab.bench.namespaceFd, () => new PacketSocket({ ifindex: lab.bench.ifindex }));
    dut = inNamespace(lab.dut.namespaceFd, () => new PacketSocket({ ifindex: lab.dut.ifindex }));
  });

  afterEach(() => {
    bench.close();
    dut.close();
    lab.close();
  });

  it('carry a frame unchanged, with the time between start and end of the sending', () => {
    const sent = frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'payload'.repeat(200));
    const before = clockRealtime();
    bench.send(sent);
    const after = clockRealtime();
    const received = next(dut);
    expect(received.bytes).toEqual(sent);
    expect(received).toMatchObject({
      originalLength: sent.length,
      checksumNotReady: false,
      gso: false,
      vlanTci: undefined,
      packetType: constants.PACKET_HOST,
    });
    expect(nanoseconds(received)).toBeGreaterThanOrEqual(nanoseconds(before));
    expect(nanoseconds(received)).toBeLessThanOrEqual(nanoseconds(after));
  });

  it('tell to whom a frame was sent', () => {
    for (const destination of ['ffffffffffff', '01005e000001', '0200000000ff', DUT_MAC]) {
      bench.send(frame(destination, BENCH_MAC, EXPERIMENTAL, 'x'));
    }
    expect([next(dut), next(dut), next(dut), next(dut)].map(({ packetType }) => packetType)).toEqual([
      constants.PACKET_BROADCAST,
      constants.PACKET_MULTICAST,
      constants.PACKET_OTHERHOST,
      constants.PACKET_HOST,
    ]);
  });

  it('do not see what they send, nor what others on their side send', () => {
    const second = inNamespace(lab.bench.namespaceFd, () => new PacketSocket({ ifindex: lab.bench.ifindex }));
    bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'mine'));
    // A frame of the other side marks the end: everything sent before it would have come before it.
    dut.send(frame(BENCH_MAC, DUT_MAC, EXPERIMENTAL, 'yours'));
    for (const socket of [bench, second]) {
      expect(next(socket).bytes.toString('latin1', 14)).toBe('yours');
      expect(socket.receive()).toBeUndefined();
    }
    second.close();
  });

  it('give each receiver a buffer of its own', () => {
    bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'first'));
    bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'other'));
    const first = next(dut);
    next(dut).bytes.fill(0);
    expect(first.bytes.toString('latin1', 14)).toBe('first');
  });

  it('put a VLAN tag back that the kernel has taken out', () => {
    const sent = frame(DUT_MAC, BENCH_MAC, '8100', Buffer.from('a00788b5', 'hex').toString('latin1'), 'tagged');
    bench.send(sent);
    const received = next(dut);
    expect(received.bytes).toEqual(sent);
    expect(received).toMatchObject({ vlanTci: 0xa007, originalLength: sent.length });
  });

  it('keep the kind of a service tag', () => {
    const sent = frame(DUT_MAC, BENCH_MAC, '88a8', Buffer.from('006488b5', 'hex').toString('latin1'), 'service');
    bench.send(sent);
    expect(next(dut).bytes).toEqual(sent);
  });

  it('lose nothing of a burst of 5000 frames', () => {
    for (let index = 0; index < 5000; index++) bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, String(index)));
    for (let index = 0; index < 5000; index++) {
      expect(next(dut).bytes.toString('latin1', 14)).toBe(String(index));
    }
    expect(dut.statistics()).toEqual({ packets: 5000, drops: 0 });
    expect(dut.statistics()).toEqual({ packets: 5000, drops: 0 });
  });

  it('count what they lose when the buffer is full', () => {
    const small = inNamespace(
      lab.dut.namespaceFd,
      () => new PacketSocket({ ifindex: lab.dut.ifindex, receiveBufferBytes: 4096 }),
    );
    for (let index = 0; index < 100; index++) bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'x'));
    let received = 0;
    while (small.receive() !== undefined) received++;
    const { packets, drops } = small.statistics();
    expect(packets).toBe(100);
    expect(drops).toBe(100 - received);
    expect(drops).toBeGreaterThan(0);
    small.close();
  });

  it('wake a wait in poll', () => {
    const set = new PollSet([{ fd: dut.fd, events: constants.POLLIN }]);
    expect(set.wait(0)).toBe(0);
    bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'x'));
    expect(set.wait(5e9)).toBe(1);
    expect(dut.receive()).toBeDefined();
  });

  it('refuse a frame above the MTU', () => {
    const longest = frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'x'.repeat(1500));
    bench.send(longest);
    expect(next(dut).originalLength).toBe(1514);
    expect(() => bench.send(Buffer.concat([longest, Buffer.alloc(1)]))).toThrow(
      new ErrnoError('send', 90, 'packet socket, 1515 bytes'),
    );
  });

  it('say that the interface has gone down', () => {
    inNamespace(lab.bench.namespaceFd, () => setInterfaceUp('eth0', false));
    expect(() => bench.receive()).toThrow(new ErrnoError('recvmsg', 100, 'packet socket'));
    expect(() => bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'x'))).toThrow(
      new ErrnoError('send', 100, 'packet socket, 15 bytes'),
    );
  });

  it('say that the other end has gone down', () => {
    inNamespace(lab.dut.namespaceFd, () => setInterfaceUp('eth0', false));
    const sent = frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'x');
    expect(() => bench.send(sent)).toThrow(new ErrnoError('send', 105, 'packet socket, 15 bytes'));
  });

  it('say that the interface is gone', () => {
    inNamespace(lab.dut.namespaceFd, () => execFileSync('ip', ['link', 'delete', 'eth0']));
    expect(() => bench.receive()).toThrow(new ErrnoError('recvmsg', 100, 'packet socket'));
    expect(bench.receive()).toBeUndefined();
    expect(() => bench.send(frame(DUT_MAC, BENCH_MAC, EXPERIMENTAL, 'x'))).toThrow(
      new ErrnoError('send', 6, 'packet socket, 15 bytes'),
    );
  });

  it('need an interface that exists', () => {
    expect(() => inNamespace(lab.bench.namespaceFd, () => new PacketSocket({ ifindex: 999 }))).toThrow(
      new ErrnoError('bind', 19, 'interface index 999'),
    );
  });
});

function frame(destination: string, source: string, etherType: string, ...payload: string[]): Buffer {
  return Buffer.concat([
    Buffer.from(destination + source + etherType, 'hex'),
    ...payload.map((text) => Buffer.from(text, 'latin1')),
  ]);
}

/** What was sent on a veth has arrived when the sending call returns. */
function next(socket: PacketSocket): ReceivedFrame {
  const received = socket.receive();
  if (received === undefined) throw new Error('no frame has arrived');
  return received;
}

function nanoseconds({ sec, nsec }: Timestamp): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}
