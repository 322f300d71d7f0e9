import { type FlagTable, flags } from './flags';
import { ParseContext } from './parse-context';

/** TCP's control bits (RFC 9293 §3.1) and AE (the former NS bit; RFC 9768), in the order in which reports join them. */
export const TCP_FLAGS = {
  SYN: 0x002,
  FIN: 0x001,
  RST: 0x004,
  PSH: 0x008,
  ACK: 0x010,
  URG: 0x020,
  ECE: 0x040,
  CWR: 0x080,
  AE: 0x100,
} as const satisfies FlagTable;

/** The nine flag bits of a TCP header. */
export const tcpFlags = flags(9, TCP_FLAGS);

/** The bits of flags as RFCs write them (`SYN-ACK`, `none`), or undefined if the text is no set of flags. */
export function parseTcpFlags(authored: unknown): number | undefined {
  return tcpFlags.parse(authored, new ParseContext('send'));
}

/** `SYN-ACK` for 18. */
export function formatTcpFlags(value: number): string {
  return tcpFlags.format(value);
}
