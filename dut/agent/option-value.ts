import { linger, tcpInfo, timeval } from '../../bindings';

/** `Option.Type` of posix.proto. */
export type OptionType = 'INT' | 'UINT' | 'UINT64' | 'TIMEVAL' | 'LINGER' | 'STRING' | 'BYTES' | 'TCP_INFO';

/** `OptionValue` of posix.proto: one member is set. */
export interface OptionValue {
  readonly number?: number | bigint;
  readonly timeval?: { readonly sec: number | bigint; readonly usec: number | bigint };
  readonly linger?: { readonly onoff: number; readonly linger: number };
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly members?: { readonly values: Readonly<Record<string, number | bigint>> };
}

/** Room to give to getsockopt(), in bytes: `sizeof`, or enough for any value of a type without fixed length. */
export function optionSize(type: OptionType): number {
  return sizes[type];
}

/** The C value that getsockopt() wrote. One whose length does not fit its type is left as bytes. */
export function decodeOptionValue(type: OptionType, bytes: Buffer): OptionValue {
  if (type === 'STRING') {
    const end = bytes.indexOf(0);
    return { text: bytes.toString('utf8', 0, end === -1 ? bytes.length : end) };
  }
  if (type === 'TCP_INFO') return { members: { values: tcpInfo.decode(bytes) } };
  if (bytes.length !== sizes[type]) return { bytes };
  switch (type) {
    case 'INT':
      return { number: bytes.readInt32LE() };
    case 'UINT':
      return { number: bytes.readUInt32LE() };
    case 'UINT64':
      return { number: bytes.readBigInt64LE() };
    case 'TIMEVAL': {
      const { tv_sec: sec = 0, tv_usec: usec = 0 } = timeval.decode(bytes);
      return { timeval: { sec, usec } };
    }
    case 'LINGER': {
      const { l_onoff, l_linger } = linger.decode(bytes);
      return { linger: { onoff: Number(l_onoff), linger: Number(l_linger) } };
    }
    case 'BYTES':
      return { bytes };
  }
}

/** The C value for setsockopt(). */
export function encodeOptionValue(type: OptionType, value: OptionValue): Buffer {
  if (value.timeval) return timeval.encode({ tv_sec: value.timeval.sec, tv_usec: value.timeval.usec });
  if (value.linger) return linger.encode({ l_onoff: value.linger.onoff, l_linger: value.linger.linger });
  if (value.text !== undefined) return Buffer.from(value.text);
  if (value.bytes) return Buffer.from(value.bytes);
  if (value.members) return tcpInfo.encode(value.members.values);
  const bytes = Buffer.alloc(type === 'UINT64' ? 8 : 4);
  if (type === 'UINT64') bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value.number ?? 0)));
  else bytes.writeInt32LE(Number(BigInt.asIntN(32, BigInt(value.number ?? 0))));
  return bytes;
}

const sizes: Readonly<Record<OptionType, number>> = {
  INT: 4,
  UINT: 4,
  UINT64: 8,
  TIMEVAL: timeval.size,
  LINGER: linger.size,
  STRING: 256,
  BYTES: 4096,
  // A newer kernel may have more members.
  TCP_INFO: tcpInfo.size + 256,
};
