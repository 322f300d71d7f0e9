/**
 * One header of a packet. Beside `layer`, `start` and `end` (its header is octets `[start, end)`) it has every field of its
 * protocol in canonical form; fields that this header does not have are undefined.
 */
export interface Layer {
  layer: string;
  start: number;
  end: number;
  /** Set on the last header of a quoted packet if the quote ends within it: fields cut off are undefined. */
  truncated?: true;
  [field: string]: unknown;
}

/** A decoded frame: its layers from the outside in, the last one always `payload`. */
export interface Packet {
  readonly bytes: Buffer;
  readonly layers: Layer[];
  /** What could not be read, from where on; those octets are in the payload. */
  readonly malformed?: { readonly offset: number; readonly reason: string };
}

/** A layer that an author or a connection wants: canonical values, or matchers in expectations. Unset fields are not there. */
export interface LayerTemplate {
  readonly layer: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Send only so many octets of the header, as in the quote of an ICMP error. */
  readonly headerOctets?: number;
}
