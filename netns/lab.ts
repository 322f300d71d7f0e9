import { closeSync, readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ErrnoError,
  hasLink,
  inNamespace,
  interfaceIndex,
  openNamespace,
  parseIp,
  setInterfaceUp,
  setTxChecksumOffload,
} from '../bindings';
import { PEER_NAMESPACE, runBatch } from './ip-command';
import { LabError } from './lab-error';
import { benchSysctls, dutSysctls, type Sysctls, writeSysctls } from './sysctl';

/** What a lab can be asked to be. Everything has a default. */
export interface LabOptions {
  /** MTU of both ends, bytes. Default 1500. */
  readonly mtu?: number;
  /** Leave the DUT's offloads on: frames above the MTU and without checksum. Default false. */
  readonly offload?: boolean;
  /**
   * Queueing discipline of the DUT's interface in the words of tc(8), for example `pfifo limit 10`. Default: none, as
   * on every veth.
   */
  readonly qdisc?: string;
  /** Kernel settings of the DUT's namespace, for example `net.ipv4.tcp_syncookies`. */
  readonly sysctl?: Sysctls;
  readonly dut?: EndOptions;
  readonly bench?: EndOptions;
}

/**
 * Addresses of one end. An address may carry a prefix length after a slash; without, it is 24 for IPv4 and 64 for
 * IPv6.
 */
export interface EndOptions {
  readonly ip?: string;
  readonly ipv6?: string;
  readonly mac?: string;
}

/** One end of the test link. */
export interface LabEnd {
  /** The interface's name in the end's namespace. */
  readonly interface: string;
  readonly ifindex: number;
  /** As `02:00:00:00:00:02`. */
  readonly mac: string;
  readonly ip: string;
  readonly ipPrefix: number;
  readonly ipv6: string;
  readonly ipv6Prefix: number;
  /** IPv6 link-local address. */
  readonly linkLocal: string;
  /** Descriptor of the network namespace, for setns; the lab closes it. */
  readonly namespaceFd: number;
  /** Under this path other processes can open the namespace while the lab exists. */
  readonly namespacePath: string;
}

/** Two namespaces and the link between them. */
export interface Lab {
  /** Unique among the labs of all processes of the machine. */
  readonly id: string;
  readonly bench: LabEnd;
  readonly dut: LabEnd;
  readonly mtu: number;
  /**
   * Gives the lab up. The kernel removes it once no process and no socket of the caller is in it any more. Further
   * calls do nothing.
   */
  close(): void;
}

/**
 * Makes a lab that no test has touched. When it resolves, the link is up and the DUT can send and receive at once.
 *
 * Takes about 10 ms, of which 6 ms on this thread; while iproute2 runs, other work of the process can go on.
 * Namespaces are switched on this thread, only ever within one synchronous step. The DUT's addresses are on its
 * interface; the bench's are known to the DUT as permanent neighbours and as default routers.
 *
 * @throws {LabError}
 * @throws {NativeModuleError} if the bindings are not compiled
 */
export async function createLab(options: LabOptions = {}): Promise<Lab> {
  const mtu = options.mtu ?? 1500;
  const dut = readAddresses('dut', options.dut, DUT_DEFAULTS);
  const bench = readAddresses('bench', options.bench, BENCH_DEFAULTS);
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65535) {
    throw new LabError(
      'BAD_LAB_OPTION',
      `lab.mtu ${mtu} is not possible`,
      'give an MTU from 68 to 65535, and 1280 or more for IPv6',
    );
  }
  const qdisc = options.qdisc === undefined ? undefined : readQdisc(options.qdisc);
  const fds: number[] = [];
  try {
    const benchFd = makeNamespace(fds);
    const dutFd = makeNamespace(fds);
    writeSysctls(benchFd, benchSysctls);
    writeSysctls(dutFd, dutSysctls);
    const [late, early] = splitSysctls(options.sysctl ?? {});
    writeSysctls(dutFd, early);
    await runBatch('ip', dutFd, linkCommands(mtu, dut, bench), benchFd);
    if (qdisc !== undefined) await runBatch('tc', dutFd, [`qdisc replace dev ${INTERFACE} root ${qdisc}`]);
    if (mtu >= IPV6_LEAST_MTU) await groupsJoined(dutFd, [dut.ipv6, dut.linkLocal], early);
    writeSysctls(dutFd, late);
    const benchIndex = inNamespace(benchFd, () => {
      setInterfaceUp(INTERFACE, true);
      return interfaceIndex(INTERFACE);
    });
    const dutIndex = inNamespace(dutFd, () => {
      if (options.offload !== true) setTxChecksumOffload(INTERFACE, false);
      if (!hasLink(INTERFACE)) throw new Error(`the link of ${INTERFACE} is not up`);
      return interfaceIndex(INTERFACE);
    });
    return {
      id: `${process.pid}-${nextNumber++}`,
      bench: { ...bench, ...place(benchFd, benchIndex) },
      dut: { ...dut, ...place(dutFd, dutIndex) },
      mtu,
      close: () => closeAll(fds),
    };
  } catch (error) {
    closeAll(fds);
    throw error;
  }
}

