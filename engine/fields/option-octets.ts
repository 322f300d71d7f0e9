import { type Content, contentOf } from './content';
import type { AnyKind } from './kind';

/** One option of a list: its name and canonical value; options without a value have none. */
export interface OptionValue {
  readonly name: string;
  readonly value?: unknown;
}

export interface OptionDefinition {
  readonly name: string;
  readonly kind: number;
  readonly rfcName: string;
  readonly section: string;
  readonly doc: string;
  /** One octet alone, without a length. */
  readonly single?: true;
  /** Content after kind and length. Unset: the option has none. */
  readonly value?: AnyKind;
  /** Octets of the content that make the option what its name says; other lengths are read as `raw`. Unset: as `value` says. */
  readonly lengths?: (octets: number) => boolean;
  /** Leading content octets that tell this option from others of the kind (RFC 6994 §3). */
  readonly prefix?: readonly number[];
  /** Fills up a list: not counted at its end when lists are compared. */
  readonly padding?: true;
  /** Ends the list; what follows up to the end of the header is kept as its value if it is more than padding. */
  readonly end?: true;
}

/** How a protocol lays out its options. */
export interface OptionListFormat {
  readonly definitions: readonly OptionDefinition[];
  /** What one step of the length octet counts. */
  readonly lengthUnit: 1 | 8;
  /** Octets of kind and length that the length octet counts too: 2 or 0. */
  readonly lengthCounts: 0 | 2;
  /** The list and `alignOffset` octets before it are filled up to a multiple of this many octets. */
  readonly align: 1 | 4 | 8;
  readonly alignOffset?: number;
  /** Writes so many octets of padding. */
  readonly pad: (bytes: Buffer, start: number, octets: number) => void;
  /** Most octets that the header has room for. */
  readonly maxOctets?: number;
}

/** An option written as its numbers, for kinds without a name and for wrong ones. */
export interface RawValue {
  readonly kind?: number;
  /** The length octet where it is not what the data say. */
  readonly length?: number;
  readonly data?: Buffer;
}

const HEADER_OCTETS = 2;

/** How one option, by name, becomes octets. */
interface Writer {
  /** -1 if they depend on the value. */
  readonly fixedOctets: number;
  octets(value: unknown): number;
  /** Returns where the next option begins. */
  write(value: unknown, bytes: Buffer, start: number): number;
}

/** Reads and writes the octets of option lists of one format; reading never throws and loses nothing. */
export class OptionOctets {
  private readonly byKind: (readonly Reader[] | undefined)[] = new Array(256).fill(undefined);
  private readonly writers = new Map<string, Writer>();
  private readonly align: number;
  private readonly alignOffset: number;

  constructor(private readonly format: OptionListFormat) {
    this.align = format.align;
    this.alignOffset = format.alignOffset ?? 0;
    for (const definition of format.definitions) {
      this.byKind[definition.kind] = [...(this.byKind[definition.kind] ?? []), readerOf(definition)];
      this.writers.set(definition.name, definition.single ? singleWriter(definition) : this.writerOf(definition));
    }
    this.writers.set('raw', this.rawWriter());
    this.writers.set('bytes', {
      fixedOctets: -1,
      octets: (value) => (value as Buffer).length,
      write: (value, bytes, start) => start + (value as Buffer).copy(bytes, start),
    });
  }

  read(bytes: Buffer, start: number, end: number): readonly OptionValue[] {
    const list: OptionValue[] = [];
    let offset = start;
    while (offset < end) {
      const readers = this.byKind[bytes[offset] as number];
      const first = readers?.[0];
      if (first?.definition.single) {
        offset++;
        if (first.definition.end) {
          list.push(this.readEnd(first, bytes, start, offset, end));
          break;
        }
        list.push(first.bare);
        continue;
      }
      if (offset + 1 === end) {
        list.push({ name: 'bytes', value: bytes.subarray(offset, end) });
        break;
      }
      const length = bytes[offset + 1] as number;
      const octets = length * this.format.lengthUnit + HEADER_OCTETS - this.format.lengthCounts;
      if (octets < HEADER_OCTETS || offset + octets > end) {
        const data = bytes.subarray(offset + HEADER_OCTETS, end);
        list.push({ name: 'raw', value: { kind: bytes[offset], length, data } });
        break;
      }
      list.push(readOption(readers, bytes, offset, offset + octets));
      offset += octets;
    }
    return list;
  }

  write(list: readonly OptionValue[], bytes: Buffer, start: number): void {
    let offset = start;
    for (let index = 0; index < list.length; index++) {
      const { name, value } = list[index] as OptionValue;
      offset = this.writer(name).write(value, bytes, offset);
    }
    const padding = this.paddingAfter(offset - start);
    if (padding > 0) this.format.pad(bytes, offset, padding);
  }

