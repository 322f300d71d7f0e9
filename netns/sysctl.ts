import { writeFileSync } from 'node:fs';
import { inNamespace } from '../bindings';
import { LabError } from './lab-error';

/** Kernel settings by their sysctl name, for example `net.ipv4.tcp_syncookies`. */
export type Sysctls = Readonly<Record<string, string | number>>;

/**
 * Written before the bench's interface exists: its kernel must never send a frame of its own, and without IPv6 it has
 * none to send.
 */
export const benchSysctls: Sysctls = {
  'net.ipv6.conf.default.disable_ipv6': 1,
};

/** Written before the DUT's interface exists: no frames but those that a test causes. */
export const dutSysctls: Sysctls = {
  // No duplicate address detection: addresses can be used at once.
  'net.ipv6.conf.default.accept_dad': 0,
  'net.ipv6.conf.default.router_solicitations': 0,
  'net.ipv6.conf.default.accept_ra': 0,
  // No link-local address made from the MAC; the lab gives the interface a known one.
  'net.ipv6.conf.default.addr_gen_mode': 1,
  // Multicast reports: version 2 would send one when the link comes up; the one of version 1 finds no link yet, and
  // its repetition comes at a random time within this many milliseconds, so about never.
  'net.ipv6.conf.default.force_mld_version': 1,
  'net.ipv6.conf.default.mldv1_unsolicited_report_interval': 2_000_000,
};

/**
 * Writes settings of a network namespace. They are files under /proc/sys/net, which show the namespace of the thread
 * that opens them.
 * @throws {LabError} BAD_SYSCTL
 */
export function writeSysctls(namespaceFd: number, sysctls: Sysctls): void {
  const entries = Object.entries(sysctls);
  if (entries.length === 0) return;
  inNamespace(namespaceFd, () => {
    for (const [name, value] of entries) writeSysctl(name, value);
  });
}

function writeSysctl(name: string, value: string | number): void {
  try {
    // The kernel takes a value in one write; opening with 'w' would also try to create a file that does not exist.
    writeFileSync(sysctlPath(name), String(value), { flag: 'r+' });
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError('BAD_SYSCTL', `sysctl ${name} = ${value}: ${reason(error)}`, fixFor(name, error), error);
  }
}

/**
 * `net.ipv4.conf.eth0.rp_filter` is /proc/sys/net/ipv4/conf/eth0/rp_filter. A name with slashes is taken as it is, as
 * sysctl(8) does.
 */
function sysctlPath(name: string): string {
  const path = name.includes('/') ? name : name.replaceAll('.', '/');
  if (!/^net(\/[\w.-]+)+$/.test(path) || path.split('/').includes('..')) {
    throw new LabError(
      'BAD_SYSCTL',
      `sysctl ${name} is not a setting of a network namespace`,
      'use a name that begins with net. such as net.ipv4.tcp_syncookies; other settings belong to the whole machine',
    );
  }
  return `/proc/sys/${path}`;
}

function fixFor(name: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return `look for the setting under /proc/sys/net; this kernel has no ${name}, or not in each namespace`;
  if (code === 'EINVAL' || code === 'ERANGE')
    return `give ${name} a value that the kernel takes; see its documentation, ip-sysctl`;
  return 'run as root, or under `unshare -Urnm`';
}

function reason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return code === '' ? message : message.replace(`${code}: `, `${code} `).replace(/, \w+( '.*')?$/, '');
}
