import { type AnyKind, accepts, isBits } from '../fields';
import {
  type ComputedRule,
  type Condition,
  type FieldDescriptor,
  type LayerDescriptor,
  NUMBER_SPACES,
  type NumberSpace,
} from '../layers';
import type { Layer, LayerTemplate } from './packet';

type Fields = Readonly<Record<string, unknown>>;

const SPACES = Object.keys(NUMBER_SPACES) as NumberSpace[];

/** A protocol's table turned into functions that are specialised for its fields. All have the same shape: they are on the way of every frame. */
export interface CompiledLayer {
  readonly key: string;
  readonly descriptor: LayerDescriptor;
  /** By key, virtual ones and trailers included. */
  readonly fields: ReadonlyMap<string, FieldDescriptor>;
  /** The header in `[start, limit)`, or undefined if it does not fit or its length field is impossible. */
  readonly decode: (bytes: Buffer, start: number, limit: number) => Layer | undefined;
  /** The fields that are there of a header that was cut off at `limit`. */
  readonly decodeTruncated: (bytes: Buffer, start: number, limit: number) => Layer;
  /** Octets of the header that `write` makes of these fields. */
  readonly headerOctets: (fields: Fields) => number;
  /** Writes the header into `[start, headerEnd)`; a checksum that is to be computed stays 0. `end` is where the layer's content ends. */
  readonly write: (
    fields: Fields,
    bytes: Buffer,
    start: number,
    headerEnd: number,
    end: number,
    nextNumber: number,
    linkDestination: (layers: readonly LayerTemplate[], index: number) => number,
    layers: readonly LayerTemplate[],
    index: number,
  ) => void;
  /** The fields of `base` with those of `over` upon them. All results have every key, so that they have one shape. */
  readonly merge: (base: Fields, over: Fields) => Record<string, unknown>;
  /** Whether every field of a template accepts the layer's. */
  readonly accepts: (template: Fields, layer: Layer) => boolean;
  /** Where the layer's content ends by its own length field, or -1 if it has none. */
  readonly contentEnd: (layer: Layer) => number;
  /** The number by which a carrying layer names this one, by its space; -1 where it has none. */
  readonly numbers: readonly number[];
  /** The space in which this layer names what it carries, as an index of `numbers`; -1 if it names nothing. */
  readonly nextSpace: number;
  readonly trailerKey: string | undefined;
  /** The octets after everything that the layer carries; the function is undefined where there can be none. */
  readonly trailerOf: ((fields: Fields) => Buffer | undefined) | undefined;
  readonly checksum: CompiledChecksum | undefined;
  /** The number that a decoded layer gives for what comes after it. */
  readonly nextNumber: ((layer: Layer) => number) | undefined;
  readonly isFragment: LayerDescriptor['isFragment'];
  readonly quotes: LayerDescriptor['quotes'];
  readonly linkDestination: LayerDescriptor['linkDestination'];
  readonly finalDestination: LayerDescriptor['finalDestination'];
  readonly mayBeLeftOut: boolean;
  /** The protocol number in pseudo-headers over this layer. */
  readonly ipProtocol: number;
  /** Fixed places of the addresses that pseudo-headers further in sum up, the destination last. */
  readonly pseudoHeader: readonly { readonly offset: number; readonly octets: number }[] | undefined;
  /** Octets before the first optional field or the first of variable length. */
  readonly fixedOctets: number;
}

export interface CompiledChecksum {
  readonly key: string;
  readonly offset: number;
  readonly coversHeaderOnly: boolean;
  readonly hasPseudoHeader: boolean;
  readonly zeroMeansNone: boolean;
  /** Whether a header with these fields has a checksum and it is unset. */
  readonly isToCompute: (fields: Fields) => boolean;
  /** Whether a header with these fields has the checksum. */
  readonly isThere: (fields: Fields) => boolean;
}

