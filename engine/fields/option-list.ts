import { hexBytes } from './bytes';
import type { AnyKind, FieldKind, JsonSchema, MatcherDefinition } from './kind';
import { accepts, formatValue, Matcher, parseValue, UNKNOWN } from './matcher';
import { oneOf, suggestName } from './nearest-name';
import {
  type OptionDefinition,
  type OptionListFormat,
  OptionOctets,
  type OptionValue,
  type RawValue,
} from './option-octets';
import { formatAuthored, isMap, type Mode, type ParseContext } from './parse-context';
import { record } from './record';
import { uint } from './uint';

const octets = hexBytes('rest');

const rawKind = record([
  { key: 'kind', kind: uint(8), doc: "The option's kind (or type) octet." },
  { key: 'length', kind: uint(8), doc: "The length octet, where it is to be another than the data's." },
  { key: 'data', kind: octets, doc: 'The octets after kind and length, in hexadecimal.' },
]);

/**
 * A list of type-length-value options. Each is a name (`nop`) or a map with one name (`mss: 1460`). What no definition
 * explains becomes `raw: { kind, data }`, a length octet that does not fit the content `raw: { kind, length, data }`, and
 * a lone last octet `bytes`, so that every list encodes to the octets it was decoded from.
 */
export function optionList(format: OptionListFormat): FieldKind<readonly OptionValue[]> {
  return new OptionList(format);
}

/** The sentence that schema and reference show for an option. */
export function describeOption(definition: OptionDefinition): string {
  return `${definition.rfcName} (${definition.section}). ${definition.doc}`;
}

class OptionList implements FieldKind<readonly OptionValue[]> {
  readonly name = 'options';
  readonly doc: string;
  readonly expressionType = 'map';
  readonly empty: readonly OptionValue[] = [];
  readonly layout: FieldKind<readonly OptionValue[]>['layout'];
  readonly matchers: Readonly<Record<string, MatcherDefinition>>;
  readonly examples: readonly unknown[];
  private readonly byName: ReadonlyMap<string, OptionDefinition>;
  /** Kinds of the values by name, for options that have one. */
  private readonly valueKinds: ReadonlyMap<string, AnyKind>;
  private readonly known: readonly string[];
  private readonly onWire: OptionOctets;

  constructor(private readonly listFormat: OptionListFormat) {
    const { definitions } = listFormat;
    this.onWire = new OptionOctets(listFormat);
    this.byName = new Map(definitions.map((definition) => [definition.name, definition]));
    this.known = [...this.byName.keys(), 'raw', 'bytes'];
    const valueKinds = new Map<string, AnyKind>([
      ['raw', rawKind],
      ['bytes', octets],
    ]);
    for (const { name, value, end } of definitions) {
      if (end) valueKinds.set(name, octets);
      else if (value !== undefined) valueKinds.set(name, value);
    }
    this.valueKinds = valueKinds;
    this.doc = `A list of options: ${this.known.join(', ')}.`;
    this.layout = {
      octets: 'rest',
      decode: (bytes, start, end) => this.onWire.read(bytes, start, end),
      encode: (value, bytes, start) => this.onWire.write(value, bytes, start),
      octetLength: (value) => this.onWire.octets(value),
    };
    this.matchers = {
      contains: this.listMatcher('All of these options are in the list, in any order.', (wanted, actual) =>
        wanted.every((option) => actual.some((other) => this.optionEquals(option, other))),
      ),
      lacks: this.listMatcher(
        'None of these options is in the list; a name alone stands for any value.',
        (unwanted, actual) => !unwanted.some((option) => actual.some((other) => this.optionEquals(option, other))),
      ),
    };
    this.examples = [
      [],
      ...definitions.map(({ name, value }) => [value === undefined ? name : { [name]: value.examples.at(-1) }]),
      [{ raw: { kind: 253, data: '0a0b' } }],
    ];
  }

