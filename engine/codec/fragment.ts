import type { FragmentationRule } from '../layers';
import { compiledLayer } from './compiled-layers';
import { decode, templatesOf } from './decode';
import { encode } from './encode';
import type { Layer, LayerTemplate, Packet } from './packet';

/** Offsets of fragments count in so many octets on the wire (RFC 791 §3.1, RFC 8200 §4.5). */
const UNIT = 8;

/** How to cut: so that no packet exceeds `mtu`, or at `offsets` of the fragmentable part, ascending, without 0. */
export type FragmentOptions = { readonly mtu: number } | { readonly offsets: readonly number[] };

/**
 * The fragments of one datagram as frames to encode, first part first. IPv6 gets a fragment header after the headers that
 * every fragment has. Fields of the fragments may be merged over afterwards: overlaps and gaps are made so.
 *
 * @throws RangeError for an MTU with no room for data, and for offsets that are not multiples of 8.
 */
export function fragment(layers: readonly LayerTemplate[], options: FragmentOptions): LayerTemplate[][] {
  const whole = withFragmentHeader(layers);
  const index = whole.findIndex(({ layer }) => ruleOf(layer) !== undefined);
  const head = whole.slice(0, index + 1);
  const rule = ruleOf(whole[index]?.layer ?? '');
  if (rule === undefined) throw new RangeError('nothing in this frame can be fragmented');
  const bytes = encode(whole);
  const body = bytes.subarray(encode(head).length);
  const offsets = 'mtu' in options ? offsetsFor(options.mtu, head, body.length) : [0, ...options.offsets];
  if (offsets.some((offset) => offset % UNIT !== 0))
    throw new RangeError(`offsets of fragments are multiples of ${UNIT}`);
  const next = decode(bytes, whole[0]?.layer).layers[index];
  const carrier = compiledLayer(whole[index]?.layer ?? '').descriptor;
  return offsets.map((offset, number) => {
    const end = offsets[number + 1] ?? body.length;
    const given = whole[index]?.fields ?? {};
    const flags = (given[rule.more.field] ?? 0) as number;
    const more = number + 1 < offsets.length ? flags | rule.more.bit : flags & ~rule.more.bit;
    const nextField = carrier.next === undefined ? {} : { [carrier.next.field]: next?.[carrier.next.field] };
    const fields = { ...given, ...nextField, [rule.offset]: offset, [rule.more.field]: more };
    return [
      ...whole.slice(0, index),
      { layer: carrier.key, fields },
      { layer: 'payload', fields: { data: body.subarray(offset, end) } },
    ];
  });
}

/**
 * The packet that fragments make, in whatever order they came; undefined while parts are missing or if parts overlap. Only
 * fragments of one datagram may be given. The headers are those of the first part.
 *
 * @see RFC 791 §3.2, RFC 8200 §4.5
 */
export function reassemble(fragments: readonly Packet[]): Packet | undefined {
  const parts = fragments.map(partOf).sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const [index, part] of parts.entries()) {
    if (part.offset !== end || part.isMore !== index + 1 < parts.length) return undefined;
    end += part.data.length;
  }
  const [first] = parts;
  if (first === undefined) return undefined;
  const head = templatesOf(first.head).map(withoutComputed);
  const last = head[head.length - 1] as LayerTemplate;
  const { rule, next } = first;
  const fields: Record<string, unknown> = { ...last.fields };
  fields[rule.offset] = 0;
  fields[rule.more.field] = (fields[rule.more.field] as number) & ~rule.more.bit;
  const isOwnHeader = compiledLayer(last.layer).descriptor.mayBeLeftOut === true;
  if (isOwnHeader) {
    head.pop();
    const before = head[head.length - 1] as LayerTemplate;
    const { next: nextRule } = compiledLayer(before.layer).descriptor;
    if (nextRule !== undefined)
      head[head.length - 1] = { ...before, fields: { ...before.fields, [nextRule.field]: next } };
  } else head[head.length - 1] = { ...last, fields };
  const data = Buffer.concat(parts.map((part) => part.data));
  return decode(encode([...head, { layer: 'payload', fields: { data } }]), head[0]?.layer);
}

/** What tells the datagram that a fragment belongs to from others; undefined for a packet that is none. */
export function fragmentIdent(packet: Packet): number | undefined {
  for (const layer of packet.layers) {
    const rule = ruleOf(layer.layer);
    if (rule !== undefined && compiledLayer(layer.layer).isFragment?.(layer)) return layer[rule.ident] as number;
  }
  return undefined;
}

interface Part {
  readonly head: readonly Layer[];
  readonly rule: FragmentationRule;
  readonly offset: number;
  readonly isMore: boolean;
  readonly next: unknown;
  readonly data: Buffer;
}

function partOf({ layers }: Packet): Part {
  const index = layers.findIndex((layer) => ruleOf(layer.layer) !== undefined);
  const layer = layers[index];
  const rule = ruleOf(layer?.layer ?? '');
  if (layer === undefined || rule === undefined) throw new RangeError('a packet that cannot be a fragment');
  const { next } = compiledLayer(layer.layer).descriptor;
  return {
    head: layers.slice(0, index + 1),
    rule,
    offset: layer[rule.offset] as number,
    isMore: ((layer[rule.more.field] as number) & rule.more.bit) !== 0,
    next: next === undefined ? undefined : layer[next.field],
    data: layers[layers.length - 1]?.data as Buffer,
  };
}

function ruleOf(key: string): FragmentationRule | undefined {
  return key === '' ? undefined : compiledLayer(key).descriptor.fragmentation;
}

function withFragmentHeader(layers: readonly LayerTemplate[]): readonly LayerTemplate[] {
  if (layers.some(({ layer }) => ruleOf(layer) !== undefined)) return layers;
  const index = layers.findIndex(({ layer }) => compiledLayer(layer).descriptor.fragmentsWith !== undefined);
  if (index < 0) return layers;
  let place = index + 1;
  while (place < layers.length && compiledLayer(layers[place]?.layer ?? 'payload').descriptor.isPerFragment) place++;
  const header = compiledLayer(layers[index]?.layer ?? '').descriptor.fragmentsWith ?? '';
  return [...layers.slice(0, place), { layer: header, fields: {} }, ...layers.slice(place)];
}

/** Offsets at which each packet has as many data as the MTU has room for. */
function offsetsFor(mtu: number, head: readonly LayerTemplate[], octets: number): number[] {
  const network = head.findIndex(({ layer }) => compiledLayer(layer).pseudoHeader !== undefined);
  const room = Math.floor((mtu - encode(head.slice(network)).length) / UNIT) * UNIT;
  if (room <= 0) throw new RangeError(`an MTU of ${mtu} octets has no room for data`);
  const offsets = [0];
  for (let offset = room; offset < octets; offset += room) offsets.push(offset);
  return offsets;
}

/** Lengths and checksums are those of the fragment. */
function withoutComputed({ layer, fields }: LayerTemplate): LayerTemplate {
  const kept = Object.entries(fields).filter(([key]) => {
    const unset = compiledLayer(layer).fields.get(key)?.default;
    const rule = typeof unset === 'object' && !(unset instanceof Uint8Array) ? unset.rule : '';
    return !['totalLength', 'payloadLength', 'checksum'].includes(rule);
  });
  return { layer, fields: Object.fromEntries(kept) };
}
