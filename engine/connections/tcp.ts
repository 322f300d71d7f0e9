import type { Layer, LayerTemplate, Packet } from '../codec';
import { mergeLayers, parseLayers } from '../codec';
import {
  type Connection,
  type ConnectionFacts,
  type ConnectionOptions,
  type Endpoint,
  type Expected,
  findLayer,
  findTemplate,
  type Over,
  type Pins,
} from './connection';
import { add, difference, isBefore } from './serial-number';

/** What a TCP connection is made from beside its addresses. */
export interface TcpOptions extends ConnectionOptions {
  /** Our initial sequence number (RFC 9293 §3.4.1). */
  readonly iss: number;
  /** The raw window of every segment sent. */
  readonly window: number;
  /** The options of our SYN or SYN-ACK; codec's canonical option list. */
  readonly options: readonly TcpOption[];
}

/** An option as codec keeps it. */
export interface TcpOption {
  readonly name: string;
  readonly value?: unknown;
}

interface Timestamps {
  readonly val?: number;
  readonly ecr?: number;
}

const FIN = 0x01;
const SYN = 0x02;
const ACK = 0x10;

/** The variables of RFC 9293 §3.3.1 as the test bench sees them, and the wire's numbers from the author's relative ones. */
export class TcpConnection implements Connection {
  readonly kind = 'tcp';
  readonly name: string;
  readonly over: Over;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  iss: number;
  sndNxt: number;
  /** The DUT's initial sequence number; undefined until a segment of it was taken. */
  irs: number | undefined;
  rcvNxt: number | undefined;
  private readonly window: number;
  private readonly synOptions: readonly TcpOption[];
  private readonly sendBase: readonly LayerTemplate[];
  private readonly expectBase: readonly LayerTemplate[];
  private readonly networkPins: LayerTemplate;
  private readonly networkKey: 'ip' | 'ipv6';
  private readonly localAddress: unknown;
  private readonly remoteAddress: unknown;
  private localScale: number | undefined;
  private remoteScale: number | undefined;
  private remoteWindow = 0;
  private remoteMss: number | undefined;
  private offersTimestamps = false;
  private timestampsNegotiated = false;
  private lastSentVal = 0;
  private lastReceivedVal: number | undefined;
  private firstReceivedVal: number | undefined;

  constructor(options: TcpOptions) {
    this.name = options.name;
    this.over = options.over;
    this.local = options.local;
    this.remote = options.remote;
    this.iss = options.iss;
    this.sndNxt = options.iss;
    this.window = options.window;
    this.synOptions = options.options;
    this.networkKey = options.over === 'ipv6' ? 'ipv6' : 'ip';
    const base = addressTemplates(options);
    this.localAddress = base.local;
    this.remoteAddress = base.remote;
    this.sendBase = mergeLayers(
      [
        { layer: 'eth', fields: base.eth },
        { layer: this.networkKey, fields: { src: base.local, dst: base.remote } },
      ],
      options.send.filter((layer) => layer.layer !== 'tcp'),
    );
    this.expectBase = options.expect;
    this.networkPins = { layer: this.networkKey, fields: { src: base.remote, dst: base.local } };
    this.sendTcp = findTemplate(options.send, 'tcp')?.fields ?? {};
  }

  private readonly sendTcp: Readonly<Record<string, unknown>>;

  /** Whether the peer has spoken, so that an ACK number exists. */
  get isPeerKnown(): boolean {
    return this.rcvNxt !== undefined;
  }

