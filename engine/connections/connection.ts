import type { Layer, LayerTemplate, Packet } from '../codec';

/** How a connection's addresses travel; `mapped` is IPv4 on the wire with an IPv6 socket on the DUT. */
export type Over = 'ipv4' | 'ipv6' | 'mapped';

/** One end of a connection. Ports are 0 while not known. */
export interface Endpoint {
  readonly mac: string;
  readonly ip: string;
  port: number;
}

/** What both kinds of connections are made from. `local` is the test bench, `remote` the DUT. */
export interface ConnectionOptions {
  readonly name: string;
  readonly over: Over;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Layers that the author merges into every frame sent. */
  readonly send: readonly LayerTemplate[];
  /** Layers that the author merges into every expectation. */
  readonly expect: readonly LayerTemplate[];
}

/**
 * Which unsaid fields an expectation pins: `all` of addresses, ports and the next numbers; only `addresses` (and ports)
 * in negative expectations, which would be blind otherwise.
 */
export type Pins = 'all' | 'addresses';

/**
 * The test bench's end of a conversation: it knows what an unsaid field of a frame is. It proposes purely (`outgoing`,
 * `expected`) and changes only by what was really sent or taken (`sent`, `taken`).
 */
export interface Connection {
  readonly name: string;
  readonly kind: 'tcp' | 'udp';
  readonly over: Over;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The author's layers completed to a whole stack with the wire's numbers. */
  outgoing(authored: readonly LayerTemplate[]): LayerTemplate[];
  /** What to match against {@link view}: the author's layers and the pins for what they leave unsaid. */
  expected(authored: readonly LayerTemplate[], pins: Pins): Expected;
  /** Whether a received frame belongs to this connection by its addresses and ports. */
  owns(packet: Packet): boolean;
  /** The packet's layers in this connection's relative numbers; the packet stays as it is. */
  view(packet: Packet, outgoing?: boolean): readonly Layer[];
  /** Tells that the packet went out. `track` false: the state does not move. */
  sent(packet: Packet, track: boolean): void;
  /** Tells that a step took the packet. */
  taken(packet: Packet): void;
  /** `local` and `remote` as expressions read them. */
  facts(): ConnectionFacts;
}

/** An expectation made ready: the template for the packets for which `applies` was given. */
export interface Expected {
  /** The template for this packet, given its view. */
  for(view: readonly Layer[]): readonly LayerTemplate[];
}

export interface ConnectionFacts {
  readonly local: Readonly<Record<string, unknown>>;
  readonly remote: Readonly<Record<string, unknown>>;
}

/** The layer of that key, or undefined. */
export function findLayer(layers: readonly Layer[], key: string): Layer | undefined {
  for (const layer of layers) if (layer.layer === key) return layer;
  return undefined;
}

/** The template of that key, or undefined. */
export function findTemplate(layers: readonly LayerTemplate[], key: string): LayerTemplate | undefined {
  for (const layer of layers) if (layer.layer === key) return layer;
  return undefined;
}
