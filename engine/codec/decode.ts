import { isBits } from '../fields';
import type { CompiledLayer } from './compile';
import { computedBy } from './compile';
import { compiledLayer, layerAfter, payloadLayer } from './compiled-layers';
import type { Layer, LayerTemplate, Packet } from './packet';

const EMPTY = Buffer.alloc(0);

/**
 * Reads a frame, or with `first` a packet that begins with another layer. Never throws: what cannot be read is left as
 * payload, with the reason in `malformed`. The packet keeps views of `bytes`, so they must not change afterwards.
 *
 * Octets after the end of an inner packet by its own length become the `trailer` field (`eth.padding`) of the layer around it.
 */
export function decode(bytes: Uint8Array, first = 'eth'): Packet {
  const octets = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layers: Layer[] = [];
  let malformed: Packet['malformed'];
  let isQuoted = false;
  let offset = 0;
  let limit = octets.length;
  let current = compiledLayer(first);
  while (current !== payloadLayer) {
    const layer = current.decode(octets, offset, limit);
    if (layer === undefined) {
      if (isQuoted && limit > offset) {
        const part = current.decodeTruncated(octets, offset, limit);
        layers.push(part);
        offset = part.end;
      } else if (!isQuoted) malformed ??= { offset, reason: reasonFor(current, octets, offset, limit) };
      break;
    }
    layers.push(layer);
    offset = layer.end;
    const contentEnd = current.contentEnd(layer);
    if (contentEnd !== limit && contentEnd >= 0) {
      if (contentEnd >= offset && contentEnd < limit) {
        keepTrailer(layers, octets, contentEnd, limit);
        limit = contentEnd;
      } else if (!isQuoted || contentEnd < offset)
        malformed ??= { offset: layer.start, reason: lengthReason(current, layer, contentEnd, limit) };
    }
    const quoted = current.quotes?.(layer);
    if (quoted !== undefined) {
      isQuoted = true;
      current = compiledLayer(quoted);
    } else current = layerAfter(current, layer);
  }
  layers.push({
    layer: 'payload',
    start: offset,
    end: limit,
    data: offset === limit ? EMPTY : octets.subarray(offset, limit),
  });
  return malformed === undefined ? { bytes: octets, layers } : { bytes: octets, layers, malformed };
}

/** The templates that encode to the octets the layers were decoded from. */
export function templatesOf(layers: readonly Layer[]): LayerTemplate[] {
  return layers.map((layer) => {
    const fields: Record<string, unknown> = {};
    for (const [key, { virtual }] of compiledLayer(layer.layer).fields) {
      if (!virtual && layer[key] !== undefined) fields[key] = layer[key];
    }
    return layer.truncated
      ? { layer: layer.layer, fields, headerOctets: layer.end - layer.start }
      : { layer: layer.layer, fields };
  });
}

/** Octets that the inner packet leaves over belong to the nearest layer around it that has a field for them. */
function keepTrailer(layers: readonly Layer[], bytes: Buffer, start: number, end: number): void {
  for (let index = layers.length - 2; index >= 0; index--) {
    const holder = layers[index] as Layer;
    const { trailerKey } = compiledLayer(holder.layer);
    if (trailerKey === undefined) continue;
    const outer = holder[trailerKey] as Buffer | undefined;
    holder[trailerKey] = bytes.subarray(start, end + (outer?.length ?? 0));
    return;
  }
}

function reasonFor(layer: CompiledLayer, bytes: Buffer, start: number, limit: number): string {
  const left = limit - start;
  const part = layer.decodeTruncated(bytes, start, limit);
  const lengthField = layer.descriptor.fields.find((field) => computedBy(field, 'headerLength'));
  if (left < layer.fixedOctets || lengthField === undefined) {
    const needed = left < layer.fixedOctets ? `${layer.fixedOctets} octets` : 'more octets';
    return `${layer.key} header needs ${needed}, ${left} are left`;
  }
  const { per = 1, minus = 0 } = computedBy(lengthField, 'headerLength') ?? {};
  const octets = (part[lengthField.key] as number) * per + minus;
  const isScaled = isBits(lengthField.kind.layout) && lengthField.kind.layout.scale !== undefined;
  const said =
    isScaled || per === 1
      ? `${layer.key}.${lengthField.key} ${octets}`
      : `${layer.key}.${lengthField.key} (${octets} octets)`;
  if (octets < layer.fixedOctets) return `${said} is below the ${layer.fixedOctets} octets of the header`;
  return `${said} exceeds the ${left} octets that are left`;
}

function lengthReason(current: CompiledLayer, layer: Layer, contentEnd: number, limit: number): string {
  const octets = contentEnd - layer.start;
  if (contentEnd < layer.end)
    return `${current.key} says it has ${octets} octets, its header alone has ${layer.end - layer.start}`;
  return `${current.key} says it has ${octets} octets, ${limit - layer.start} are there`;
}
