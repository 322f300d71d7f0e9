import { compiledLayer } from './compiled-layers';
import type { LayerTemplate } from './packet';

/**
 * The layers of `base` with those of `over` laid upon them in order: fields of the same layer win, layers that `base` does
 * not have go in after the layer that can carry them, `payload` to the end. An undefined field is an unset one.
 */
export function mergeLayers(base: readonly LayerTemplate[], over: readonly LayerTemplate[]): LayerTemplate[] {
  const merged = base.slice();
  let cursor = 0;
  for (const layer of over) {
    const index = findFrom(merged, cursor, layer.layer);
    const below = merged[index];
    if (below !== undefined) {
      const fields = compiledLayer(layer.layer).merge(below.fields, layer.fields);
      const headerOctets = layer.headerOctets ?? below.headerOctets;
      merged[index] =
        headerOctets === undefined ? { layer: layer.layer, fields } : { layer: layer.layer, fields, headerOctets };
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
    const { nextSpace } = compiledLayer((layers[index] as LayerTemplate).layer);
    if (nextSpace >= 0 && (numbers[nextSpace] as number) >= 0) return index + 1;
  }
  return cursor;
}
