import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release, userInfo } from 'node:os';
import { promisify } from 'node:util';
import { close, constants, ErrnoError, ensureLoaded, inNamespace, lastErrno, PacketSocket, socket } from '../bindings';
import { findTool } from './ip-command';
import { createLab } from './lab';

/** One thing that a lab needs, and whether this machine has it. */
export interface ProbeLine {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What the user can do, if it is not ok. */
  readonly fix?: string;
}

/** Tries everything that a lab needs, one thing after the other, and leaves nothing behind. Never rejects. */
export async function probe(): Promise<ProbeLine[]> {
  const lines: ProbeLine[] = [];
  for (const [name, check] of checks) {
    try {
      const found = await check();
      lines.push(typeof found === 'string' ? { name, ok: true, detail: found } : { name, ok: false, ...found });
    } catch (error) {
      const { message = String(error), fix } = error as { message?: string; fix?: string };
      lines.push({ name, ok: false, detail: message, fix });
    }
  }
  return lines;
}

/** What is missing. A check returns this, throws, or returns the detail of what it found in order. */
type Missing = Pick<ProbeLine, 'detail' | 'fix'>;
type Check = () => string | Missing | Promise<string | Missing>;

const checks: readonly (readonly [name: string, check: Check])[] = [
  ['kernel', checkKernel],
  ['native module', checkNativeModule],
  ['rights', checkRights],
  ['iproute2', checkIproute2],
  ['packet sockets', checkPacketSocket],
  ['lab', checkLab],
];

function checkKernel(): string | Missing {
  if (process.platform === 'linux') return `Linux ${release()}, ${process.arch}`;
  return {
    detail: `${process.platform} has no network namespaces`,
    fix: 'run it on Linux, for example in a virtual machine or a container',
  };
}

function checkNativeModule(): string {
  ensureLoaded();
  return 'ffi-napi is compiled and loads';
}

function checkRights(): string | Missing {
  const missing = neededCapabilities.filter(([, bit]) => (effectiveCapabilities() & (1n << bit)) === 0n);
  const user = `user ${userInfo().username} (${process.getuid?.()})`;
  if (missing.length === 0) return `${user} with ${neededCapabilities.map(([name]) => name).join(', ')}`;
  const obstacle = userNamespaceObstacle();
  return {
    detail: `${user} lacks ${missing.map(([name]) => name).join(', ')}`,
    fix:
      obstacle === undefined
        ? 'run it as root, or as `unshare -Urnm npx packetcase …`'
        : `run it as root, or ${obstacle} and run it as \`unshare -Urnm npx packetcase …\``,
  };
}

async function checkIproute2(): Promise<string> {
  const path = findTool('ip');
  const { stdout } = await promisify(execFile)(path, ['-V']);
  return `${path}, ${stdout.trim()}`;
}

function checkPacketSocket(): string | Missing {
  const type = constants.SOCK_RAW | constants.SOCK_CLOEXEC;
  const fd = socket(constants.AF_PACKET, type, 0);
  if (fd === -1) {
    const fix = 'mend what "rights" says; a container must also be allowed CAP_NET_RAW and the socket family AF_PACKET';
    return { detail: new ErrnoError('socket', lastErrno(), 'AF_PACKET').message, fix };
  }
  close(fd);
  return 'AF_PACKET is allowed';
}

async function checkLab(): Promise<string> {
  const start = performance.now();
  const lab = await createLab();
  try {
    inNamespace(lab.bench.namespaceFd, () => new PacketSocket({ ifindex: lab.bench.ifindex })).close();
    return `made in ${Math.round(performance.now() - start)} ms`;
  } finally {
    lab.close();
  }
}

/** Bits of linux/capability.h. */
const neededCapabilities: readonly (readonly [name: string, bit: bigint])[] = [
  ['CAP_NET_ADMIN', 12n],
  ['CAP_NET_RAW', 13n],
  ['CAP_SYS_ADMIN', 21n],
];

function effectiveCapabilities(): bigint {
  const mask = /^CapEff:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${mask ?? '0'}`);
}

/** The switch of this kernel that forbids user namespaces to ordinary users, as what to do about it. */
function userNamespaceObstacle(): string | undefined {
  const values: readonly (readonly [path: string, forbids: string, allow: string])[] = [
    ['/proc/sys/user/max_user_namespaces', '0', '15000'],
    ['/proc/sys/kernel/unprivileged_userns_clone', '0', '1'],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1', '0'],
  ];
  for (const [path, forbids, allow] of values) {
    if (readSetting(path) === forbids) return `set ${path} to ${allow}`;
  }
  return undefined;
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // A kernel without the switch does not forbid anything by it.
    return undefined;
  }
}
