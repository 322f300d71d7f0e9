import { formatValue } from '../fields';
import { layersOf, type Matched } from './align';
import { compiledLayer } from './compiled-layers';
import type { Layer, LayerTemplate } from './packet';

/** One line about a packet: `ip 192.0.2.1 > 192.0.2.2 / tcp 40000 > 80 SYN seq 0 win 65535 [mss: 1460]`. */
export function describe(packet: Matched): string {
  const layers = layersOf(packet);
  const isBare = layers.every(({ layer }) => layer === 'eth' || layer === 'payload');
  const parts = layers.filter((layer) => isWorthTelling(layer, isBare)).map(describeLayer);
  const malformed = Array.isArray(packet) ? undefined : (packet as { malformed?: { reason: string } }).malformed;
  if (malformed !== undefined) parts.push(`malformed: ${malformed.reason}`);
  return parts.join(' / ');
}

/** A template as an author writes it, on one line: `ip: { ttl: 1 }, tcp: { flags: ACK }`. */
export function describeTemplate(template: readonly LayerTemplate[]): string {
  return template.map(({ layer, fields }) => `${layer}: ${formatFields(layer, fields)}`).join(', ');
}

function isWorthTelling(layer: Layer, isBare: boolean): boolean {
  if (layer.layer === 'eth') return isBare;
  return layer.layer !== 'payload' || (layer.data as Buffer).length > 0;
}

function describeLayer(layer: Layer): string {
  const { descriptor } = compiledLayer(layer.layer);
  if (layer.truncated) return `${layer.layer} (cut short) ${formatFields(layer.layer, layer)}`;
  const summary = descriptor.summary?.(layer);
  return summary === undefined ? layer.layer : `${layer.layer} ${summary}`;
}

function formatFields(key: string, values: Readonly<Record<string, unknown>>): string {
  const { fields, descriptor } = compiledLayer(key);
  const shorthand = descriptor.shorthand === undefined ? undefined : fields.get(descriptor.shorthand);
  if (shorthand !== undefined) return formatValue(shorthand.kind, values[shorthand.key]);
  const parts: string[] = [];
  for (const [name, { kind }] of fields) {
    if (values[name] !== undefined) parts.push(`${name}: ${formatValue(kind, values[name], values)}`);
  }
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}