  /** Octets of the list with its padding. */
  octets(list: readonly OptionValue[]): number {
    let octets = 0;
    for (let index = 0; index < list.length; index++) {
      const { name, value } = list[index] as OptionValue;
      const writer = this.writer(name);
      octets += writer.fixedOctets < 0 ? writer.octets(value) : writer.fixedOctets;
    }
    return octets + this.paddingAfter(octets);
  }

  private readEnd(reader: Reader, bytes: Buffer, start: number, offset: number, end: number): OptionValue {
    let isPadding = end - offset === this.paddingAfter(offset - start);
    for (let index = offset; index < end; index++) isPadding &&= bytes[index] === 0;
    return isPadding ? reader.bare : { name: reader.definition.name, value: bytes.subarray(offset, end) };
  }

  private paddingAfter(octets: number): number {
    return -(octets + this.alignOffset) & (this.align - 1);
  }

  private writer(name: string): Writer {
    const writer = this.writers.get(name);
    if (writer === undefined)
      throw new Error(`no option is called ${name}; known are ${[...this.writers.keys()].join(', ')}`);
    return writer;
  }

  private writerOf({ kind, value: valueKind, prefix = [] }: OptionDefinition): Writer {
    const { lengthUnit, lengthCounts } = this.format;
    const content = valueKind === undefined ? NOTHING : contentOf(valueKind);
    const before = HEADER_OCTETS + prefix.length;
    const octetsOf = (value: unknown) => (before + content.octetsOf(value) + lengthUnit - 1) & -lengthUnit;
    const fixedOctets = content.octets === undefined ? -1 : octetsOf(undefined);
    return {
      fixedOctets,
      octets: octetsOf,
      write(value, bytes, start) {
        const octets = fixedOctets < 0 ? octetsOf(value) : fixedOctets;
        bytes[start] = kind;
        bytes[start + 1] = (octets - HEADER_OCTETS + lengthCounts) / lengthUnit;
        for (let index = 0; index < prefix.length; index++)
          bytes[start + HEADER_OCTETS + index] = prefix[index] as number;
        content.write(value, bytes, start + before);
        if (lengthUnit > 1) bytes.fill(0, start + before + content.octetsOf(value), start + octets);
        return start + octets;
      },
    };
  }

  private rawWriter(): Writer {
    const { lengthUnit, lengthCounts } = this.format;
    const octetsOf = (value: unknown) => HEADER_OCTETS + ((value as RawValue).data?.length ?? 0);
    return {
      fixedOctets: -1,
      octets: octetsOf,
      write(value, bytes, start) {
        const { kind = 0, length, data } = value as RawValue;
        const octets = octetsOf(value);
        bytes[start] = kind;
        bytes[start + 1] = length ?? Math.ceil((octets - HEADER_OCTETS + lengthCounts) / lengthUnit);
        data?.copy(bytes, start + HEADER_OCTETS);
        return start + octets;
      },
    };
  }
}

/** Fills with zero octets, as TCP's and IPv4's end of option list does. */
export function padWithZeros(bytes: Buffer, start: number, octets: number): void {
  for (let index = 0; index < octets; index++) bytes[start + index] = 0;
}

const NOTHING: Content = { octets: 0, octetsOf: () => 0, read: () => undefined, write: () => undefined };

interface Reader {
  readonly definition: OptionDefinition;
  /** The option without a value; one object for all lists. */
  readonly bare: OptionValue;
  /** Octets before the content. */
  readonly before: number;
  readonly content: Content | undefined;
  readonly fits: (contentOctets: number) => boolean;
}

function readerOf(definition: OptionDefinition): Reader {
  const { name, value, prefix, lengths } = definition;
  const content = value === undefined ? undefined : contentOf(value);
  const octets = content === undefined ? 0 : content.octets;
  return {
    definition,
    bare: { name },
    before: HEADER_OCTETS + (prefix?.length ?? 0),
    content,
    fits: lengths ?? ((there) => octets === undefined || octets === there),
  };
}

function readOption(readers: readonly Reader[] | undefined, bytes: Buffer, start: number, end: number): OptionValue {
  if (readers !== undefined) {
    for (const { definition, bare, before, content, fits } of readers) {
      if (start + before > end || !fits(end - start - before)) continue;
      if (definition.prefix?.some((octet, index) => bytes[start + HEADER_OCTETS + index] !== octet)) continue;
      return content === undefined ? bare : { name: definition.name, value: content.read(bytes, start + before, end) };
    }
  }
  return { name: 'raw', value: { kind: bytes[start], data: bytes.subarray(start + HEADER_OCTETS, end) } };
}

function singleWriter({ kind, end }: OptionDefinition): Writer {
  return {
    fixedOctets: end ? -1 : 1,
    octets: (value) => (value === undefined ? 1 : 1 + (value as Buffer).length),
    write(value, bytes, start) {
      bytes[start] = kind;
      return value === undefined ? start + 1 : start + 1 + (value as Buffer).copy(bytes, start + 1);
    },
  };
}
