import { compiledLayer } from './compiled-layers';
import type { Layer } from './packet';

/**
 * A packet's layers as expressions read them: `{ ip: { src: '192.0.2.1', … }, tcp: { seq: 1, … }, payload: octets }`. Of
 * several layers of one key the outermost counts. Fields that the header does not have are left out.
 */
export function expressionValues(layers: readonly Layer[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const layer of layers) {
    if (!Object.hasOwn(values, layer.layer)) values[layer.layer] = expressionValuesOf(layer);
  }
  return values;
}

function expressionValuesOf(layer: Layer): unknown {
  const { fields, descriptor } = compiledLayer(layer.layer);
  const { shorthand } = descriptor;
  const value = (key: string): unknown => {
    const field = fields.get(key);
    const of = field?.virtual?.of;
    const canonical = layer[key] ?? (of === undefined ? undefined : layer[of]);
    return canonical === undefined ? undefined : field?.kind.toExpression(canonical);
  };
  if (shorthand !== undefined) return value(shorthand);
  const map: Record<string, unknown> = {};
  for (const key of fields.keys()) {
    const converted = value(key);
    if (converted !== undefined) map[key] = converted;
  }
  return map;
}
