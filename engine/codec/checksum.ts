import { foldChecksum, sumWords } from '../fields';
import type { CompiledLayer } from './compile';
import { compiledLayer } from './compiled-layers';
import type { Layer, Packet } from './packet';

// Bound once: a call through another folder's index passes a getter each time, which costs more than a small sum.
const fold = foldChecksum;
const sum = sumWords;

/** A checksum of a packet that is not what its octets say. */
export interface ChecksumProblem {
  readonly layer: string;
  readonly got: number;
  readonly expected: number;
}

/**
 * The wrong checksums of a decoded packet. Not looked at: quoted packets, whose octets are incomplete, layers that were cut
 * short, and checksums that are allowed to be missing (UDP over IPv4).
 */
export function checksumProblems(packet: Packet): ChecksumProblem[] {
  const problems: ChecksumProblem[] = [];
  const { bytes, layers } = packet;
  const ends = contentEnds(layers);
  for (const [index, layer] of layers.entries()) {
    const compiled = compiledLayer(layer.layer);
    const { checksum } = compiled;
    if (checksum?.isThere(layer)) {
      const got = layer[checksum.key] as number;
      const pseudo = checksum.hasPseudoHeader ? findCarrier(layers, index) : undefined;
      const mayBeMissing = checksum.zeroMeansNone && pseudo?.layer.layer === 'ip';
      if (!(mayBeMissing && got === 0)) {
        const end = checksum.coversHeaderOnly ? layer.end : (ends[index] as number);
        const pseudoSum =
          pseudo === undefined
            ? 0
            : sumPseudoHeader(
                pseudo.compiled,
                bytes,
                pseudo.layer.start,
                compiled,
                end - layer.start,
                pseudo.destination,
              );
        const expected = checksumOf(compiled, sum(bytes, layer.start, end) + pseudoSum - got);
        // 0 and 0xffff are the same number in one's complement; only for UDP they mean different things.
        const isSame =
          got === expected || (!checksum.zeroMeansNone && got + expected === 0xffff && (got === 0 || expected === 0));
        if (!isSame) problems.push({ layer: layer.layer, got, expected });
      }
    }
    if (compiled.quotes?.(layer) !== undefined) break;
  }
  return problems;
}

/** A sum of words as it stands in the layer's checksum field. */
export function checksumOf(layer: CompiledLayer, total: number): number {
  const checksum = fold(total);
  return checksum === 0 && layer.checksum?.zeroMeansNone ? 0xffff : checksum;
}

/**
 * The words of the pseudo-header: addresses of the carrying layer, protocol number and length of the carried one. With a
 * source route that still has a way to go, `destination` is where it ends.
 *
 * @see RFC 9293 §3.1, RFC 8200 §8.1
 */
export function sumPseudoHeader(
  carrier: CompiledLayer,
  bytes: Buffer,
  carrierStart: number,
  carried: CompiledLayer,
  length: number,
  destination: number | Uint8Array | undefined,
): number {
  let total = carried.ipProtocol + (length >>> 16) + (length & 0xffff);
  const addresses = carrier.pseudoHeader ?? [];
  for (let index = 0; index < addresses.length; index++) {
    const { offset, octets } = addresses[index] as (typeof addresses)[number];
    if (index === addresses.length - 1 && destination !== undefined) total += sumAddress(destination);
    else total += sum(bytes, carrierStart + offset, carrierStart + offset + octets);
  }
  return total;
}

function sumAddress(address: number | Uint8Array): number {
  return typeof address === 'number' ? (address >>> 16) + (address & 0xffff) : sum(address, 0, address.length);
}

/** Where each layer's content ends: the end of the innermost, and the trailers outside of it. */
function contentEnds(layers: readonly Layer[]): number[] {
  const ends: number[] = new Array(layers.length);
  let end = layers[layers.length - 1]?.end ?? 0;
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index] as Layer;
    const { trailerKey } = compiledLayer(layer.layer);
    if (trailerKey !== undefined) end += (layer[trailerKey] as Buffer | undefined)?.length ?? 0;
    ends[index] = end;
  }
  return ends;
}

interface Carrier {
  readonly layer: Layer;
  readonly compiled: CompiledLayer;
  readonly destination: number | Uint8Array | undefined;
}

function findCarrier(layers: readonly Layer[], index: number): Carrier | undefined {
  let destination: number | Uint8Array | undefined;
  for (let outer = index - 1; outer >= 0; outer--) {
    const layer = layers[outer] as Layer;
    const compiled = compiledLayer(layer.layer);
    destination ??= compiled.finalDestination?.(layer);
    if (compiled.pseudoHeader !== undefined) return { layer, compiled, destination };
  }
  return undefined;
}