/** Neighbouring fields that together fill whole octets and stand in the header under the same condition. */
interface Group {
  readonly fields: readonly FieldDescriptor[];
  /** Undefined: all up to the end of the header. */
  readonly octets: number | undefined;
  readonly when: Condition | undefined;
  /** From the start of the header; undefined after an optional or variable group. */
  readonly offset: number | undefined;
}

/** @throws Error if the table cannot be a header: a field that ends within an octet, a wrong key, content after `rest`. */
export function compileLayer(descriptor: LayerDescriptor): CompiledLayer {
  for (const { key } of descriptor.fields) {
    if (!/^[a-z]\w*$/.test(key)) throw new Error(`${descriptor.key}: "${key}" cannot be a field's key`);
  }
  const trailer = descriptor.fields.find((field) => field.trailer);
  const onWire = descriptor.fields.filter((field) => !field.virtual && !field.trailer);
  const groups = groupFields(descriptor, onWire);
  const fixedOctets = groups.reduce(
    (sum, group) => (group.offset === undefined || group.when ? sum : sum + (group.octets ?? 0)),
    0,
  );
  const source = new Source(descriptor, onWire, groups, fixedOctets);
  // Field tables are our own source, never input: what is built into functions here are their keys, widths and numbers.
  const build = <T>(parameters: string, body: string): T =>
    new Function('kinds', 'accepts', `'use strict'; return function (${parameters}) {\n${body}\n};`)(
      descriptor.fields.map(({ kind }) => kind),
      accepts,
    ) as T;
  return {
    key: descriptor.key,
    descriptor,
    fields: new Map(descriptor.fields.map((field) => [field.key, field])),
    decode: build('b, start, limit', source.decode()),
    decodeTruncated: build('b, start, limit', source.decodeTruncated()),
    headerOctets: build('fields', source.headerOctets()),
    write: build('fields, b, start, headerEnd, end, nextNumber, linkDestination, layers, index', source.write()),
    merge: build('base, over', source.merge()),
    accepts: build('fields, layer', source.accepts()),
    contentEnd: build('layer', source.contentEnd()),
    numbers: SPACES.map((space) => numberIn(space, descriptor)),
    nextSpace: descriptor.next === undefined ? -1 : SPACES.indexOf(descriptor.next.space),
    fixedOctets,
    ipProtocol: numberIn('ipProtocol', descriptor),
    trailerKey: trailer?.key,
    trailerOf: trailer && build('fields', `return fields.${trailer.key};`),
    checksum: compileChecksum(descriptor, groups, build),
    pseudoHeader: compilePseudoHeader(descriptor, groups),
    nextNumber: descriptor.next && build('layer', `return layer.${descriptor.next.field};`),
    isFragment: descriptor.isFragment,
    quotes: descriptor.quotes,
    linkDestination: descriptor.linkDestination,
    finalDestination: descriptor.finalDestination,
    mayBeLeftOut: descriptor.mayBeLeftOut === true,
  };
}

/** The value is computed, by a rule of this name. */
export function computedBy<Name extends ComputedRule['rule']>(
  field: FieldDescriptor,
  rule: Name,
): Extract<ComputedRule, { rule: Name }> | undefined {
  const { default: unset } = field;
  if (typeof unset !== 'object' || unset instanceof Uint8Array || unset.rule !== rule) return undefined;
  return unset as Extract<ComputedRule, { rule: Name }>;
}

