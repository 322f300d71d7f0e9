import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import {
  bind,
  checked,
  close,
  connect,
  constants,
  encodeSockaddr,
  inNamespace,
  offloadState,
  PacketSocket,
  PollSet,
  parseIp,
  type ReceivedFrame,
  sendto,
  socket,
  write,
} from '../bindings';
import { createLab, type Lab, LabError, type LabOptions } from '.';

const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

// Generous, for machines that are busy: nothing here waits for time to pass.
jest.setTimeout(60_000);

let lab: Lab;
let wire: PacketSocket;

/** Makes a lab and opens the bench's end, as a test run does. */
async function open(options: LabOptions = {}): Promise<void> {
  lab = await createLab(options);
  wire = inNamespace(lab.bench.namespaceFd, () => new PacketSocket({ ifindex: lab.bench.ifindex }));
}

afterEach(() => {
  wire?.close();
  lab?.close();
});

describe('a lab', () => {
  it('has the addresses of its defaults', async () => {
    await open();
    const { id, bench, dut, mtu } = lab;
    expect(mtu).toBe(1500);
    expect(id).toMatch(new RegExp(`^${process.pid}-\\d+$`));
    expect({ ...bench, ifindex: 0, namespaceFd: 0, namespacePath: '' }).toEqual({
      interface: 'eth0',
      ifindex: 0,
      mac: '02:00:00:00:00:01',
      ip: '192.0.2.1',
      ipPrefix: 24,
      ipv6: '2001:db8::1',
      ipv6Prefix: 64,
      linkLocal: 'fe80::1',
      namespaceFd: 0,
      namespacePath: '',
    });
    expect([dut.mac, dut.ip, dut.ipv6, dut.linkLocal]).toEqual([
      '02:00:00:00:00:02',
      '192.0.2.2',
      '2001:db8::2',
      'fe80::2',
    ]);
    expect(inDut('ip', '-br', 'address', 'show', 'dev', 'eth0')).toMatch(
      /^eth0@if\d+ +UP +192\.0\.2\.2\/24 2001:db8::2\/64 fe80::2\/64 *$/,
    );
    expect(inDut('ip', '-4', 'route').split(' \n')).toEqual([
      'default via 192.0.2.1 dev eth0 onlink',
      '192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2',
    ]);
    expect(inDut('ip', 'neigh')).toContain('192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT');
    expect(existsSync(dut.namespacePath)).toBe(true);
  });

  it('takes other addresses, MAC and MTU', async () => {
    await open({
      mtu: 1400,
      dut: { ip: '10.1.2.3/8', ipv6: 'fd00::7/48', mac: '02:AA:00:00:00:07' },
      bench: { ip: '10.9.9.9', mac: '02:bb:00:00:00:08' },
    });
    expect(inDut('ip', '-br', 'address', 'show', 'dev', 'eth0')).toContain(' 10.1.2.3/8 fd00::7/48 fe80::2/64');
    expect(inDut('ip', 'link', 'show', 'dev', 'eth0')).toMatch(/mtu 1400 .* link\/ether 02:aa:00:00:00:07 /s);
    expect(inDut('ip', 'neigh')).toContain('10.9.9.9 dev eth0 lladdr 02:bb:00:00:00:08 PERMANENT');
    expect([lab.dut.ipPrefix, lab.dut.ipv6Prefix, lab.dut.mac]).toEqual([8, 48, '02:aa:00:00:00:07']);
  });

  it('has no IPv6 where the MTU is too small for it', async () => {
    await open({ mtu: 576 });
    wire.send(segment(SYN));
    expect(tcpFlags(await next())).toBe(RST | ACK);
    expect(inDut('ip', '-6', 'address', 'show', 'dev', 'eth0')).toBe('');
  });

  it('has kernel settings of its own, also of its interface', async () => {
    const before = readFileSync('/proc/sys/net/ipv4/tcp_rmem', 'utf8');
    await open({
      sysctl: {
        'net.ipv4.tcp_rmem': '4096 8192 16384',
        'net.ipv4.tcp_congestion_control': 'reno',
        'net.ipv4.conf.eth0.rp_filter': 1,
        'net/ipv4/tcp_syncookies': 0,
        'net.ipv6.conf.all.disable_ipv6': 1,
      },
    });
    const read = (name: string) => inDut('cat', `/proc/sys/net/${name}`).trim();
    expect([
      read('ipv4/tcp_rmem'),
      read('ipv4/tcp_congestion_control'),
      read('ipv4/conf/eth0/rp_filter'),
      read('ipv4/tcp_syncookies'),
      read('ipv6/conf/eth0/disable_ipv6'),
    ]).toEqual(['4096\t8192\t16384', 'reno', '1', '0', '1']);
    expect(readFileSync('/proc/sys/net/ipv4/tcp_rmem', 'utf8')).toBe(before);
  });

  it('can have a queueing discipline', async () => {
    await open({ qdisc: 'pfifo limit 7' });
    expect(inDut('tc', 'qdisc', 'show', 'dev', 'eth0')).toMatch(/^qdisc pfifo \w+: root refcnt \d+ limit 7p/);
  });
});

