import { hexBytes } from './bytes';
import type { AnyKind, FieldKind, JsonSchema, MatcherDefinition } from './kind';
import { isBits } from './kind';
import { accepts, formatValue, Matcher, parseValue } from './matcher';
import { oneOf, suggestName } from './nearest-name';
import { formatAuthored, isMap, type ParseContext } from './parse-context';
import { readNumber, record, writeNumber } from './record';
import { uint } from './uint';

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

export interface OptionListFormat {
  readonly definitions: readonly OptionDefinition[];
  /** What one step of the length octet counts. */
  readonly lengthUnit: number;
  /** Octets of kind and length that the length octet counts too. */
  readonly lengthIncludesHeader: boolean;
  /** The list is filled up to a multiple of this many octets, less `alignOffset`. */
  readonly align: number;
  readonly alignOffset?: number;
  /** Writes so many octets of padding. */
  readonly pad: (bytes: Buffer, start: number, octets: number) => void;
  /** Most octets that the header has room for. */
  readonly maxOctets?: number;
}

/** An option written as its numbers, for kinds without a name and for wrong ones. */
interface RawValue {
  readonly kind?: unknown;
  /** The length octet where it is not what the data say. */
  readonly length?: unknown;
  readonly data?: unknown;
}

const octet = uint(8);
const octets = hexBytes('rest');
const rawKind = record([
  { key: 'kind', kind: octet, doc: "The option's kind (or type) octet." },
  { key: 'length', kind: octet, doc: "The length octet, where it is to be another than the data's." },
  { key: 'data', kind: octets, doc: 'The octets after kind and length, in hexadecimal.' },
]);

const HEADER_OCTETS = 2;

/**
 * A list of type-length-value options. Each is a name (`nop`) or a map with one name (`mss: 1460`). What no definition
 * explains becomes `raw: { kind, data }`, a length octet that does not fit the content `raw: { kind, length, data }`, and
 * a lone last octet `bytes`, so that every list encodes to the octets it was decoded from.
 */
export function optionList(format: OptionListFormat): FieldKind<readonly OptionValue[]> {
  return new OptionList(format);
}

class OptionList implements FieldKind<readonly OptionValue[]> {
  readonly name = 'options';
  readonly doc: string;
  readonly expressionType = 'map';
  readonly empty: readonly OptionValue[] = [];
  readonly layout: FieldKind<readonly OptionValue[]>['layout'];
  readonly matchers: Readonly<Record<string, MatcherDefinition>>;
  readonly examples: readonly unknown[];
  private readonly byName = new Map<string, OptionDefinition>();
  private readonly byKind: (readonly OptionDefinition[] | undefined)[] = new Array(256).fill(undefined);
  private readonly bare = new Map<OptionDefinition, OptionValue>();
  private readonly known: readonly string[];

  constructor(private readonly options: OptionListFormat) {
    for (const definition of options.definitions) {
      this.byName.set(definition.name, definition);
      this.byKind[definition.kind] = [...(this.byKind[definition.kind] ?? []), definition];
      this.bare.set(definition, { name: definition.name });
    }
    this.known = [...this.byName.keys(), 'raw', 'bytes'];
    this.doc = `A list of options: ${this.known.join(', ')}.`;
    this.layout = {
      octets: 'rest',
      decode: (bytes, start, end) => this.decode(bytes, start, end),
      encode: (value, bytes, start) => this.encode(value, bytes, start),
      octetLength: (value) => this.paddedLength(value),
    };
    this.matchers = {
      contains: {
        doc: 'All of these options are in the list, in any order.',
        schema: { type: 'array', items: this.itemSchema('expect') },
        parse: (authored, context) => {
          const list = this.parse(authored, context);
          if (list === undefined) return undefined;
          const test = (actual: unknown) =>
            list.every((expected) => (actual as OptionValue[]).some((option) => this.optionEquals(expected, option)));
          return { text: this.format(list), test };
        },
      },
      lacks: {
        doc: 'None of these options is in the list.',
        schema: { type: 'array', items: this.itemSchema('expect') },
        parse: (authored, context) => {
          const list = Array.isArray(authored)
            ? this.parseItems(authored, context, (name) => this.known.includes(name))
            : this.parse(authored, context);
          if (list === undefined) return undefined;
          const test = (actual: unknown) =>
            !list.some((unwanted) => (actual as OptionValue[]).some((option) => this.optionEquals(unwanted, option)));
          return { text: this.format(list), test };
        },
      },
    };
    this.examples = [
      [],
      ...options.definitions.map((definition) => [this.exampleOf(definition)]),
      [{ raw: { kind: 253, data: '0a0b' } }],
    ];
  }