function groupFields(descriptor: LayerDescriptor, onWire: readonly FieldDescriptor[]): Group[] {
  const groups: Group[] = [];
  let offset: number | undefined = 0;
  let open: FieldDescriptor[] = [];
  let bits = 0;
  const close = (octets: number | undefined, fields: readonly FieldDescriptor[]) => {
    const when = fields[0]?.when;
    if (fields.some((field) => JSON.stringify(field.when) !== JSON.stringify(when))) {
      throw new Error(`${descriptor.key}: fields that share an octet have different conditions`);
    }
    groups.push({ fields, octets, when, offset });
    offset = offset === undefined || octets === undefined || when !== undefined ? undefined : offset + octets;
  };
  for (const field of onWire) {
    const { layout } = field.kind;
    if (isBits(layout)) {
      open.push(field);
      bits += layout.bits;
      if (bits % 8 !== 0) continue;
      if (bits > 32 && open.length > 1)
        throw new Error(`${descriptor.key}.${field.key}: more than 32 bits share octets`);
      close(bits / 8, open);
      open = [];
      bits = 0;
    } else {
      if (open.length > 0) throw new Error(`${descriptor.key}.${field.key}: does not begin at a whole octet`);
      close(layout.octets === 'rest' ? undefined : layout.octets, [field]);
    }
  }
  if (open.length > 0) throw new Error(`${descriptor.key}: the header does not end at a whole octet`);
  return groups;
}

/** Writes the bodies of a layer's functions. Field values are in variables `v_KEY`, octets in `b`. */
class Source {
  private readonly kindIndex: ReadonlyMap<string, number>;
  private readonly headerLength: FieldDescriptor | undefined;

  constructor(
    private readonly descriptor: LayerDescriptor,
    private readonly onWire: readonly FieldDescriptor[],
    private readonly groups: readonly Group[],
    private readonly fixedOctets: number,
  ) {
    this.kindIndex = new Map(descriptor.fields.map(({ key }, index) => [key, index]));
    this.headerLength = onWire.find((field) => computedBy(field, 'headerLength'));
  }

  decode(): string {
    const lines = [`if (limit - start < ${this.fixedOctets}) return undefined;`];
    for (const group of this.groups) {
      if (group.offset === undefined || group.when) break;
      if (group.octets !== undefined) lines.push(...this.read(group, `start + ${group.offset}`, 'const '));
    }
    lines.push(...this.headerEnd());
    if (this.headerLength)
      lines.push(`if (headerEnd < start + ${this.fixedOctets} || headerEnd > limit) return undefined;`);
    const rest = this.groups.filter((group) => group.offset === undefined || group.when || group.octets === undefined);
    if (rest.length > 0) lines.push(`let o = start + ${this.fixedOctets};`);
    for (const group of rest) {
      const names = group.fields.map(({ key }) => `v_${key}`).join(', ');
      if (group.when) lines.push(`let ${names};`, `if (${condition(group.when)}) {`);
      if (group.octets !== undefined) lines.push(`if (o + ${group.octets} > headerEnd) return undefined;`);
      lines.push(...this.read(group, 'o', group.when ? '' : 'const '));
      lines.push(this.advance(group));
      if (group.when) lines.push('}');
    }
    if (this.headerLength && rest.length > 0) lines.push('if (o !== headerEnd) return undefined;');
    lines.push(`return ${this.layerLiteral(rest.length > 0 ? 'o' : `start + ${this.fixedOctets}`)};`);
    return lines.join('\n');
  }

  decodeTruncated(): string {
    const lines = [
      'let o = start, whole = true;',
      `let ${this.onWire.map(({ key }) => `v_${key}`).join(', ') || 'none'};`,
    ];
    for (const group of this.groups) {
      if (group.octets === undefined) {
        const test = group.when ? `whole && (${condition(group.when)})` : 'whole';
        lines.push(`if (${test}) {`, ...this.headerEnd(), 'if (headerEnd >= o && headerEnd <= limit) {');
        lines.push(...this.read(group, 'o', ''), this.advance(group), '} else whole = false;', '}');
      } else {
        const test = group.when ? `whole && (${condition(group.when)})` : 'whole';
        lines.push(`if (${test}) {`, `if (o + ${group.octets} <= limit) {`);
        lines.push(...this.read(group, 'o', ''), `o += ${group.octets};`, '} else whole = false;', '}');
      }
    }
    lines.push(`const layer = ${this.layerLiteral('o')};`, 'if (!whole) layer.truncated = true;', 'return layer;');
    return lines.join('\n');
  }