/** Name of the interface at both ends. */
const INTERFACE = 'eth0';

/** RFC 8200 §5. Below it, Linux has no IPv6 on the interface. */
const IPV6_LEAST_MTU = 1280;

type Addresses = Pick<LabEnd, 'mac' | 'ip' | 'ipPrefix' | 'ipv6' | 'ipv6Prefix' | 'linkLocal'>;

// RFC 5737 and RFC 3849 keep these addresses for documentation: they are nobody's. 02 marks a locally administered
// MAC address.
const DUT_DEFAULTS = { ip: '192.0.2.2', ipv6: '2001:db8::2', mac: '02:00:00:00:00:02', linkLocal: 'fe80::2' };
const BENCH_DEFAULTS = { ip: '192.0.2.1', ipv6: '2001:db8::1', mac: '02:00:00:00:00:01', linkLocal: 'fe80::1' };

let nextNumber = 1;

function readAddresses(end: string, options: EndOptions = {}, defaults: typeof DUT_DEFAULTS): Addresses {
  const [ip, ipPrefix] = readAddress(`${end}.ip`, options.ip ?? defaults.ip, isIPv4, 24, 32);
  const [ipv6, ipv6Prefix] = readAddress(`${end}.ipv6`, options.ipv6 ?? defaults.ipv6, isIPv6, 64, 128);
  const mac = options.mac ?? defaults.mac;
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(mac)) {
    throw new LabError(
      'BAD_LAB_OPTION',
      `lab.${end}.mac ${mac} is no MAC address`,
      'write six bytes like 02:00:00:00:00:02',
    );
  }
  return { mac: mac.toLowerCase(), ip, ipPrefix, ipv6, ipv6Prefix, linkLocal: defaults.linkLocal };
}

function readAddress(
  option: string,
  text: string,
  isAddress: (text: string) => boolean,
  defaultPrefix: number,
  maxPrefix: number,
): [address: string, prefix: number] {
  const [address = '', prefixText = String(defaultPrefix), ...rest] = text.split('/');
  const prefix = Number(prefixText);
  if (!isAddress(address) || !/^\d+$/.test(prefixText) || prefix > maxPrefix || rest.length > 0) {
    throw new LabError(
      'BAD_LAB_OPTION',
      `lab.${option} ${text} is no ${maxPrefix === 32 ? 'IPv4' : 'IPv6'} address`,
      'write an address, with a prefix length after a slash if it is not the usual one',
    );
  }
  return [address, prefix];
}

function readQdisc(text: string): string {
  if (/^[\w.]+( +[\w.:%/-]+)*$/.test(text.trim())) return text.trim();
  throw new LabError(
    'BAD_LAB_OPTION',
    `lab.qdisc ${JSON.stringify(text)} is no queueing discipline`,
    'write it as tc does, for example: pfifo limit 10',
  );
}

/**
 * Settings of the interface exist only with the interface, and IPv6 can be disabled once it is set up; all others take
 * effect for what is made after them.
 */
function splitSysctls(sysctls: Sysctls): [late: Sysctls, early: Sysctls] {
  const entries = Object.entries(sysctls);
  const isLate = ([name]: [string, unknown]) =>
    name.split(/[./]/).some((part) => part === INTERFACE || part === 'disable_ipv6');
  return [Object.fromEntries(entries.filter(isLate)), Object.fromEntries(entries.filter((entry) => !isLate(entry)))];
}

