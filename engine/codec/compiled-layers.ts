import { type LayerDescriptor, layerDescriptors } from '../layers';
import { type CompiledLayer, compileLayer } from './compile';
import type { Layer } from './packet';

const compiled: readonly CompiledLayer[] = layerDescriptors.map(compileLayer);

const byKey: ReadonlyMap<string, CompiledLayer> = new Map(compiled.map((layer) => [layer.key, layer]));

/** For each space of numbers, in the order of {@link CompiledLayer.numbers}: which layer has which number. */
const byNumber: readonly ReadonlyMap<number, CompiledLayer>[] = (compiled[0] as CompiledLayer).numbers.map(
  (_, space) =>
    new Map(
      compiled.flatMap((layer) => {
        const number = layer.numbers[space] as number;
        return number < 0 ? [] : [[number, layer]];
      }),
    ),
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
  const { nextNumber, isFragment } = current;
  if (nextNumber === undefined || isFragment?.(layer)) return payloadLayer;
  return byNumber[current.nextSpace]?.get(nextNumber(layer)) ?? payloadLayer;
}

/** Position from the outside in, for layers that an author gave without an order. */
export function layerRank(key: string): number {
  return compiled.findIndex((layer) => layer.key === key);
}