  headerOctets(): string {
    const lines = [`let octets = ${this.fixedOctets};`, ...this.conditionValues()];
    for (const group of this.groups) {
      if (group.offset !== undefined && !group.when && group.octets !== undefined) continue;
      const [field] = group.fields as [FieldDescriptor];
      if (group.when) lines.push(`if (${condition(group.when)}) {`);
      if (group.octets !== undefined) lines.push(`octets += ${group.octets};`);
      else
        lines.push(
          `octets += ${this.kind(field)}.layout.octetLength(fields.${field.key} === undefined ? ${this.kind(field)}.empty : fields.${field.key});`,
        );
      if (group.when) lines.push('}');
    }
    lines.push('return octets;');
    return lines.join('\n');
  }

  write(): string {
    const lines = [...this.conditionValues()];
    let isFixed = true;
    for (const group of this.groups) {
      if (isFixed && (group.offset === undefined || group.when || group.octets === undefined)) {
        lines.push(`let o = start + ${this.fixedOctets};`);
        isFixed = false;
      }
      const base = isFixed ? `start + ${group.offset}` : 'o';
      if (group.when) lines.push(`if (${condition(group.when)}) {`);
      lines.push(...this.store(group, base));
      if (!isFixed && group.octets !== undefined) lines.push(`o += ${group.octets};`);
      if (group.when) lines.push('}');
    }
    return lines.join('\n');
  }

  merge(): string {
    const values = this.descriptor.fields.map(
      ({ key }) => `${key}: over.${key} === undefined ? base.${key} : over.${key}`,
    );
    return `return { ${values.join(', ')} };`;
  }

  accepts(): string {
    const lines = ['let v;'];
    for (const { key, kind, virtual } of this.descriptor.fields) {
      const actual = virtual?.of === undefined ? `layer.${key}` : `(layer.${key} ?? layer.${virtual.of})`;
      const byKind = `!accepts(kinds[${this.kindIndex.get(key)}], v, ${actual})`;
      const differs = isBits(kind.layout) ? `(typeof v === 'number' ? v !== ${actual} : ${byKind})` : byKind;
      lines.push(`if ((v = fields.${key}) !== undefined && ${differs}) return false;`);
    }
    lines.push('return true;');
    return lines.join('\n');
  }

  contentEnd(): string {
    for (const { key, default: unset } of this.onWire) {
      if (typeof unset !== 'object' || unset instanceof Uint8Array) continue;
      if (unset.rule === 'totalLength') return `return layer.start + layer.${key};`;
      if (unset.rule === 'payloadLength') return `return layer.end + layer.${key};`;
    }
    return 'return -1;';
  }

  /** Past what was read. What a list leaves over is the next field's, or no part of the header. */
  private advance(group: Group): string {
    const [field] = group.fields as [FieldDescriptor];
    if (group.octets !== undefined) return `o += ${group.octets};`;
    return `o += ${this.kind(field)}.layout.octetLength(v_${field.key});`;
  }

  private headerEnd(): string[] {
    if (this.headerLength === undefined) return ['const headerEnd = limit;'];
    const { per = 1, minus = 0 } = computedBy(this.headerLength, 'headerLength') ?? {};
    return [`const headerEnd = start + v_${this.headerLength.key} * ${per} + ${minus};`];
  }

  private read(group: Group, base: string, declare: string): string[] {
    const [first] = group.fields as [FieldDescriptor];
    const { layout } = first.kind;
    if (!isBits(layout)) {
      const stop = group.octets === undefined ? 'headerEnd' : `${base} + ${group.octets}`;
      return [`${declare}v_${first.key} = ${this.kind(first)}.layout.decode(b, ${base}, ${stop});`];
    }
    const octets = group.octets as number;
    const whole = readOctets(base, octets);
    if (group.fields.length === 1) return [`${declare}v_${first.key} = ${scaled(whole, first.kind)};`];
    const lines = [`const g_${first.key} = ${whole};`];
    let shift = octets * 8;
    for (const { key, kind } of group.fields) {
      const { bits } = kind.layout as { bits: number };
      shift -= bits;
      lines.push(`${declare}v_${key} = ${scaled(`((g_${first.key} >>> ${shift}) & ${2 ** bits - 1})`, kind)};`);
    }
    return lines;
  }

