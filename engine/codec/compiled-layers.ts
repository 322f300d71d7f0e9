import { type LayerDescriptor, layerDescriptors, NUMBER_SPACES, type NumberSpace } from '../layers';
import { type CompiledLayer, compileLayer } from './compile';
import type { Layer } from './packet';

const compiled: readonly CompiledLayer[] = layerDescriptors.map(compileLayer);

const byKey: ReadonlyMap<string, CompiledLayer> = new Map(compiled.map((layer) => [layer.key, layer]));

const byNumber = new Map<NumberSpace, ReadonlyMap<number, CompiledLayer>>(
  (Object.keys(NUMBER_SPACES) as NumberSpace[]).map((space) => [
    space,
    new Map(compiled.filter(({ numbers }) => numbers[space] >= 0).map((layer) => [layer.numbers[space], layer])),
  ]),
);

/** The layer of raw octets that ends every packet. */
export const payloadLayer: CompiledLayer = compiledLayer('payload');

/** @throws Error for a key that is no layer's; authored keys are checked by parseLayers. */
export function compiledLayer(key: string): CompiledLayer {
  const layer = byKey.get(key);
  if (layer === undefined) throw new Error(`no layer is called ${key}; known are ${[...byKey.keys()].join(', ')}`);
  return layer;
}

export function findCompiledLayer(key: string): CompiledLayer | undefined {
  return byKey.get(key);
}

/** The protocol of that key, or undefined. */
export function layerDescriptor(key: string): LayerDescriptor | undefined {
  return byKey.get(key)?.descriptor;
}

/** What a decoded layer says comes after it. */
export function layerAfter(current: CompiledLayer, layer: Layer): CompiledLayer {
  const { next, isFragment } = current.descriptor;
  if (next === undefined || isFragment?.(layer)) return payloadLayer;
  return byNumber.get(next.space)?.get(layer[next.field] as number) ?? payloadLayer;
}

/** Position from the outside in, for layers that an author gave without an order. */
export function layerRank(key: string): number {
  return compiled.findIndex((layer) => layer.key === key);
}