  parse(authored: unknown, context: ParseContext): readonly OptionValue[] | undefined {
    if (!Array.isArray(authored)) {
      return context.wrong('WRONG_TYPE', 'a list of options', authored, 'write [mss: 1460, nop]');
    }
    const list = this.parseItems(
      authored,
      context,
      (name) => this.byName.has(name) && this.byName.get(name)?.value === undefined,
    );
    const { maxOctets } = this.listFormat;
    const hasMatchers = context.mode === 'expect' || context.isUnknown !== undefined;
    if (list === undefined || maxOctets === undefined || hasMatchers) return list;
    const length = this.onWire.octets(list);
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

  schema(mode: Mode): JsonSchema {
    return { type: 'array', items: this.itemSchema(mode) };
  }

  /** The first option of each name by its name; `true` for options without a value. */
  toExpression(list: readonly OptionValue[]): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const { name, value } of list) {
      if (!Object.hasOwn(map, name))
        map[name] = value === undefined ? true : this.valueKinds.get(name)?.toExpression(value);
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
    if (context.isUnknown?.(item)) return { name: 'bytes', value: UNKNOWN };
    if (typeof item === 'string') {
      if (mayStandAlone(item)) return { name: item };
      if (!this.known.includes(item)) return this.unknownOption(item, context);
      const example = formatAuthored(this.valueKinds.get(item)?.examples.at(-1));
      return context.wrong('WRONG_TYPE', `${item} with a value`, item, `write ${item}: ${example}`);
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
    const kind = this.valueKinds.get(name);
    const place = context.at(name);
    if (kind === undefined) return place.wrong('WRONG_TYPE', `${name} without a value`, authored, `write ${name}`);
    if (authored === null || authored === undefined) return place.wrong('WRONG_TYPE', kind.doc, authored);
    const value = parseValue(kind, authored, place);
    if (value === undefined) return undefined;
    return name === 'raw' && !(value instanceof Matcher) ? this.parseRaw(value as RawValue, place) : { name, value };
  }

  /** A raw option that is a known one after all becomes it, so that both ways of writing it match the same packets. */
  private parseRaw(value: RawValue, context: ParseContext): OptionValue | undefined {
    const option = { name: 'raw', value };
    if (value.kind === undefined && context.mode === 'send') {
      return context.wrong('WRONG_TYPE', 'a map with kind', value);
    }
    const isWhole = typeof value.kind === 'number' && Buffer.isBuffer(value.data) && value.length === undefined;
    if (!isWhole) return option;
    const bytes = Buffer.alloc(this.onWire.octets([option]));
    this.onWire.write([option], bytes, 0);
    const end = 2 + (value.data as Buffer).length;
    const [read, ...others] = this.onWire.read(bytes, 0, end);
    return read === undefined || others.length > 0 ? option : read;
  }

  private unknownOption(name: string, context: ParseContext): undefined {
    const fix = suggestName(name, this.known) ?? 'write raw: { kind, data }';
    return context.wrong('UNKNOWN_OPTION', oneOf(this.known), name, fix);
  }

  private formatOption({ name, value }: OptionValue): string {
    const kind = this.valueKinds.get(name);
    return value === undefined || kind === undefined ? name : `${name}: ${formatValue(kind, value)}`;
  }

  private optionEquals(expected: OptionValue, actual: OptionValue): boolean {
    if (expected.name !== actual.name) return false;
    if (expected.value === undefined) return true;
    const kind = this.valueKinds.get(expected.name);
    return kind === undefined || accepts(kind, expected.value, actual.value);
  }

  /** A list's end of padding says nothing: an author need not write what fills up the header. */
  private lengthWithoutPadding(list: readonly OptionValue[]): number {
    let length = list.length;
    while (length > 0) {
      const { name, value } = list[length - 1] as OptionValue;
      const definition = this.byName.get(name);
      const isPadding = definition?.padding || (definition?.end && value === undefined);
      if (!isPadding) break;
      length--;
    }
    return length;
  }

  private listMatcher(
    doc: string,
    test: (given: readonly OptionValue[], actual: readonly OptionValue[]) => boolean,
  ): MatcherDefinition {
    return {
      doc,
      schema: { type: 'array', items: { anyOf: [{ enum: this.known }, this.itemSchema('expect')] } },
      parse: (authored, context) => {
        if (!Array.isArray(authored)) return context.wrong('WRONG_TYPE', 'a list of options', authored);
        const list = this.parseItems(authored, context, (name) => this.known.includes(name));
        return list && { text: this.format(list), test: (actual) => test(list, actual as readonly OptionValue[]) };
      },
    };
  }

  private itemSchema(mode: Mode): JsonSchema {
    const bare = this.listFormat.definitions.filter(({ value }) => value === undefined).map(({ name }) => name);
    const valued = [...this.valueKinds].map(([name, kind]) => {
      const definition = this.byName.get(name);
      const description = definition === undefined ? rawDocs[name] : describeOption(definition);
      return [name, { anyOf: [kind.schema(mode), { $ref: '#/$defs/expression' }], description }];
    });
    const properties = Object.fromEntries(valued);
    const named = { type: 'object', properties, additionalProperties: false, minProperties: 1, maxProperties: 1 };
    return bare.length === 0 ? named : { anyOf: [{ type: 'string', enum: bare }, named] };
  }
}

const rawDocs: Readonly<Record<string, string>> = {
  raw: 'An option by its numbers: for kinds without a name here, and for wrong lengths.',
  bytes: 'Octets in the list that are no option at all.',
};