describe('the link', () => {
  it('carries an answer to the first frame, over IPv4 and over IPv6', async () => {
    await open();
    wire.send(segment(SYN));
    expect(tcpFlags(await next())).toBe(RST | ACK);
    wire.send(segment(SYN, { version: 6 }));
    expect(tcpFlags(await next())).toBe(RST | ACK);
  });

  it('does so at once in twenty labs one after the other', async () => {
    for (let index = 0; index < 20; index++) {
      await open();
      wire.send(segment(SYN));
      expect(tcpFlags(wire.receive())).toBe(RST | ACK);
      expect(wire.receive()).toBeUndefined();
      wire.close();
      lab.close();
    }
  });

  it('is silent while nobody does anything', async () => {
    await open();
    expect(new PollSet([{ fd: wire.fd, events: constants.POLLIN }]).wait(1.5e9)).toBe(0);
    wire.send(segment(SYN, { port: 9 }));
    await next();
    expect(wire.statistics()).toEqual({ packets: 1, drops: 0 });
  });

  it('hides the bench’s kernel: it answers neither ARP nor TCP nor IPv6', async () => {
    await open();
    const dutWire = inNamespace(lab.dut.namespaceFd, () => new PacketSocket({ ifindex: lab.dut.ifindex }));
    dutWire.send(arpRequest('192.0.2.1'));
    dutWire.send(segment(SYN, { from: 'dut' }));
    dutWire.send(segment(SYN, { from: 'dut', version: 6 }));
    for (let index = 0; index < 3; index++) await next();
    // The bench's kernel has had all three when the sends returned. A frame from here proves that the way back is open.
    expect(dutWire.receive()).toBeUndefined();
    wire.send(segment(SYN));
    expect(tcpFlags(dutWire.receive())).toBe(SYN);
    dutWire.close();
  });

  it('carries a bad checksum as it is, and the DUT drops the segment', async () => {
    await open();
    const dutWire = inNamespace(lab.dut.namespaceFd, () => new PacketSocket({ ifindex: lab.dut.ifindex }));
    const bad = segment(SYN, { port: 1 });
    bad.writeUInt16BE(bad.readUInt16BE(50) ^ 0x5555, 50);
    wire.send(bad);
    wire.send(segment(SYN, { port: 2 }));
    const arrived = dutWire.receive();
    expect(arrived?.bytes).toEqual(bad);
    expect(arrived?.checksumNotReady).toBe(false);
    const answer = await next();
    expect(answer.bytes.readUInt16BE(36)).toBe(2);
    expect(wire.receive()).toBeUndefined();
    dutWire.close();
  });
});

