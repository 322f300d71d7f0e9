import { computeChecksum, sumPseudoHeader } from './checksum';
import type { CompiledLayer } from './compile';
import { compiledLayer } from './compiled-layers';
import type { LayerTemplate } from './packet';

/** Frames are cut from pools of this size: making a Buffer of its own for each costs more than encoding it. */
const POOL_OCTETS = 64 * 1024;

let pool = Buffer.alloc(0);
let poolOffset = POOL_OCTETS;

/**
 * The octets of a frame, outermost layer first. Unset fields are defaulted, or computed from their neighbours: lengths,
 * checksums, next protocol. What is set goes out as given, also if it is wrong.
 *
 * @throws Error for unknown layers and values that are not canonical; authored ones are checked by parseLayers.
 */
export function encode(layers: readonly LayerTemplate[]): Buffer {
  const count = layers.length;
  const compiled: CompiledLayer[] = new Array(count);
  const starts: number[] = new Array(count);
  const headerEnds: number[] = new Array(count);
  const ends: number[] = new Array(count);
  let offset = 0;
  for (let index = 0; index < count; index++) {
    const template = layers[index] as LayerTemplate;
    const layer = compiledLayer(template.layer);
    const octets = layer.headerOctets(template.fields);
    compiled[index] = layer;
    starts[index] = offset;
    offset += template.headerOctets === undefined ? octets : Math.min(octets, template.headerOctets);
    headerEnds[index] = offset;
  }
  for (let index = count - 1; index >= 0; index--) {
    const { trailerKey } = compiled[index] as CompiledLayer;
    if (trailerKey !== undefined) {
      const trailer = layers[index]?.fields[trailerKey] as Buffer | undefined;
      if (trailer !== undefined) offset += trailer.length;
    }
    ends[index] = offset;
  }
  const bytes = takeOctets(offset);
  for (let index = 0; index < count; index++) {
    const layer = compiled[index] as CompiledLayer;
    const { fields, headerOctets } = layers[index] as LayerTemplate;
    const start = starts[index] as number;
    const headerEnd = headerEnds[index] as number;
    const end = ends[index] as number;
    const number = nextNumber(layer, compiled[index + 1]);
    if (headerOctets === undefined) {
      layer.write(fields, bytes, start, headerEnd, end, number, linkDestination, layers, index);
    } else {
      const whole = Buffer.alloc(layer.headerOctets(fields));
      layer.write(fields, whole, 0, whole.length, end - start, number, linkDestination, layers, index);
      whole.copy(bytes, start, 0, headerEnd - start);
    }
    if (layer.trailerKey !== undefined) {
      const trailer = fields[layer.trailerKey] as Buffer | undefined;
      if (trailer !== undefined) trailer.copy(bytes, end - trailer.length);
    }
  }
  for (let index = count - 1; index >= 0; index--) {
    const layer = compiled[index] as CompiledLayer;
    const { checksum } = layer;
    const template = layers[index] as LayerTemplate;
    if (checksum === undefined || template.fields[checksum.key] !== undefined) continue;
    const start = starts[index] as number;
    const place = start + checksum.offset;
    if (place + 2 > (headerEnds[index] as number) || !checksum.isThere(template.fields)) continue;
    const end = checksum.coversHeaderOnly ? (headerEnds[index] as number) : (ends[index] as number);
    let carrier = checksum.hasPseudoHeader ? index - 1 : -1;
    while (carrier >= 0 && (compiled[carrier] as CompiledLayer).pseudoHeader === undefined) carrier--;
    const pseudoSum =
      carrier < 0
        ? 0
        : sumPseudoHeader(compiled[carrier] as CompiledLayer, bytes, starts[carrier] as number, layer, end - start);
    const value = computeChecksum(layer, bytes, start, end, pseudoSum);
    bytes[place] = value >>> 8;
    bytes[place + 1] = value & 255;
  }
  return bytes;
}

/** So many octets of a pool that frames share; they hold what was there before. */
function takeOctets(octets: number): Buffer {
  if (octets > POOL_OCTETS / 16) return Buffer.allocUnsafeSlow(octets);
  if (poolOffset + octets > POOL_OCTETS) {
    pool = Buffer.allocUnsafeSlow(POOL_OCTETS);
    poolOffset = 0;
  }
  const taken = pool.subarray(poolOffset, poolOffset + octets);
  poolOffset += (octets + 7) & ~7;
  return taken;
}

function nextNumber(layer: CompiledLayer, following: CompiledLayer | undefined): number {
  const { next } = layer.descriptor;
  if (next === undefined) return 0;
  const number = following === undefined ? -1 : following.numbers[next.space];
  return number < 0 ? next.otherwise : number;
}

/** The link-layer destination that the nearest layer further in asks for; zero if none does. */
function linkDestination(layers: readonly LayerTemplate[], index: number): number {
  for (let inner = index + 1; inner < layers.length; inner++) {
    const { layer, fields } = layers[inner] as LayerTemplate;
    const { linkDestination: rule } = compiledLayer(layer).descriptor;
    if (rule !== undefined) return rule(fields) ?? 0;
  }
  return 0;
}