  parse(authored: unknown, context: ParseContext): readonly OptionValue[] | undefined {
    if (!Array.isArray(authored))
      return context.wrong('WRONG_TYPE', 'a list of options', authored, 'write [mss: 1460, nop]');
    const list = this.parseItems(
      authored,
      context,
      (name) => this.byName.get(name)?.value === undefined && this.byName.has(name),
    );
    const { maxOctets } = this.options;
    if (list === undefined || maxOctets === undefined || context.mode === 'expect') return list;
    const length = this.paddedLength(list);
    if (length <= maxOctets) return list;
    return context.wrong('VALUE_TOO_LARGE', `at most ${maxOctets} octets of options`, `${length} octets`);
  }

  format(list: readonly OptionValue[]): string {
    return `[${list.map((option) => this.formatOption(option)).join(', ')}]`;
  }

  equals(expected: readonly OptionValue[], actual: readonly OptionValue[]): boolean {
    const length = this.lengthWithoutPadding(expected);
    if (length !== this.lengthWithoutPadding(actual)) return false;
    for (let index = 0; index < length; index++) {
      if (!this.optionEquals(expected[index] as OptionValue, actual[index] as OptionValue)) return false;
    }
    return true;
  }

  schema(mode: 'send' | 'expect'): JsonSchema {
    return { type: 'array', items: this.itemSchema(mode) };
  }