describe('what the DUT sends', () => {
  it('has real checksums and fits the MTU', async () => {
    await open();
    expect(inNamespace(lab.dut.namespaceFd, () => offloadState('eth0'))).toMatchObject({ txChecksum: false });
    for (const version of [4, 6] as const) {
      const frames = await sendFromDut(version, 14_000);
      expect(frames.length).toBeGreaterThan(9);
      for (const frame of frames) {
        expect([frame.checksumNotReady, frame.gso]).toEqual([false, false]);
        expect(frame.originalLength).toBeLessThanOrEqual(1514);
        expect(checksumIsRight(frame.bytes)).toBe(true);
      }
      expect(Math.max(...frames.map((frame) => frame.originalLength))).toBe(1514);
    }
  });

  it('has real checksums in UDP and fits a smaller MTU', async () => {
    await open({ mtu: 1300 });
    const fd = inNamespace(lab.dut.namespaceFd, () =>
      checked('socket', socket(constants.AF_INET, constants.SOCK_DGRAM, 0)),
    );
    const peer = encodeSockaddr({ ip: lab.bench.ip, port: 7777 });
    checked('sendto', sendto(fd, Buffer.alloc(900, 'u'), 900, 0, peer, peer.length));
    checked('sendto', sendto(fd, Buffer.alloc(3000, 'u'), 3000, 0, peer, peer.length));
    close(fd);
    const [whole, ...fragments] = [await next(), await next(), await next(), await next()];
    expect(checksumIsRight(whole?.bytes ?? Buffer.alloc(0))).toBe(true);
    for (const fragment of fragments) expect(fragment.originalLength).toBeLessThanOrEqual(1314);
    expect(fragments.reduce((sum, { originalLength }) => sum + originalLength - 34, 0)).toBe(3008);
  });

  it('is left to offload where the lab says so, and the frames are marked', async () => {
    await open({ offload: true });
    const frames = await sendFromDut(4, 14_000);
    expect(frames.some((frame) => frame.checksumNotReady)).toBe(true);
    expect(frames.some((frame) => frame.gso && frame.originalLength > 1514)).toBe(true);
    expect(frames.every((frame) => checksumIsRight(frame.bytes))).toBe(false);
  });
});

describe('a lab that cannot be', () => {
  const cases: readonly (readonly [options: LabOptions, code: string, message: string, fix: string])[] = [
    [
      { dut: { ip: '192.0.2' } },
      'BAD_LAB_OPTION',
      'lab.dut.ip 192.0.2 is no IPv4 address',
      'write an address, with a prefix length after a slash if it is not the usual one',
    ],
    [
      { bench: { ipv6: '2001:db8::1/129' } },
      'BAD_LAB_OPTION',
      'lab.bench.ipv6 2001:db8::1/129 is no IPv6 address',
      'write an address, with a prefix length after a slash if it is not the usual one',
    ],
    [
      { dut: { mac: '02:00:00:00:00' } },
      'BAD_LAB_OPTION',
      'lab.dut.mac 02:00:00:00:00 is no MAC address',
      'write six bytes like 02:00:00:00:00:02',
    ],
    [
      { mtu: 20 },
      'BAD_LAB_OPTION',
      'lab.mtu 20 is not possible',
      'give an MTU from 68 to 65535, and 1280 or more for IPv6',
    ],
    [
      { qdisc: 'pfifo\nlink delete' },
      'BAD_LAB_OPTION',
      'lab.qdisc "pfifo\\nlink delete" is no queueing discipline',
      'write it as tc does, for example: pfifo limit 10',
    ],
    [
      { sysctl: { 'net.ipv4.tcp_sink': 1 } },
      'BAD_SYSCTL',
      'sysctl net.ipv4.tcp_sink = 1: ENOENT no such file or directory',
      'look for the setting under /proc/sys/net; this kernel has no net.ipv4.tcp_sink, or not in each namespace',
    ],
    [
      { sysctl: { 'net.ipv4.tcp_rmem': 'much' } },
      'BAD_SYSCTL',
      'sysctl net.ipv4.tcp_rmem = much: EINVAL invalid argument',
      'give net.ipv4.tcp_rmem a value that the kernel takes; see its documentation, ip-sysctl',
    ],
    [
      { sysctl: { 'kernel.hostname': 'x' } },
      'BAD_SYSCTL',
      'sysctl kernel.hostname is not a setting of a network namespace',
      'use a name that begins with net. such as net.ipv4.tcp_syncookies; other settings belong to the whole machine',
    ],
    [
      { sysctl: { 'net/../kernel/hostname': 'x' } },
      'BAD_SYSCTL',
      'sysctl net/../kernel/hostname is not a setting of a network namespace',
      'use a name that begins with net. such as net.ipv4.tcp_syncookies; other settings belong to the whole machine',
    ],
    [
      { dut: { mac: '01:00:00:00:00:01' } },
      'COMMAND_FAILED',
      'ip link add eth0 mtu 1500 address 01:00:00:00:00:01 type veth peer name eth0 netns /proc/self/fd/3 mtu 1500 ' +
        'address 02:00:00:00:00:01: RTNETLINK answers: Cannot assign requested address',
      "check the lab's options; if they are right, this kernel or this version of ip lacks what the command needs",
    ],
  ];

  it.each(cases)('%j', async (options, code, message, fix) => {
    const before = openNamespaces();
    const error = await createLab(options).then(
      (made) => made.close(),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LabError);
    const { code: gotCode, message: gotMessage, fix: gotFix } = error as LabError;
    expect([gotCode, gotMessage, gotFix]).toEqual([code, message, fix]);
    expect(openNamespaces()).toBe(before);
  });
});