  private store(group: Group, base: string): string[] {
    const [first] = group.fields as [FieldDescriptor];
    if (!isBits(first.kind.layout)) return this.storeOctets(first, base, group.octets);
    const lines: string[] = [];
    for (const field of group.fields) {
      const { scale = 1 } = field.kind.layout as { scale?: number };
      lines.push(`let w_${field.key} = ${this.given(field)};`);
      lines.push(`if (w_${field.key} === undefined) w_${field.key} = ${this.unset(field)};`);
      if (scale !== 1) lines.push(`w_${field.key} /= ${scale};`);
    }
    const octets = group.octets as number;
    let whole = `w_${first.key}`;
    if (group.fields.length > 1) {
      let shift = octets * 8;
      const parts = group.fields.map(({ key, kind }) => {
        const { bits } = kind.layout as { bits: number };
        shift -= bits;
        return `((w_${key} & ${2 ** bits - 1}) << ${shift})`;
      });
      whole = `g_${first.key}`;
      lines.push(`const ${whole} = ${parts.join(' | ')};`);
    }
    for (let index = 0; index < octets; index++) {
      const shift = (octets - 1 - index) * 8;
      const octet = shift >= 32 ? `${whole} / ${2 ** shift}` : shift === 0 ? whole : `${whole} >>> ${shift}`;
      lines.push(`b[${base} + ${index}] = ${octet};`);
    }
    return lines;
  }

  private storeOctets(field: FieldDescriptor, base: string, octets: number | undefined): string[] {
    const kind = this.kind(field);
    const value = `fields.${field.key}`;
    if (octets === undefined) {
      const isLast = field === this.onWire[this.onWire.length - 1];
      const advance = isLast ? '' : `o += ${kind}.layout.octetLength(r_${field.key});`;
      // An empty list still has its padding.
      return [
        `const r_${field.key} = ${value} === undefined ? ${kind}.empty : ${value};`,
        `if (r_${field.key} !== undefined) { ${kind}.layout.encode(r_${field.key}, b, ${base}); ${advance} }`,
      ];
    }
    return [
      `if (${value} !== undefined) ${kind}.layout.encode(${value}, b, ${base}); else b.fill(0, ${base}, ${base} + ${octets});`,
    ];
  }

  /** What is written for a field that was given: another view of it (`seq_raw`) wins over it. */
  private given(field: FieldDescriptor): string {
    const view = this.descriptor.fields.find((candidate) => candidate.virtual?.of === field.key);
    return view === undefined ? `fields.${field.key}` : `(fields.${view.key} ?? fields.${field.key})`;
  }

  private unset(field: FieldDescriptor): string {
    const { default: unset = 0 } = field;
    if (typeof unset === 'number') return String(unset);
    if (unset instanceof Uint8Array)
      throw new Error(`${this.descriptor.key}.${field.key}: octets as the default of a number`);
    switch (unset.rule) {
      case 'headerLength':
        return `(headerEnd - start - ${unset.minus ?? 0}) / ${unset.per ?? 1}`;
      case 'totalLength':
        return 'end - start';
      case 'payloadLength':
        return 'end - headerEnd';
      case 'nextProtocol':
        return 'nextNumber';
      case 'checksum':
        return '0';
      case 'linkDestination':
        return 'linkDestination(layers, index)';
      case 'count':
        return `(fields.${unset.of} === undefined ? 0 : fields.${unset.of}.length - ${unset.minus ?? 0})`;
      case 'presence':
        return Object.entries(unset.bits)
          .map(([key, bit]) => `(fields.${key} === undefined ? 0 : ${bit})`)
          .join(' + ');
    }
  }