  outgoing(authored: readonly LayerTemplate[]): LayerTemplate[] {
    const given = findTemplate(authored, 'tcp')?.fields ?? {};
    const flags = numberOr(given.flags, numberOr(this.sendTcp.flags, this.isPeerKnown ? ACK : SYN));
    const isSyn = (flags & SYN) !== 0;
    const fields: Record<string, unknown> = {
      srcport: this.local.port,
      dstport: this.remote.port,
      window: this.window,
      ...this.sendTcp,
      ...given,
      flags,
    };
    fields.seq = typeof given.seq === 'number' ? add(this.iss, given.seq) : this.sndNxt;
    if (typeof given.ack === 'number') fields.ack = add(this.irs ?? 0, given.ack);
    else fields.ack = (flags & ACK) !== 0 ? (this.rcvNxt ?? 0) : 0;
    if (typeof given.seq_raw === 'number') fields.seq = given.seq_raw;
    if (typeof given.ack_raw === 'number') fields.ack = given.ack_raw;
    delete fields.seq_raw;
    delete fields.ack_raw;
    const options = (given.options ?? this.sendTcp.options ?? this.defaultOptions(isSyn)) as readonly TcpOption[];
    if (options.length > 0 || given.options !== undefined) fields.options = this.toWire(options);
    const layers: LayerTemplate[] = [];
    const others = authored.filter((layer) => layer.layer !== 'tcp' && layer.layer !== 'payload');
    for (const layer of others.length === 0 ? this.sendBase : mergeLayers([...this.sendBase], others))
      layers.push(layer);
    this.dropEthernetDestination(layers, others);
    layers.push({ layer: 'tcp', fields });
    const payload = findTemplate(authored, 'payload');
    if (payload !== undefined) layers.push(payload);
    return layers;
  }

  expected(authored: readonly LayerTemplate[], pins: Pins): Expected {
    const given = findTemplate(authored, 'tcp')?.fields ?? {};
    const pinned: Record<string, unknown> = { dstport: this.local.port };
    if (this.remote.port !== 0) pinned.srcport = this.remote.port;
    const isSequencePinned = pins === 'all' && given.seq_raw === undefined;
    if (isSequencePinned && this.rcvNxt !== undefined && this.irs !== undefined)
      pinned.seq = difference(this.rcvNxt, this.irs) >>> 0;
    const plain = this.expectedWith(pinned, authored, given);
    if (pins === 'addresses' || given.ack !== undefined || given.ack_raw !== undefined) return { for: () => plain };
    const acknowledgmentNumber = difference(this.sndNxt, this.iss) >>> 0;
    const acknowledging = this.expectedWith({ ...pinned, ack: acknowledgmentNumber }, authored, given);
    return {
      for: (view) => ((numberOr(findLayer(view, 'tcp')?.flags, 0) & ACK) !== 0 ? acknowledging : plain),
    };
  }

  /** The pins with what the connection's and the step's author say over them. */
  private expectedWith(
    pinned: Readonly<Record<string, unknown>>,
    authored: readonly LayerTemplate[],
    given: Readonly<Record<string, unknown>>,
  ): readonly LayerTemplate[] {
    // Almost all expectations are fields of TCP alone; merging in general costs more than matching.
    if (this.expectBase.length === 0 && authored.length === 1 && authored[0]?.layer === 'tcp')
      return [this.networkPins, { layer: 'tcp', fields: { ...pinned, ...given } }];
    const base = mergeLayers([this.networkPins, { layer: 'tcp', fields: pinned }], this.expectBase);
    return mergeLayers(base, authored);
  }

  owns(packet: Packet): boolean {
    const network = findLayer(packet.layers, this.networkKey);
    const tcp = findLayer(packet.layers, 'tcp');
    return (
      network !== undefined &&
      tcp !== undefined &&
      tcp.dstport === this.local.port &&
      (this.remote.port === 0 || tcp.srcport === this.remote.port) &&
      isSameAddress(network.src, this.remoteAddress) &&
      isSameAddress(network.dst, this.localAddress)
    );
  }

  view(packet: Packet, outgoing = false): readonly Layer[] {
    const index = packet.layers.findIndex((layer) => layer.layer === 'tcp');
    const tcp = packet.layers[index];
    if (tcp === undefined) return packet.layers;
    const sequenceNumber = tcp.seq as number;
    const flags = tcp.flags as number;
    const own = outgoing ? this.iss : (this.irs ?? sequenceNumber);
    const peer = outgoing ? (this.irs ?? 0) : this.iss;
    const isAck = (flags & ACK) !== 0;
    const scale = (flags & SYN) !== 0 ? 0 : ((outgoing ? this.localScale : this.remoteScale) ?? 0);
    const relative: Layer = {
      ...tcp,
      seq: difference(sequenceNumber, own) >>> 0,
      ack: isAck ? difference(tcp.ack as number, peer) >>> 0 : (tcp.ack as number),
      seq_raw: sequenceNumber,
      ack_raw: tcp.ack,
      window_size: (tcp.window as number) * 2 ** scale,
    };
    const options = tcp.options as readonly TcpOption[] | undefined;
    if (options !== undefined && options.length > 0) relative.options = this.optionsInView(options, outgoing, peer);
    const layers = packet.layers.slice();
    layers[index] = relative;
    return layers;
  }

