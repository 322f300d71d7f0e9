import { compiledLayer } from './compiled-layers';
import type { LayerTemplate } from './packet';

/**
 * The layers of `base` with those of `over` laid upon them in order: fields of the same layer win, layers that `base` does
 * not have go in after the layer that can carry them, `payload` to the end.
 */
export function mergeLayers(base: readonly LayerTemplate[], over: readonly LayerTemplate[]): LayerTemplate[] {
  const merged = [...base];
  let cursor = 0;
  for (const layer of over) {
    const index = findFrom(merged, cursor, layer.layer);
    const below = merged[index];
    if (below !== undefined) {
      merged[index] = { ...below, ...layer, fields: { ...below.fields, ...definedFields(layer.fields) } };
      cursor = index + 1;
    } else {
      const place = layer.layer === 'payload' ? merged.length : placeFor(merged, cursor, layer.layer);
      merged.splice(place, 0, layer);
      cursor = place + 1;
    }
  }
  return merged;
}

function findFrom(layers: readonly LayerTemplate[], from: number, key: string): number {
  for (let index = from; index < layers.length; index++) if (layers[index]?.layer === key) return index;
  return -1;
}

/** After the first layer, from the cursor's own on, whose next-protocol numbers include the layer's. */
function placeFor(layers: readonly LayerTemplate[], cursor: number, key: string): number {
  const { numbers } = compiledLayer(key);
  for (let index = Math.max(cursor - 1, 0); index < layers.length; index++) {
    const { next } = compiledLayer((layers[index] as LayerTemplate).layer).descriptor;
    if (next !== undefined && numbers[next.space] >= 0) return index + 1;
  }
  return cursor;
}

/** An undefined value is the same as none, so that it never takes away what is below. */
function definedFields(fields: LayerTemplate['fields']): LayerTemplate['fields'] {
  for (const key in fields) {
    if (fields[key] === undefined)
      return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  }
  return fields;
}