  /** Values of the fields that conditions speak of, given or by default. */
  private conditionValues(): string[] {
    const names = new Set(this.groups.flatMap((group) => (group.when ? [group.when.field] : [])));
    return this.onWire
      .filter(({ key }) => names.has(key))
      .map((field) => `const v_${field.key} = ${this.given(field)} ?? ${this.unset(field)};`);
  }

  private layerLiteral(end: string): string {
    const values = this.descriptor.fields.map(
      ({ key, virtual, trailer }) => `${key}: ${virtual || trailer ? 'undefined' : `v_${key}`}`,
    );
    return `{ layer: ${JSON.stringify(this.descriptor.key)}, start, end: ${end}, ${values.join(', ')} }`;
  }

  private kind(field: FieldDescriptor): string {
    return `kinds[${this.kindIndex.get(field.key)}]`;
  }
}

function condition(when: Condition): string {
  if ('mask' in when) return `(v_${when.field} & ${when.mask}) !== 0`;
  if ('in' in when) return when.in.map((number) => `v_${when.field} === ${number}`).join(' || ');
  return when.notIn.map((number) => `v_${when.field} !== ${number}`).join(' && ');
}

function scaled(expression: string, kind: AnyKind): string {
  const { scale = 1 } = kind.layout as { scale?: number };
  return scale === 1 ? expression : `${expression} * ${scale}`;
}

/** An expression for the number in so many octets, at most 6, most significant first. */
function readOctets(base: string, octets: number): string {
  if (octets > 4) return `(${readOctets(base, octets - 4)} * 4294967296 + ${readOctets(`${base} + ${octets - 4}`, 4)})`;
  const parts = Array.from({ length: octets }, (_, index) => {
    const shift = (octets - 1 - index) * 8;
    return shift === 0 ? `b[${base} + ${index}]` : `(b[${base} + ${index}] << ${shift})`;
  });
  return octets === 4 ? `((${parts.join(' | ')}) >>> 0)` : `(${parts.join(' | ')})`;
}

function numberIn(space: NumberSpace, descriptor: LayerDescriptor): number {
  const name = descriptor.under?.[space];
  if (name === undefined) return -1;
  const number = NUMBER_SPACES[space][name];
  if (number === undefined) throw new Error(`${descriptor.key}: ${space} has no number called ${name}`);
  return number;
}

function compileChecksum(
  descriptor: LayerDescriptor,
  groups: readonly Group[],
  build: <T>(parameters: string, body: string) => T,
): CompiledChecksum | undefined {
  for (const group of groups) {
    for (const field of group.fields) {
      const rule = computedBy(field, 'checksum');
      if (rule === undefined) continue;
      if (group.offset === undefined)
        throw new Error(`${descriptor.key}.${field.key}: a checksum has to have a fixed place`);
      const test = group.when === undefined ? 'true' : `(${condition(group.when).replaceAll('v_', 'fields.')})`;
      return {
        key: field.key,
        offset: group.offset,
        coversHeaderOnly: rule.covers === 'header',
        hasPseudoHeader: rule.pseudoHeader === true,
        zeroMeansNone: rule.zeroMeansNone === true,
        isToCompute: build('fields', `return fields.${field.key} === undefined && ${test};`),
        isThere: build('fields', `return ${test};`),
      };
    }
  }
  return undefined;
}

function compilePseudoHeader(
  descriptor: LayerDescriptor,
  groups: readonly Group[],
): { offset: number; octets: number }[] | undefined {
  return descriptor.pseudoHeader?.map((key) => {
    const group = groups.find(({ fields }) => fields.length === 1 && fields[0]?.key === key);
    if (group?.offset === undefined || group.octets === undefined)
      throw new Error(`${descriptor.key}.${key}: not at a fixed place`);
    return { offset: group.offset, octets: group.octets };
  });
}