function makeNamespace(fds: number[]): number {
  try {
    const { fd } = openNamespace();
    fds.push(fd);
    return fd;
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    if (error.code === 'EPERM') {
      throw new LabError(
        'NO_PERMISSION',
        'this user may not make network namespaces (CAP_SYS_ADMIN and CAP_NET_ADMIN are needed)',
        'run as root, or under `unshare -Urnm` where the kernel allows user namespaces; `packetcase doctor` shows which switch forbids them',
        error,
      );
    }
    throw new LabError(
      'SYSTEM_LIMIT',
      `no more network namespaces can be made: ${error.message}`,
      'raise /proc/sys/user/max_net_namespaces, or run fewer jobs',
      error,
    );
  }
}

/**
 * What `ip` does in the DUT's namespace. The bench's end comes up last, and not here: without IP it needs no more than
 * an ioctl.
 */
function linkCommands(mtu: number, dut: Addresses, bench: Addresses): string[] {
  const commands = [
    'link set lo up',
    `link add ${INTERFACE} mtu ${mtu} address ${dut.mac} type veth ` +
      `peer name ${INTERFACE} netns ${PEER_NAMESPACE} mtu ${mtu} address ${bench.mac}`,
    `link set ${INTERFACE} up`,
    `address add ${dut.ip}/${dut.ipPrefix} brd + dev ${INTERFACE}`,
    `neigh add ${bench.ip} lladdr ${bench.mac} dev ${INTERFACE} nud permanent`,
    `route add default via ${bench.ip} dev ${INTERFACE} onlink`,
  ];
  if (mtu >= IPV6_LEAST_MTU) {
    commands.push(
      `address add ${dut.ipv6}/${dut.ipv6Prefix} dev ${INTERFACE} nodad`,
      `address add ${dut.linkLocal}/64 dev ${INTERFACE} nodad`,
      `neigh add ${bench.ipv6} lladdr ${bench.mac} dev ${INTERFACE} nud permanent`,
      `neigh add ${bench.linkLocal} lladdr ${bench.mac} dev ${INTERFACE} nud permanent`,
      `route add default via ${bench.ipv6} dev ${INTERFACE} onlink`,
    );
  }
  return commands;
}

/**
 * Waits until the kernel has joined the multicast groups of the DUT's addresses and has sent its reports, some time
 * after `ip` has ended. As long as the link is down they are lost; on a busy machine they would come later and be the
 * first frames of the test.
 */
async function groupsJoined(namespaceFd: number, addresses: readonly string[], sysctls: Sysctls): Promise<void> {
  // Only version 1 tells when a report is sent. Whoever asks for another version wants to see reports.
  if (Object.keys(sysctls).some((name) => name.endsWith('force_mld_version'))) return;
  // RFC 4291 §2.7.1: the solicited-node group ends in the low 24 bits of the address.
  const groups = addresses.map((address) => `ff0200000000000000000001ff${parseIp(address)?.toString('hex', 13)}`);
  const deadline = performance.now() + 1000;
  for (;;) {
    const table = inNamespace(namespaceFd, () => readFileSync('/proc/thread-self/net/igmp6', 'latin1'));
    // Index, interface, group, users, flags; flag 2 is set once the report was sent.
    const reported = table
      .split('\n')
      .map((line) => line.split(/ +/))
      .filter(([, name, , , flags]) => name === INTERFACE && (Number.parseInt(flags ?? '', 16) & 2) !== 0);
    if (groups.every((group) => reported.some((entry) => entry[2] === group)) || performance.now() > deadline) return;
    await sleep(1);
  }
}

function place(fd: number, ifindex: number): Pick<LabEnd, 'interface' | 'ifindex' | 'namespaceFd' | 'namespacePath'> {
  return { interface: INTERFACE, ifindex, namespaceFd: fd, namespacePath: `/proc/${process.pid}/fd/${fd}` };
}

function closeAll(fds: number[]): void {
  for (const fd of fds.splice(0)) closeSync(fd);
}
