import type { AnyKind, NumberTable } from '../fields';

/** What a layer's number is called in the tables that carry it, such as `{ ipProtocol: 'tcp' }`. */
export type NumberSpace = 'ethertype' | 'ipProtocol';

/** One header: the only place that knows its octets. */
export interface LayerDescriptor {
  /** What authors write; Wireshark's name of the protocol. */
  readonly key: string;
  /** The protocol's name in full. */
  readonly name: string;
  /** The document that defines the header. */
  readonly spec: string;
  readonly doc: string;
  /** In wire order; offsets follow from the widths. Virtual fields come last. */
  readonly fields: readonly FieldDescriptor[];
  /** The layer's name in the number tables of the layers that carry it. */
  readonly under?: Readonly<Partial<Record<NumberSpace, string>>>;
  /** The field that names what follows the header. Unset: `payload` follows. */
  readonly next?: NextRule;
  /** Fields whose octets go into the pseudo-header of checksums further in, such as `['src', 'dst']`. */
  readonly pseudoHeader?: readonly string[];
  /** The fields by which this layer says which part of a datagram follows. */
  readonly fragmentation?: FragmentationRule;
  /** The layer that says it for a packet of this one, which goes in when the packet is cut. */
  readonly fragmentsWith?: string;
  /** Every fragment has this header: it stands before the one that says which part follows. */
  readonly isPerFragment?: true;
  /** Whether what follows is only a part of something, so that it is not to be read as a header. */
  isFragment?(fields: Readonly<Record<string, unknown>>): boolean;
  /** The layer with which a quoted packet begins, possibly cut short: its headers belong to the quote, not to this packet. */
  quotes?(fields: Readonly<Record<string, unknown>>): string | undefined;
  /** Where a source route leads in the end; takes the place of the destination in pseudo-headers (RFC 8200 §8.1). */
  finalDestination?(fields: Readonly<Record<string, unknown>>): number | Uint8Array | undefined;
  /** A template may leave this layer out between two others, as it may an extension header. */
  readonly mayBeLeftOut?: true;
  /** The field that an author may give alone in place of the map of fields. */
  readonly shorthand?: string;
  /** The part of the one-line description after the key; Unset: the key alone. */
  summary?(fields: Readonly<Record<string, unknown>>): string;
  /** The frame's link-layer destination that follows from this layer's destination, such as that of a multicast address. */
  linkDestination?(fields: Readonly<Record<string, unknown>>): number | undefined;
  /** A valid layer as an author writes it in a frame to send. */
  readonly example: unknown;
}

export interface FieldDescriptor {
  /** What authors write; Wireshark's name of the field. */
  readonly key: string;
  /** The RFC's name of the field in full. */
  readonly rfcName: string;
  /** The RFC's number and section. */
  readonly section: string;
  readonly doc: string;
  /** What one step of the value is. Unset: it counts nothing. */
  readonly unit?: string;
  readonly kind: AnyKind;
  /** What an unset field is when sent: a canonical value, or how it follows from the packet. 0 or nothing unless said. */
  readonly default?: number | Uint8Array | ComputedRule;
  /** The field is in the header only if this holds; it speaks of a field further to the front. */
  readonly when?: Condition;
  /** With any value but the default readers take the header for another one or measure it otherwise. */
  readonly isFraming?: true;
  /** The field stands after everything that the layer carries: what is left when the inner packet's own length has ended. */
  readonly trailer?: true;
  /**
   * The field has no octets of its own. `of` names the field it is another view of; without it only a connection can tell
   * the value.
   */
  readonly virtual?: { readonly of?: string };
}

/** How an unset field follows from the rest of the packet. */
export type ComputedRule =
  /** Octets of this header. `minus` and `per`: the wire has (octets - minus) / per. */
  | { readonly rule: 'headerLength'; readonly per?: number; readonly minus?: number }
  /** Octets of this header and everything in it; what follows after them is not part of the layer. */
  | { readonly rule: 'totalLength' }
  /** Octets of everything after this header. */
  | { readonly rule: 'payloadLength' }
  /** The number of the next layer in the space of the layer's `next`. */
  | { readonly rule: 'nextProtocol' }
  /** The internet checksum of this header, or of it and everything in it, with a pseudo-header or without. */
  | {
      readonly rule: 'checksum';
      readonly covers: 'header' | 'all';
      readonly pseudoHeader?: true;
      /** A computed 0 is sent as 0xffff, and a received 0 means that there is none (RFC 768). */
      readonly zeroMeansNone?: true;
    }
  /** The link-layer destination that the next layer asks for. */
  | { readonly rule: 'linkDestination' }
  /** How many items the list in another field has, less `minus`. */
  | { readonly rule: 'count'; readonly of: string; readonly minus?: number }
  /** The bits that tell which of these optional fields are set. */
  | { readonly rule: 'presence'; readonly bits: Readonly<Record<string, number>> };

export interface FragmentationRule {
  readonly offset: string;
  readonly ident: string;
  /** The field, and its bit, which is set in all fragments but the last. */
  readonly more: { readonly field: string; readonly bit: number };
}

export interface NextRule {
  readonly field: string;
  readonly space: NumberSpace;
  /** The number when nothing or a bare payload follows. */
  readonly otherwise: number;
}

/** A test of a number field further to the front: it is one of these, or has any of these bits. */
export type Condition =
  | { readonly field: string; readonly in: readonly number[] }
  | { readonly field: string; readonly notIn: readonly number[] }
  | { readonly field: string; readonly mask: number };

export type { NumberTable };
