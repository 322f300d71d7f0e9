import { addressOf } from './call';
import { constants } from './constants';
import { ErrnoError, errnoNumber } from './errno';
import { checked, close, ioctl, socket } from './syscalls';

/**
 * Which offloads an interface has switched on. With any of them, frames on a veth may carry no real checksum or exceed
 * the MTU.
 */
export interface OffloadState {
  /** Checksums of sent frames are left to the hardware that a veth does not have. */
  readonly txChecksum: boolean;
  /** TCP hands segments above the MTU to the driver. */
  readonly tcpSegmentation: boolean;
  /** The stack splits such segments (and forwards them whole to a veth peer). */
  readonly genericSegmentation: boolean;
}

/** @throws {ErrnoError} ENODEV if this thread's network namespace has no such interface */
export function interfaceIndex(name: string): number {
  return withRequest('SIOCGIFINDEX', name, (request) => request.readInt32LE(IFR_DATA));
}

/** The link-layer address as `02:00:00:00:00:01`. @throws {ErrnoError} */
export function interfaceMac(name: string): string {
  // ifr_hwaddr is a struct sockaddr: two bytes of type, then the address.
  return withRequest('SIOCGIFHWADDR', name, (request) =>
    [...request.subarray(IFR_DATA + 2, IFR_DATA + 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
  );
}

/** The interface flags, IFF_*: bit 0 is IFF_UP, bit 6 IFF_RUNNING. @throws {ErrnoError} */
export function interfaceFlags(name: string): number {
  return withRequest('SIOCGIFFLAGS', name, (request) => request.readUInt16LE(IFR_DATA));
}

/** Switches the interface on or off. @throws {ErrnoError} EPERM without CAP_NET_ADMIN in the namespace */
export function setInterfaceUp(name: string, up: boolean): void {
  const flags = interfaceFlags(name);
  withRequest('SIOCSIFFLAGS', name, () => undefined, { flags: up ? flags | IFF_UP : flags & ~IFF_UP });
}

/**
 * Whether the interface and its peer are up. Asking also completes a change of that state, which the kernel otherwise
 * does some time later: until then an interface whose peer has just come up drops what it should send.
 * @throws {ErrnoError}
 */
export function hasLink(name: string): boolean {
  return ethtoolValue(name, ETHTOOL_GLINK, 0) !== 0;
}

/**
 * Switches checksum offload of sent frames on or off. Off also ends TCP segmentation offload, and the stack then
 * splits and checksums what it sends: this alone makes the frames on a veth what they would be on a real wire. Set it
 * on the sending end.
 *
 * @throws {ErrnoError} EPERM without CAP_NET_ADMIN in the namespace
 */
export function setTxChecksumOffload(name: string, on: boolean): void {
  ethtoolValue(name, ETHTOOL_STXCSUM, on ? 1 : 0);
}

/** @throws {ErrnoError} */
export function offloadState(name: string): OffloadState {
  return {
    txChecksum: ethtoolValue(name, ETHTOOL_GTXCSUM, 0) !== 0,
    tcpSegmentation: ethtoolValue(name, ETHTOOL_GTSO, 0) !== 0,
    genericSegmentation: ethtoolValue(name, ETHTOOL_GGSO, 0) !== 0,
  };
}

// struct ifreq: char ifr_name[16], then a union.
const IFR_SIZE = 40;
const IFR_DATA = 16;
const IFF_UP = 1;
const MAX_NAME_LENGTH = IFR_DATA - 1;

const ETHTOOL_GLINK = 0x0a;
const ETHTOOL_GTXCSUM = 0x16;
const ETHTOOL_STXCSUM = 0x17;
const ETHTOOL_GTSO = 0x1e;
const ETHTOOL_GGSO = 0x23;

/** Performs an interface request on a throw-away socket of this thread's network namespace. */
function withRequest<T>(
  requestName: 'SIOCGIFINDEX' | 'SIOCGIFHWADDR' | 'SIOCGIFFLAGS' | 'SIOCSIFFLAGS' | 'SIOCETHTOOL',
  name: string,
  readResult: (request: Buffer) => T,
  argument: { flags?: number; data?: Buffer } = {},
): T {
  if (Buffer.byteLength(name) > MAX_NAME_LENGTH)
    throw new ErrnoError('ioctl', errnoNumber('ENODEV') as number, `${requestName} ${name}`);
  const request = Buffer.alloc(IFR_SIZE);
  request.write(name);
  if (argument.flags !== undefined) request.writeUInt16LE(argument.flags, IFR_DATA);
  if (argument.data) request.writeBigInt64LE(BigInt(addressOf(argument.data)), IFR_DATA);
  const fd = checked('socket', socket(constants.AF_INET, constants.SOCK_DGRAM | constants.SOCK_CLOEXEC, 0));
  try {
    checked('ioctl', ioctl(fd, constants[requestName], request), `${requestName} ${name}`);
  } finally {
    close(fd);
  }
  return readResult(request);
}

/** Gets or sets one `struct ethtool_value { __u32 cmd; __u32 data; }`. */
function ethtoolValue(name: string, command: number, value: number): number {
  const data = Buffer.alloc(8);
  data.writeUInt32LE(command, 0);
  data.writeUInt32LE(value, 4);
  return withRequest('SIOCETHTOOL', name, () => data.readUInt32LE(4), { data });
}
