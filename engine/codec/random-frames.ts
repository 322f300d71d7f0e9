import { type AnyKind, isBits, type OctetsLayout, ParseContext } from '../fields';
import { type FieldDescriptor, type LayerDescriptor, layerDescriptors } from '../layers';
import { computedBy } from './compile';
import { compiledLayer } from './compiled-layers';
import { isInHeader } from './condition';
import { encode } from './encode';
import type { LayerTemplate } from './packet';

/** Numbers from 0 up to but not including 1, the same for the same seed. */
export type Random = () => number;

/** A small generator with a period long enough for laws (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface RandomFrameOptions {
  /**
   * Only what computes itself may not be set, so that the frame is well-formed: lengths, checksums, next protocols, versions.
   * Otherwise any field may have any value that fits it.
   */
  readonly isWellFormed: boolean;
  /** Enumerations have only values that have a name. */
  readonly usesKnownNames?: boolean;
}

/** A stack of layers that can carry each other, from the registry, with random values in some of their fields. */
export function randomFrame(random: Random, options: RandomFrameOptions): LayerTemplate[] {
  const { isWellFormed } = options;
  const layers: LayerTemplate[] = [];
  let current: LayerDescriptor | undefined = compiledLayer('eth').descriptor;
  let takesPayload = true;
  while (current !== undefined && current.key !== 'payload' && layers.length < 8) {
    const fields = randomFields(current, random, options);
    layers.push({ layer: current.key, fields });
    if (current.isFragment?.({ flags: 0, frag_offset: 0, ...fields })) break;
    takesPayload = !isOpenEnded(current, fields);
    current = randomCarried(current, fields, random);
  }
  const mayHavePayload = !isWellFormed || (takesPayload && current?.key !== 'ip' && current?.key !== 'ipv6');
  if (mayHavePayload && random() < 0.8) {
    layers.push({ layer: 'payload', fields: { data: randomOctets(random, random() < 0.9 ? 40 : 1400) } });
  }
  return layers;
}

/** A random frame's octets, some of them changed, taken out or cut off. */
export function randomOctetsOfFrame(random: Random): Buffer {
  const bytes = Buffer.from(encode(randomFrame(random, { isWellFormed: random() < 0.5 })));
  const how = random();
  if (how < 0.1) return randomOctets(random, 100);
  if (how < 0.3) return bytes.subarray(0, Math.floor(random() * bytes.length));
  const changes = Math.floor(random() * 6);
  for (let index = 0; index < changes; index++) {
    // Headers are where it matters.
    const place = Math.floor(random() * Math.min(bytes.length, 100));
    bytes[place] =
      random() < 0.5 ? (bytes[place] as number) ^ (1 << Math.floor(random() * 8)) : Math.floor(random() * 256);
  }
  return bytes;
}

export function randomOctets(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(random() * (most + 1)) }, () => Math.floor(random() * 256)));
}

/** Values for some of a layer's fields. */
export function randomFields(
  descriptor: LayerDescriptor,
  random: Random,
  { isWellFormed, usesKnownNames = false }: RandomFrameOptions,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const field of descriptor.fields) {
    if (field.virtual || random() < 0.4) continue;
    if (isWellFormed && (field.trailer || typeof field.default === 'object' || field.isFraming)) continue;
    if (isWellFormed && isInHeader(compiledLayer(descriptor.key), field, fields, true) !== true) continue;
    fields[field.key] = (usesKnownNames && randomName(field.kind, random)) || randomValue(field, random);
  }
  return fields;
}

/** The number of one of an enumeration's names; undefined for other kinds. */
function randomName(kind: AnyKind, random: Random): number | undefined {
  if (!kind.name.startsWith('enumeration')) return undefined;
  const names = kind.examples.filter((example) => typeof example === 'string');
  return kind.parse(names[Math.floor(random() * names.length)], new ParseContext('send'));
}

function randomValue(field: FieldDescriptor, random: Random): unknown {
  const { kind } = field;
  const { layout } = kind;
  if (isBits(layout)) {
    const max = 2 ** layout.bits - 1;
    const number = random() < 0.3 ? [0, 1, max][Math.floor(random() * 3)] : Math.floor(random() * (max + 1));
    return (number as number) * (layout.scale ?? 1);
  }
  if (typeof layout.octets === 'number') {
    return Buffer.from(Array.from({ length: layout.octets }, () => Math.floor(random() * 256)));
  }
  if (kind.expressionType === 'bytes') {
    const context = new ParseContext('send');
    return kind.parse(randomOctets(random, 12), context) ?? kind.parse(kind.examples.at(-1), context);
  }
  return randomList(kind, random);
}

/** Examples of a kind, put together while there is room and they are read back as they were. */
function randomList(kind: AnyKind, random: Random): unknown {
  let authored: unknown[] = [];
  for (let index = 0; index < 3; index++) {
    const example = kind.examples[Math.floor(random() * kind.examples.length)];
    if (!Array.isArray(example)) return kind.parse(example, new ParseContext('send'));
    const longer = [...authored, ...example];
    const list = kind.parse(longer, new ParseContext('send'));
    if (list !== undefined && isReadBack(kind, list)) authored = longer;
  }
  return kind.parse(authored, new ParseContext('send'));
}

function isReadBack(kind: AnyKind, value: unknown): boolean {
  const layout = kind.layout as OctetsLayout<unknown>;
  const bytes = Buffer.alloc(layout.octetLength(value));
  layout.encode(value, bytes, 0);
  return kind.equals(value, layout.decode(bytes, 0, bytes.length));
}

/** A header without a length of its own whose last field takes all that follows, such as a list of records. */
function isOpenEnded(descriptor: LayerDescriptor, fields: Readonly<Record<string, unknown>>): boolean {
  const layer = compiledLayer(descriptor.key);
  if (descriptor.fields.some((field) => computedBy(field, 'headerLength'))) return false;
  return descriptor.fields.some((field) => {
    const { layout } = field.kind;
    return (
      !isBits(layout) && layout.octets === 'rest' && !field.trailer && isInHeader(layer, field, fields, true) === true
    );
  });
}

function randomCarried(
  descriptor: LayerDescriptor,
  fields: Readonly<Record<string, unknown>>,
  random: Random,
): LayerDescriptor | undefined {
  const { next } = descriptor;
  const defaults = Object.fromEntries(descriptor.fields.map((field) => [field.key, field.default]));
  const quoted = descriptor.quotes?.({ ...defaults, ...fields });
  if (quoted !== undefined) return compiledLayer(quoted).descriptor;
  if (next === undefined) return undefined;
  const carried = layerDescriptors.filter(({ under }) => under?.[next.space] !== undefined);
  return carried[Math.floor(random() * (carried.length + 1))];
}
