import { type AnyKind, isBits } from './kind';

/** How a value that fills whole octets inside another value (an option, a record, a list) is read and written. */
export interface Content {
  /** Undefined if it depends on the value. */
  readonly octets: number | undefined;
  octetsOf(value: unknown): number;
  read(bytes: Buffer, start: number, end: number): unknown;
  /** An undefined value is written as zero. */
  write(value: unknown, bytes: Buffer, start: number): void;
}

export function contentOf(kind: AnyKind): Content {
  const { layout } = kind;
  if (isBits(layout)) {
    const { bits, scale = 1 } = layout;
    const octets = bits / 8;
    return {
      octets,
      octetsOf: () => octets,
      read: (bytes, start) => readNumber(bytes, start, octets) * scale,
      write: (value, bytes, start) => writeNumber(bytes, start, octets, ((value as number | undefined) ?? 0) / scale),
    };
  }
  const octets = layout.octets === 'rest' ? undefined : layout.octets;
  return {
    octets,
    octetsOf: (value) => octets ?? (value === undefined ? 0 : layout.octetLength(value)),
    read: layout.decode,
    write(value, bytes, start) {
      if (value !== undefined) layout.encode(value, bytes, start);
      else if (octets !== undefined) bytes.fill(0, start, start + octets);
    },
  };
}

/** The unsigned number in so many octets (at most 6), most significant first. */
export function readNumber(bytes: Uint8Array, start: number, octets: number): number {
  let value = 0;
  for (let index = start; index < start + octets; index++) value = value * 256 + (bytes[index] as number);
  return value;
}

/** Writes an unsigned number into so many octets (at most 6), most significant first. */
export function writeNumber(bytes: Uint8Array, start: number, octets: number, value: number): void {
  if (octets > 4) {
    bytes[start] = value / 2 ** (octets * 8 - 8);
    writeNumber(bytes, start + 1, octets - 1, value);
    return;
  }
  let place = start;
  if (octets === 4) bytes[place++] = value >>> 24;
  if (octets >= 3) bytes[place++] = value >>> 16;
  if (octets >= 2) bytes[place++] = value >>> 8;
  bytes[place] = value;
}
