import { computedBy } from './compile';
import { compiledLayer } from './compiled-layers';
import { templatesOf } from './decode';
import { encode } from './encode';
import { mergeLayers } from './merge';
import type { LayerTemplate, Packet } from './packet';

export interface QuoteOptions {
  /** Fields that the quote has other than the packet; checksums of headers that change are computed anew unless given. */
  readonly over?: readonly LayerTemplate[];
  /** At most so many octets of what the network layer carries: 8 is what RFC 792 asks for. Unset: all. */
  readonly payloadOctets?: number;
}

/** A packet from its network layer on, as the payload of an ICMP error; empty if it has none. */
export function quote(
  packet: Packet,
  { over = [], payloadOctets = Number.POSITIVE_INFINITY }: QuoteOptions = {},
): Buffer {
  const index = packet.layers.findIndex(({ layer }) => compiledLayer(layer).pseudoHeader !== undefined);
  const network = packet.layers[index];
  if (network === undefined) return Buffer.alloc(0);
  const changed = new Set(over.filter(({ fields }) => Object.keys(fields).length > 0).map(({ layer }) => layer));
  const original = templatesOf(packet.layers.slice(index)).map((template) =>
    changed.has(template.layer) ? withoutHeaderChecksum(template) : template,
  );
  const bytes = encode(mergeLayers(original, over));
  return bytes.subarray(0, Math.min(bytes.length, network.end - network.start + payloadOctets));
}

/** A checksum over data is not touched: the quoting node does not compute it. */
function withoutHeaderChecksum({ layer, fields, ...rest }: LayerTemplate): LayerTemplate {
  const { checksum, fields: descriptors } = compiledLayer(layer);
  const field = checksum === undefined ? undefined : descriptors.get(checksum.key);
  if (checksum === undefined || field === undefined || computedBy(field, 'checksum')?.covers !== 'header')
    return { layer, fields, ...rest };
  const { [checksum.key]: _, ...kept } = fields;
  return { layer, fields: kept, ...rest };
}