  /** The first option of each name by its name; `true` for options without a value. */
  toExpression(list: readonly OptionValue[]): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const option of list) {
      if (Object.hasOwn(map, option.name)) continue;
      const kind = this.valueKind(option.name);
      map[option.name] = option.value === undefined || kind === undefined ? true : kind.toExpression(option.value);
    }
    return map;
  }

  private parseItems(
    authored: readonly unknown[],
    context: ParseContext,
    mayStandAlone: (name: string) => boolean,
  ): readonly OptionValue[] | undefined {
    const list = authored.map((item, index) => this.parseItem(item, context.at(index), mayStandAlone));
    return list.includes(undefined) ? undefined : (list as OptionValue[]);
  }

  private parseItem(
    item: unknown,
    context: ParseContext,
    mayStandAlone: (name: string) => boolean,
  ): OptionValue | undefined {
    if (typeof item === 'string') {
      if (mayStandAlone(item)) return { name: item };
      if (!this.known.includes(item)) return this.unknownOption(item, context);
      const value = formatAuthored(this.valueKind(item)?.examples.at(-1));
      return context.wrong('WRONG_TYPE', `${item} with a value`, item, `write ${item}: ${value}`);
    }
    if (!isMap(item)) return context.wrong('WRONG_TYPE', 'the name of an option, or a map with one', item);
    const entries = Object.entries(item);
    const [only] = entries;
    if (only === undefined || entries.length > 1) {
      return context.wrong(
        'WRONG_TYPE',
        'a map with one option',
        item,
        'write each option as its own item of the list',
      );
    }
    const [name, authored] = only;
    if (!this.known.includes(name)) return this.unknownOption(name, context);
    const kind = this.valueKind(name);
    if (kind === undefined)
      return context.at(name).wrong('WRONG_TYPE', `${name} without a value`, authored, `write ${name}`);
    if (authored === null || authored === undefined) return context.at(name).wrong('WRONG_TYPE', kind.doc, authored);
    const value = parseValue(kind, authored, context.at(name));
    if (value === undefined) return undefined;
    return name === 'raw' && !(value instanceof Matcher)
      ? this.parseRaw(value as RawValue, context.at(name))
      : { name, value };
  }

  /** A raw option that is a known one after all becomes it, so that both ways of writing match the same packets. */
  private parseRaw(value: RawValue, context: ParseContext): OptionValue | undefined {
    if (value.kind === undefined && context.mode === 'send')
      return context.wrong('WRONG_TYPE', 'a kind', this.formatOption({ name: 'raw', value }));
    const isWhole = typeof value.kind === 'number' && Buffer.isBuffer(value.data) && value.length === undefined;
    if (!isWhole) return { name: 'raw', value };
    const bytes = Buffer.alloc(this.optionOctets({ name: 'raw', value }));
    this.encodeOption({ name: 'raw', value }, bytes, 0);
    const [option, ...others] = this.decode(bytes, 0, bytes.length);
    return option === undefined || others.length > 0 ? { name: 'raw', value } : option;
  }

  private unknownOption(name: string, context: ParseContext): undefined {
    const fix = suggestName(name, this.known) ?? 'write raw: { kind, data }';
    return context.wrong('UNKNOWN_OPTION', oneOf(this.known), name, fix);
  }

  private valueKind(name: string): AnyKind | undefined {
    if (name === 'raw') return rawKind;
    if (name === 'bytes') return octets;
    const definition = this.byName.get(name);
    return definition?.end ? octets : definition?.value;
  }

  private formatOption(option: OptionValue): string {
    const kind = this.valueKind(option.name);
    return option.value === undefined || kind === undefined
      ? option.name
      : `${option.name}: ${formatValue(kind, option.value)}`;
  }

  private optionEquals(expected: OptionValue, actual: OptionValue): boolean {
    if (expected.name !== actual.name) return false;
    const kind = this.valueKind(expected.name);
    return kind === undefined || accepts(kind, expected.value, actual.value);
  }

  private lengthWithoutPadding(list: readonly OptionValue[]): number {
    let length = list.length;
    while (length > 0) {
      const last = list[length - 1] as OptionValue;
      const definition = this.byName.get(last.name);
      if (!(definition?.padding || (definition?.end && last.value === undefined))) break;
      length--;
    }
    return length;
  }

  private itemSchema(mode: 'send' | 'expect'): JsonSchema {
    const bare = this.options.definitions
      .filter((definition) => definition.value === undefined)
      .map(({ name }) => name);
    const valued = this.known.flatMap((name) => {
      const kind = this.valueKind(name);
      const definition = this.byName.get(name);
      const doc = definition === undefined ? 'Octets as they are.' : describeOption(definition);
      return kind === undefined
        ? []
        : [[name, { anyOf: [kind.schema(mode), { $ref: '#/$defs/expression' }], description: doc }]];
    });
    return {
      anyOf: [
        { type: 'string', enum: bare },
        {
          type: 'object',
          properties: Object.fromEntries(valued),
          additionalProperties: false,
          minProperties: 1,
          maxProperties: 1,
        },
      ],
    };
  }

  private exampleOf(definition: OptionDefinition): unknown {
    return definition.value === undefined ? definition.name : { [definition.name]: definition.value.examples.at(-1) };
  }

  private decode(bytes: Buffer, start: number, end: number): readonly OptionValue[] {
    const list: OptionValue[] = [];
    let offset = start;
    while (offset < end) {
      const candidates = this.byKind[bytes[offset] as number];
      const first = candidates?.[0];
      if (first?.single) {
        offset++;
        if (first.end) {
          list.push(this.endOption(first, bytes, offset, end, end - start));
          return list;
        }
        list.push(this.bare.get(first) as OptionValue);
        continue;
      }
      if (offset + 1 >= end) {
        list.push({ name: 'bytes', value: bytes.subarray(offset, end) });
        return list;
      }
      const length = bytes[offset + 1] as number;
      const total = length * this.options.lengthUnit + (this.options.lengthIncludesHeader ? 0 : HEADER_OCTETS);
      if (total < HEADER_OCTETS || offset + total > end) {
        list.push({
          name: 'raw',
          value: { kind: bytes[offset], length, data: bytes.subarray(offset + HEADER_OCTETS, end) },
        });
        return list;
      }
      list.push(this.decodeOption(candidates, bytes, offset, offset + total));
      offset += total;
    }
    return list;
  }

  private decodeOption(
    candidates: readonly OptionDefinition[] | undefined,
    bytes: Buffer,
    start: number,
    end: number,
  ): OptionValue {
    for (const definition of candidates ?? []) {
      const contentStart = start + HEADER_OCTETS + (definition.prefix?.length ?? 0);
      if (!hasPrefix(definition, bytes, start + HEADER_OCTETS, end) || !fits(definition, end - contentStart)) continue;
      const { value: kind } = definition;
      if (kind === undefined) return this.bare.get(definition) as OptionValue;
      const { layout } = kind;
      const value = isBits(layout)
        ? readNumber(bytes, contentStart, layout.bits / 8) * (layout.scale ?? 1)
        : layout.decode(bytes, contentStart, end);
      return { name: definition.name, value };
    }
    return { name: 'raw', value: { kind: bytes[start], data: bytes.subarray(start + HEADER_OCTETS, end) } };
  }

  private endOption(
    definition: OptionDefinition,
    bytes: Buffer,
    offset: number,
    end: number,
    total: number,
  ): OptionValue {
    const isPadding =
      end - offset === this.paddingAfter(offset - (end - total)) &&
      bytes.subarray(offset, end).every((byte) => byte === 0);
    return isPadding
      ? (this.bare.get(definition) as OptionValue)
      : { name: definition.name, value: bytes.subarray(offset, end) };
  }

  private encode(list: readonly OptionValue[], bytes: Buffer, start: number): void {
    let offset = start;
    for (const option of list) {
      this.encodeOption(option, bytes, offset);
      offset += this.optionOctets(option);
    }
    this.options.pad(bytes, offset, this.paddingAfter(offset - start));
  }

  private encodeOption(option: OptionValue, bytes: Buffer, start: number): void {
    if (option.name === 'bytes') {
      (option.value as Buffer).copy(bytes, start);
      return;
    }
    const total = this.optionOctets(option);
    const lengthOctet = Math.ceil(
      (total - (this.options.lengthIncludesHeader ? 0 : HEADER_OCTETS)) / this.options.lengthUnit,
    );
    if (option.name === 'raw') {
      const raw = option.value as RawValue;
      bytes[start] = raw.kind as number;
      bytes[start + 1] = (raw.length as number | undefined) ?? lengthOctet;
      (raw.data as Buffer | undefined)?.copy(bytes, start + HEADER_OCTETS);
      return;
    }
    const definition = this.definitionOf(option);
    bytes[start] = definition.kind;
    if (definition.single) {
      if (definition.end) (option.value as Buffer | undefined)?.copy(bytes, start + 1);
      return;
    }
    bytes[start + 1] = lengthOctet;
    let offset = start + HEADER_OCTETS;
    for (const byte of definition.prefix ?? []) bytes[offset++] = byte;
    const kind = definition.value;
    if (kind === undefined || option.value === undefined) bytes.fill(0, offset, start + total);
    else if (isBits(kind.layout))
      writeNumber(bytes, offset, kind.layout.bits / 8, (option.value as number) / (kind.layout.scale ?? 1));
    else {
      kind.layout.encode(option.value, bytes, offset);
      const used = offset - start + kind.layout.octetLength(option.value);
      if (used < total) bytes.fill(0, start + used, start + total);
    }
  }

  private optionOctets(option: OptionValue): number {
    if (option.name === 'bytes') return (option.value as Buffer).length;
    if (option.name === 'raw')
      return HEADER_OCTETS + (((option.value as RawValue).data as Buffer | undefined) ?? { length: 0 }).length;
    const definition = this.definitionOf(option);
    if (definition.single) return 1 + (definition.end ? ((option.value as Buffer | undefined)?.length ?? 0) : 0);
    const kind = definition.value;
    const content =
      kind === undefined ? 0 : isBits(kind.layout) ? kind.layout.bits / 8 : kind.layout.octetLength(option.value);
    const total = HEADER_OCTETS + (definition.prefix?.length ?? 0) + content;
    return Math.ceil(total / this.options.lengthUnit) * this.options.lengthUnit;
  }

  private paddedLength(list: readonly OptionValue[]): number {
    let total = 0;
    for (const option of list) total += this.optionOctets(option);
    return total + this.paddingAfter(total);
  }

  private paddingAfter(octetCount: number): number {
    const { align, alignOffset = 0 } = this.options;
    return (align - ((octetCount + alignOffset) % align)) % align;
  }

  private definitionOf(option: OptionValue): OptionDefinition {
    const definition = this.byName.get(option.name);
    if (definition === undefined)
      throw new Error(`no option is called ${option.name}; known are ${this.known.join(', ')}`);
    return definition;
  }
}

/** The sentence that schema and reference show for an option. */
export function describeOption(definition: OptionDefinition): string {
  return `${definition.rfcName} (${definition.section}). ${definition.doc}`;
}

/** Fills with zero octets, as TCP's and IPv4's end of option list does. */
export function padWithZeros(bytes: Buffer, start: number, octetCount: number): void {
  for (let index = 0; index < octetCount; index++) bytes[start + index] = 0;
}

function hasPrefix(definition: OptionDefinition, bytes: Buffer, start: number, end: number): boolean {
  const { prefix } = definition;
  if (prefix === undefined) return true;
  if (end - start < prefix.length) return false;
  return prefix.every((byte, index) => bytes[start + index] === byte);
}

function fits(definition: OptionDefinition, contentOctets: number): boolean {
  if (definition.lengths !== undefined) return definition.lengths(contentOctets);
  const layout = definition.value?.layout;
  if (layout === undefined) return contentOctets === 0;
  if (isBits(layout)) return contentOctets === layout.bits / 8;
  return layout.octets === 'rest' || contentOctets === layout.octets;
}
