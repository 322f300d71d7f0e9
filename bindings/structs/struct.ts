/** A member's C type; `u8:4` and the like are bit-fields, the first one in the low bits (the x86-64 and arm64 ABI). */
export type MemberType = 'u8' | 'u16' | 'u32' | 'u64' | 'i16' | 'i32' | 'i64' | `u8:${number}`;

/** One member of a C structure, in the order of its declaration. */
export interface Member<Name extends string = string> {
  readonly name: Name;
  readonly type: MemberType;
  /** One sentence for editor help and reference pages. */
  readonly doc: string;
  /** Unit of the value, where it has one. */
  readonly unit?: 'bytes' | 'segments' | 'us' | 'ms' | 's' | 'bytes/s';
  /** The group of constants (see constants.ts) that name the member's values. */
  readonly constants?: string;
}

/** Values of a structure by member name: numbers, bigint only beyond 2^53. */
export type Values<Name extends string = string> = Record<Name, number | bigint>;

/** A C structure as a table: members at their natural alignment, little-endian. */
export interface Struct<Name extends string = string> {
  readonly name: string;
  readonly members: readonly Member<Name>[];
  /** `sizeof`. */
  readonly size: number;
  /** Members not given are 0. Values wrap to the member's width, as an assignment in C does. */
  encode(values: Partial<Values<Name>>): Buffer;
  /** Members that lie beyond the end of `bytes` are left out: an older kernel gives a shorter structure. */
  decode(bytes: Uint8Array): Partial<Values<Name>>;
}

/** Lays the members out as a C compiler does on a 64-bit platform. */
export function defineStruct<Name extends string>(name: string, members: readonly Member<Name>[]): Struct<Name> {
  const { places, size } = layOut(members);
  return {
    name,
    members,
    size,
    encode(values) {
      const bytes = Buffer.alloc(size);
      for (const place of places) {
        const value = values[place.name];
        if (value !== undefined) write(bytes, place, value);
      }
      return bytes;
    },
    decode(bytes) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const values: Partial<Values<Name>> = {};
      for (const place of places) {
        if (place.offset + place.lengthBytes <= view.length) values[place.name] = read(view, place);
      }
      return values;
    },
  };
}

/** Where a member lies; `width` below the length in bits is a bit-field. */
interface Place<Name extends string> {
  readonly name: Name;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly isSigned: boolean;
  readonly shift: number;
  readonly width: number;
}

function layOut<Name extends string>(members: readonly Member<Name>[]): { places: Place<Name>[]; size: number } {
  const places: Place<Name>[] = [];
  let end = 0;
  let largest = 1;
  let bitsUsed = 0;
  for (const { name, type } of members) {
    const [base = '', bits] = type.split(':');
    const lengthBytes = Number(base.slice(1)) / 8;
    const width = bits === undefined ? lengthBytes * 8 : Number(bits);
    const sharesUnit = bits !== undefined && bitsUsed > 0 && bitsUsed + width <= lengthBytes * 8;
    if (!sharesUnit) {
      end = Math.ceil(end / lengthBytes) * lengthBytes + lengthBytes;
      bitsUsed = 0;
    }
    places.push({ name, offset: end - lengthBytes, lengthBytes, isSigned: base[0] === 'i', shift: bitsUsed, width });
    bitsUsed = bits === undefined ? 0 : bitsUsed + width;
    largest = Math.max(largest, lengthBytes);
  }
  return { places, size: Math.ceil(end / largest) * largest };
}

function write(bytes: Buffer, { offset, lengthBytes, shift, width }: Place<string>, value: number | bigint): void {
  const wrapped = BigInt.asUintN(width, BigInt(value));
  if (lengthBytes === 8) bytes.writeBigUInt64LE(wrapped, offset);
  else if (width === lengthBytes * 8) bytes.writeUIntLE(Number(wrapped), offset, lengthBytes);
  else bytes.writeUIntLE(bytes.readUIntLE(offset, lengthBytes) | (Number(wrapped) << shift), offset, lengthBytes);
}

function read(bytes: Buffer, { offset, lengthBytes, isSigned, shift, width }: Place<string>): number | bigint {
  if (lengthBytes === 8) return exact(isSigned ? bytes.readBigInt64LE(offset) : bytes.readBigUInt64LE(offset));
  if (isSigned) return bytes.readIntLE(offset, lengthBytes);
  const unit = bytes.readUIntLE(offset, lengthBytes);
  return width === lengthBytes * 8 ? unit : (unit >>> shift) & ((1 << width) - 1);
}

function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