/** How many descriptors of this process are namespaces. */
function openNamespaces(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The descriptor with which the directory was read.
      return '';
    }
  });
  return links.filter((link) => link.startsWith('net:[')).length;
}

function inDut(command: string, ...args: string[]): string {
  return inNamespace(lab.dut.namespaceFd, () => execFileSync(command, args, { encoding: 'utf8' })).trim();
}

/** The next frame, waited for: the DUT's kernel may answer from another thread. */
async function next(): Promise<ReceivedFrame> {
  const set = new PollSet([{ fd: wire.fd, events: constants.POLLIN }]);
  for (const end = performance.now() + 5000; performance.now() < end; set.wait(1e9)) {
    const frame = wire.receive();
    if (frame) return frame;
  }
  throw new Error('no frame came');
}

/**
 * Lets the DUT connect, answers its SYN, lets it send `length` bytes, and returns the data frames that need no further
 * ACK.
 */
async function sendFromDut(version: 4 | 6, length: number): Promise<ReceivedFrame[]> {
  const peer = encodeSockaddr({ ip: version === 4 ? lab.bench.ip : lab.bench.ipv6, port: 8080 });
  const local = encodeSockaddr({ ip: version === 4 ? lab.dut.ip : lab.dut.ipv6, port: 40000 });
  const family = version === 4 ? constants.AF_INET : constants.AF_INET6;
  const fd = inNamespace(lab.dut.namespaceFd, () =>
    checked('socket', socket(family, constants.SOCK_STREAM | constants.SOCK_NONBLOCK, 0)),
  );
  checked('bind', bind(fd, local, local.length));
  expect(connect(fd, peer, peer.length)).toBe(-1);
  const syn = await next();
  expect(tcpFlags(syn)).toBe(SYN);
  const at = 14 + (version === 4 ? 20 : 40);
  const acknowledgmentNumber = syn.bytes.readUInt32BE(at + 4) + 1;
  wire.send(
    segment(SYN | ACK, { version, port: 8080, toPort: 40000, acknowledgmentNumber, mss: version === 4 ? 1460 : 1440 }),
  );
  expect(tcpFlags(await next())).toBe(ACK);
  expect(checked('write', write(fd, Buffer.alloc(length, 'd'), length))).toBe(length);
  const frames: ReceivedFrame[] = [];
  for (let seen = 0; seen < length; ) {
    const frame = await next();
    frames.push(frame);
    seen += frame.originalLength - at - (frame.bytes.readUInt8(at + 12) >> 4) * 4;
  }
  close(fd);
  return frames;
}