  sent(packet: Packet, track: boolean): void {
    const tcp = findLayer(packet.layers, 'tcp');
    if (tcp === undefined) return;
    const flags = tcp.flags as number;
    for (const option of (tcp.options as readonly TcpOption[] | undefined) ?? []) {
      if (option.name === 'timestamps') {
        this.lastSentVal = (option.value as Timestamps).val ?? this.lastSentVal;
        if ((flags & SYN) !== 0) this.offersTimestamps = true;
      } else if (option.name === 'wscale' && (flags & SYN) !== 0) this.localScale = option.value as number;
    }
    if (track && tcp.seq === this.sndNxt) this.sndNxt = add(this.sndNxt, segmentLength(packet, flags));
  }

  taken(packet: Packet): void {
    const tcp = findLayer(packet.layers, 'tcp');
    if (tcp === undefined) return;
    const flags = tcp.flags as number;
    const sequenceNumber = tcp.seq as number;
    if (this.remote.port === 0) this.remote.port = tcp.srcport as number;
    // A segment without SYN from a DUT never heard before starts its numbers: relative 0 is what it says first.
    if (this.irs === undefined) this.irs = sequenceNumber;
    this.remoteWindow = tcp.window as number;
    for (const option of (tcp.options as readonly TcpOption[] | undefined) ?? []) this.noteOption(option, flags);
    const end = add(sequenceNumber, segmentLength(packet, flags));
    if (this.rcvNxt === undefined || isBefore(this.rcvNxt, end)) this.rcvNxt = end;
  }

  facts(): ConnectionFacts {
    const bothScale = this.localScale !== undefined && this.remoteScale !== undefined;
    return {
      local: {
        ip: this.local.ip,
        port: this.local.port,
        isn: this.iss,
        next: difference(this.sndNxt, this.iss) >>> 0,
        window: this.window,
        wscale: this.localScale ?? 0,
        mss: mssOf(this.synOptions),
      },
      remote: {
        ip: this.remote.ip,
        port: this.remote.port,
        isn: this.irs ?? 0,
        next: this.rcvNxt === undefined ? 0 : difference(this.rcvNxt, this.irs ?? 0) >>> 0,
        window: this.remoteWindow * 2 ** (bothScale ? (this.remoteScale ?? 0) : 0),
        wscale: this.remoteScale ?? 0,
        // RFC 9293 §3.7.1 (MUST-15): what a peer without the option takes.
        mss: this.remoteMss ?? (this.over === 'ipv6' ? 1220 : 536),
      },
    };
  }

  private noteOption(option: TcpOption, flags: number): void {
    if (option.name === 'timestamps') {
      const val = (option.value as Timestamps).val;
      this.lastReceivedVal = val;
      this.firstReceivedVal ??= val;
      if ((flags & SYN) !== 0 && this.offersTimestamps) this.timestampsNegotiated = true;
      // The DUT opened actively and offers them: our SYN-ACK answers if its options say so, then `sent` has noted it.
    } else if ((flags & SYN) === 0) return;
    else if (option.name === 'mss') this.remoteMss = option.value as number;
    else if (option.name === 'wscale') this.remoteScale = option.value as number;
  }

  private defaultOptions(isSyn: boolean): readonly TcpOption[] {
    if (isSyn) return this.synOptions;
    const negotiated = this.timestampsNegotiated || (this.offersTimestamps && this.lastReceivedVal !== undefined);
    return negotiated ? [{ name: 'nop' }, { name: 'nop' }, { name: 'timestamps', value: {} }] : [];
  }

