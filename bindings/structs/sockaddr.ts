import { constants } from '../constants';
import { formatIp, parseIp } from './ip-address';

/** A socket address as an author writes it. */
export interface SocketAddress {
  /** Text of the address; its form tells the family. */
  readonly ip: string;
  readonly port: number;
  /** Interface index of a link-local address (sin6_scope_id). */
  readonly scope?: number;
  /** sin6_flowinfo, in host byte order. */
  readonly flowinfo?: number;
  /** sa_family where it is not the address's own, for example AF_UNSPEC. */
  readonly family?: number;
}

/** Room for any address that a call may give back (`struct sockaddr_storage`). */
export const SOCKADDR_STORAGE_SIZE = 128;

const SOCKADDR_IN_SIZE = 16;
const SOCKADDR_IN6_SIZE = 28;

/**
 * `struct sockaddr_in` or `sockaddr_in6`.
 * @throws {RangeError} if `ip` is not an address
 */
export function encodeSockaddr({ ip, port, scope = 0, flowinfo = 0, family }: SocketAddress): Buffer {
  const address = parseIp(ip);
  if (!address) throw new RangeError(`not an IP address: ${ip}`);
  const isIpv4 = address.length === 4;
  const bytes = Buffer.alloc(isIpv4 ? SOCKADDR_IN_SIZE : SOCKADDR_IN6_SIZE);
  bytes.writeUInt16LE(family ?? (isIpv4 ? constants.AF_INET : constants.AF_INET6), 0);
  bytes.writeUInt16BE(port & 0xffff, 2);
  if (isIpv4) {
    address.copy(bytes, 4);
  } else {
    bytes.writeUInt32BE(flowinfo, 4);
    address.copy(bytes, 8);
    bytes.writeUInt32LE(scope, 24);
  }
  return bytes;
}

/**
 * What a call wrote, or undefined if it is neither IPv4 nor IPv6 or was cut short. `scope` and `flowinfo` only where
 * they are not 0.
 */
export function decodeSockaddr(bytes: Uint8Array): SocketAddress | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < SOCKADDR_IN_SIZE) return undefined;
  const family = view.readUInt16LE(0);
  const port = view.readUInt16BE(2);
  if (family === constants.AF_INET) return { ip: formatIp(view.subarray(4, 8)), port };
  if (family !== constants.AF_INET6 || view.length < SOCKADDR_IN6_SIZE) return undefined;
  const flowinfo = view.readUInt32BE(4);
  const scope = view.readUInt32LE(24);
  return {
    ip: formatIp(view.subarray(8, 24)),
    port,
    ...(scope === 0 ? {} : { scope }),
    ...(flowinfo === 0 ? {} : { flowinfo }),
  };
}