interface SegmentOptions {
  version?: 4 | 6;
  from?: 'bench' | 'dut';
  port?: number;
  toPort?: number;
  acknowledgmentNumber?: number;
  mss?: number;
}

/** A TCP segment with right checksums, built by hand: the codec is not what is tested here. */
function segment(flags: number, options: SegmentOptions = {}): Buffer {
  const { version = 4, from = 'bench', port = 1234, toPort = 80, acknowledgmentNumber = 0, mss } = options;
  const [sender, receiver] = from === 'bench' ? [lab.bench, lab.dut] : [lab.dut, lab.bench];
  const tcp = Buffer.alloc(mss === undefined ? 20 : 24);
  tcp.writeUInt16BE(port, 0);
  tcp.writeUInt16BE(toPort, 2);
  tcp.writeUInt32BE(1000, 4);
  tcp.writeUInt32BE(acknowledgmentNumber >>> 0, 8);
  tcp.writeUInt8((tcp.length / 4) << 4, 12);
  tcp.writeUInt8(flags, 13);
  tcp.writeUInt16BE(65535, 14);
  if (mss !== undefined) tcp.writeUInt32BE(0x0204_0000 | mss, 20);
  const [source, destination] = (version === 4 ? [sender.ip, receiver.ip] : [sender.ipv6, receiver.ipv6]).map(
    (text) => parseIp(text) as Buffer,
  ) as [Buffer, Buffer];
  tcp.writeUInt16BE(checksum(pseudoHeader(source, destination, 6, tcp.length), tcp), 16);
  const ip = Buffer.alloc(version === 4 ? 20 : 40);
  if (version === 4) {
    ip.writeUInt8(0x45, 0);
    ip.writeUInt16BE(20 + tcp.length, 2);
    ip.writeUInt8(64, 8);
    ip.writeUInt8(6, 9);
    source.copy(ip, 12);
    destination.copy(ip, 16);
    ip.writeUInt16BE(checksum(ip), 10);
  } else {
    ip.writeUInt8(0x60, 0);
    ip.writeUInt16BE(tcp.length, 4);
    ip.writeUInt8(6, 6);
    ip.writeUInt8(64, 7);
    source.copy(ip, 8);
    destination.copy(ip, 24);
  }
  return Buffer.concat([
    macBytes(receiver.mac),
    macBytes(sender.mac),
    Buffer.from(version === 4 ? '0800' : '86dd', 'hex'),
    ip,
    tcp,
  ]);
}

function arpRequest(ip: string): Buffer {
  const head = Buffer.from('ffffffffffff' + '020000000002' + '0806' + '0001080006040001' + '020000000002', 'hex');
  return Buffer.concat([head, parseIp(lab.dut.ip) as Buffer, Buffer.alloc(6), parseIp(ip) as Buffer]);
}

function tcpFlags(frame: ReceivedFrame | undefined): number | undefined {
  if (!frame) return undefined;
  return frame.bytes.readUInt8((frame.bytes.readUInt16BE(12) === 0x0800 ? 34 : 54) + 13);
}

/** Whether the checksums of the IP header and of the TCP or UDP in it are right. */
function checksumIsRight(frame: Buffer): boolean {
  if (frame.readUInt16BE(12) === 0x0800) {
    const payload = frame.subarray(34, 14 + frame.readUInt16BE(16));
    const pseudo = pseudoHeader(frame.subarray(26, 30), frame.subarray(30, 34), frame.readUInt8(23), payload.length);
    return checksum(frame.subarray(14, 34)) === 0 && checksum(pseudo, payload) === 0;
  }
  const payload = frame.subarray(54);
  return (
    checksum(
      pseudoHeader(frame.subarray(22, 38), frame.subarray(38, 54), frame.readUInt8(20), payload.length),
      payload,
    ) === 0
  );
}

function pseudoHeader(source: Buffer, destination: Buffer, protocol: number, length: number): Buffer {
  return Buffer.concat([source, destination, Buffer.from([0, protocol, length >> 8, length & 0xff])]);
}

function checksum(...parts: Buffer[]): number {
  const bytes = Buffer.concat([...parts, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}
