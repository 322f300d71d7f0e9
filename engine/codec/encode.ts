import { sumWordsOf } from '../fields';
import { checksumOf, sumPseudoHeader } from './checksum';
import type { CompiledLayer } from './compile';
import { compiledLayer } from './compiled-layers';
import type { LayerTemplate } from './packet';

// Bound once: a call through another folder's index passes a getter each time, which costs more than a small sum.
const sumOctets = sumWordsOf;

/** Frames are cut from pools of this size: making a Buffer of its own for each costs as much as encoding it. */
const POOL_OCTETS = 128 * 1024;

/** One layer of the frame that is being encoded. */
interface Place {
  compiled: CompiledLayer;
  start: number;
  headerEnd: number;
  /** Where everything in the layer ends, its trailer included. */
  end: number;
}

/** Memory to write into, with its view as 32-bit words for checksums. */
interface Memory {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
}

let pool = allocate(0);
let poolOffset = POOL_OCTETS;

/** Reused by every frame; encoding is synchronous and calls nothing that encodes. */
const places: Place[] = [];

/**
 * The octets of a frame, outermost layer first. Unset fields are defaulted, or computed from their neighbours: lengths,
 * checksums, next protocol. What is set goes out as given, also if it is wrong.
 *
 * @throws Error for unknown layers and values that are not canonical; authored ones are checked by parseLayers.
 */
export function encode(layers: readonly LayerTemplate[]): Buffer {
  const octets = placeLayers(layers);
  const isPooled = octets <= POOL_OCTETS / 16;
  if (isPooled && poolOffset + octets > POOL_OCTETS) {
    pool = allocate(POOL_OCTETS);
    poolOffset = 0;
  }
  const memory = isPooled ? pool : allocate(octets);
  const origin = isPooled ? poolOffset : 0;
  writeLayers(layers, memory.bytes, origin);
  writeChecksums(layers, memory, origin);
  if (isPooled) poolOffset = (origin + octets + 3) & ~3;
  return memory.bytes.subarray(origin, origin + octets);
}

function allocate(octets: number): Memory {
  const bytes = Buffer.allocUnsafeSlow((octets + 3) & ~3);
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

/** Finds where each layer goes, from 0; returns the octets of the frame. */
function placeLayers(layers: readonly LayerTemplate[]): number {
  let offset = 0;
  for (let index = 0; index < layers.length; index++) {
    const { layer, fields, headerOctets } = layers[index] as LayerTemplate;
    const compiled = compiledLayer(layer);
    const start = offset;
    const octets = compiled.headerOctets(fields);
    offset += headerOctets === undefined ? octets : Math.min(octets, headerOctets);
    const place = places[index];
    if (place === undefined) places.push({ compiled, start, headerEnd: offset, end: 0 });
    else {
      place.compiled = compiled;
      place.start = start;
      place.headerEnd = offset;
    }
  }
  for (let index = layers.length - 1; index >= 0; index--) {
    const place = places[index] as Place;
    const trailer = place.compiled.trailerOf?.((layers[index] as LayerTemplate).fields);
    if (trailer !== undefined) offset += trailer.length;
    place.end = offset;
  }
  return offset;
}

function writeLayers(layers: readonly LayerTemplate[], bytes: Buffer, origin: number): void {
  for (let index = 0; index < layers.length; index++) {
    const { fields, headerOctets } = layers[index] as LayerTemplate;
    const { compiled, start, headerEnd, end } = places[index] as Place;
    const following = index + 1 < layers.length ? places[index + 1] : undefined;
    const number = nextNumber(compiled, following?.compiled);
    if (headerOctets === undefined) {
      compiled.write(
        fields,
        bytes,
        origin + start,
        origin + headerEnd,
        origin + end,
        number,
        linkDestination,
        layers,
        index,
      );
    } else {
      const whole = Buffer.alloc(compiled.headerOctets(fields));
      compiled.write(fields, whole, 0, whole.length, end - start, number, linkDestination, layers, index);
      whole.copy(bytes, origin + start, 0, headerEnd - start);
    }
    const trailer = compiled.trailerOf?.(fields);
    if (trailer !== undefined) trailer.copy(bytes, origin + end - trailer.length);
  }
}

/** From the inside out, for a checksum covers those further in. */
function writeChecksums(layers: readonly LayerTemplate[], { bytes, words }: Memory, origin: number): void {
  for (let index = layers.length - 1; index >= 0; index--) {
    const { compiled, start, headerEnd, end } = places[index] as Place;
    const { checksum } = compiled;
    if (checksum === undefined) continue;
    const place = start + checksum.offset;
    if (place + 2 > headerEnd || !checksum.isToCompute((layers[index] as LayerTemplate).fields)) continue;
    const from = origin + start;
    const to = origin + (checksum.coversHeaderOnly ? headerEnd : end);
    let sum = sumOctets(bytes, words, from, to);
    if (checksum.hasPseudoHeader) {
      let destination: number | Uint8Array | undefined;
      for (let outer = index - 1; outer >= 0; outer--) {
        const { compiled: carrier, start: carrierStart } = places[outer] as Place;
        if (carrier.finalDestination !== undefined)
          destination ??= carrier.finalDestination((layers[outer] as LayerTemplate).fields);
        if (carrier.pseudoHeader === undefined) continue;
        sum += sumPseudoHeader(carrier, bytes, origin + carrierStart, compiled, end - start, destination);
        break;
      }
    }
    const value = checksumOf(compiled, sum);
    bytes[origin + place] = value >>> 8;
    bytes[origin + place + 1] = value & 255;
  }
}

function nextNumber(layer: CompiledLayer, following: CompiledLayer | undefined): number {
  if (layer.nextSpace < 0) return 0;
  const number = following === undefined ? -1 : (following.numbers[layer.nextSpace] as number);
  return number < 0 ? (layer.descriptor.next?.otherwise ?? 0) : number;
}

/** The link-layer destination that the nearest layer further in asks for; zero if none does. */
function linkDestination(layers: readonly LayerTemplate[], index: number): number {
  for (let inner = index + 1; inner < layers.length; inner++) {
    const { layer, fields } = layers[inner] as LayerTemplate;
    const { linkDestination: rule } = compiledLayer(layer);
    if (rule !== undefined) return rule(fields) ?? 0;
  }
  return 0;
}
