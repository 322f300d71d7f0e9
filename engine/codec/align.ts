import { compiledLayer } from './compiled-layers';
import type { Layer, LayerTemplate, Packet } from './packet';

/** A packet, or its layers where somebody has changed them (a connection's relative numbers). */
export type Matched = Packet | readonly Layer[];

/** The layer that a template's layer speaks of, and why there is none. */
export type Alignment = { readonly layer: Layer } | { readonly missing: string };

/**
 * Finds a template's layers in a packet, in order and without going back. The first may lie anywhere (`tcp` alone leaves
 * out what carries it); between two of them only extension headers and tags may be left out. Nothing is looked for inside
 * the quote of an ICMP error unless the template has the ICMP layer itself. A template's `payload` is everything after the
 * layer before it.
 *
 * Calls `visit` for each layer of the template until it returns false; returns whether it never did.
 */
export function align(
  template: readonly LayerTemplate[],
  matched: Matched,
  visit: (template: LayerTemplate, layer: Layer | undefined) => boolean,
): boolean {
  const layers = layersOf(matched);
  let cursor = 0;
  for (let index = 0; index < template.length; index++) {
    const wanted = template[index] as LayerTemplate;
    const { layer: key } = wanted;
    let found = cursor;
    if (key === 'payload' && index > 0) {
      const layer = restAfter(matched, layers, cursor);
      if (!visit(wanted, layer)) return false;
      cursor = layers.length;
      continue;
    }
    while (
      found < layers.length &&
      (layers[found] as Layer).layer !== key &&
      maySkip(layers[found] as Layer, index === 0)
    )
      found++;
    const layer = layers[found];
    if (layer === undefined || layer.layer !== key) {
      if (!visit(wanted, undefined)) return false;
      continue;
    }
    if (!visit(wanted, layer)) return false;
    cursor = found + 1;
  }
  return true;
}

export function layersOf(matched: Matched): readonly Layer[] {
  return Array.isArray(matched) ? (matched as readonly Layer[]) : (matched as Packet).layers;
}

function maySkip(layer: Layer, isFirst: boolean): boolean {
  const { quotes, mayBeLeftOut } = compiledLayer(layer.layer);
  return isFirst ? quotes?.(layer) === undefined : mayBeLeftOut;
}

/** The payload layer at `index`, or one made of all octets from there on. */
function restAfter(matched: Matched, layers: readonly Layer[], index: number): Layer | undefined {
  const next = layers[index];
  const last = layers[layers.length - 1];
  if (next === undefined || last === undefined || next.layer === 'payload') return next;
  if (Array.isArray(matched)) return undefined;
  const { bytes } = matched as Packet;
  return { layer: 'payload', start: next.start, end: last.end, data: bytes.subarray(next.start, last.end) };
}