  private toWire(options: readonly TcpOption[]): readonly TcpOption[] {
    return options.map((option) => {
      if (option.name === 'timestamps') {
        const { val, ecr } = option.value as Timestamps;
        const wireEcr = ecr === undefined ? (this.lastReceivedVal ?? 0) : add(ecr, this.firstReceivedVal ?? 0);
        return { name: 'timestamps', value: { val: val ?? this.lastSentVal, ecr: wireEcr } };
      }
      if (option.name === 'sack') return { name: 'sack', value: shiftBlocks(option.value, this.irs ?? 0) };
      return option;
    });
  }

  private optionsInView(options: readonly TcpOption[], outgoing: boolean, peer: number): readonly TcpOption[] {
    return options.map((option) => {
      if (option.name === 'timestamps') {
        const { val = 0, ecr = 0 } = option.value as Timestamps;
        const first = this.firstReceivedVal ?? (outgoing ? 0 : val);
        return outgoing
          ? { name: 'timestamps', value: { val, ecr: ecr === 0 ? 0 : difference(ecr, first) >>> 0 } }
          : { name: 'timestamps', value: { val: difference(val, first) >>> 0, ecr } };
      }
      if (option.name === 'sack') return { name: 'sack', value: shiftBlocks(option.value, -peer) };
      return option;
    });
  }

  /** A multicast or broadcast destination that the author gave decides the Ethernet destination, unless that is given too. */
  private dropEthernetDestination(layers: LayerTemplate[], given: readonly LayerTemplate[]): void {
    if (findTemplate(given, this.networkKey)?.fields.dst === undefined) return;
    if (findTemplate(given, 'eth')?.fields.dst !== undefined) return;
    dropMulticastEthernetDestination(layers, this.networkKey);
  }
}

/** The canonical addresses of both ends and the Ethernet layer between them. */
export function addressTemplates(options: Pick<ConnectionOptions, 'over' | 'local' | 'remote'>): {
  readonly eth: Record<string, unknown>;
  readonly local: unknown;
  readonly remote: unknown;
} {
  const network = options.over === 'ipv6' ? 'ipv6' : 'ip';
  const { layers, problems } = parseLayers(
    [
      { eth: { src: options.local.mac, dst: options.remote.mac } },
      { [network]: { src: options.local.ip, dst: options.remote.ip } },
    ],
    'send',
  );
  if (problems.length > 0) throw new Error(`a connection's address is not one: ${JSON.stringify(problems)}`);
  const ip = findTemplate(layers, network);
  return { eth: { ...findTemplate(layers, 'eth')?.fields }, local: ip?.fields.src, remote: ip?.fields.dst };
}

/** Removes `eth.dst` where the network destination is a multicast or broadcast address, so that codec derives it. */
export function dropMulticastEthernetDestination(layers: LayerTemplate[], networkKey: string): void {
  const destination = findTemplate(layers, networkKey)?.fields.dst;
  const isGroup =
    typeof destination === 'number'
      ? destination >= 0xe0000000
      : destination instanceof Uint8Array && destination[0] === 0xff;
  const index = layers.findIndex((layer) => layer.layer === 'eth');
  const ethernet = layers[index];
  if (!isGroup || ethernet === undefined) return;
  const { dst: _, ...fields } = ethernet.fields;
  layers[index] = { layer: 'eth', fields };
}

/** Whether two canonical IPv4 (number) or IPv6 (16 bytes) addresses are the same. */
export function isSameAddress(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
}

/** Sequence space that a segment takes: payload, SYN and FIN (RFC 9293 §3.4). */
function segmentLength(packet: Packet, flags: number): number {
  const payload = packet.layers[packet.layers.length - 1];
  const data = payload?.layer === 'payload' ? (payload.data as Buffer).length : 0;
  return data + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
}

function shiftBlocks(value: unknown, by: number): number[][] {
  return (value as number[][]).map((block) => block.map((edge) => add(edge, by)));
}

function mssOf(options: readonly TcpOption[]): number {
  const mss = options.find((option) => option.name === 'mss')?.value;
  return typeof mss === 'number' ? mss : 536;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
