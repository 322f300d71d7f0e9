import { type Layer, type LayerTemplate, mergeLayers, type Packet } from '../codec';
import {
  type Connection,
  type ConnectionFacts,
  type ConnectionOptions,
  type Endpoint,
  type Expected,
  findLayer,
  findTemplate,
  type Over,
} from './connection';
import { addressTemplates, dropMulticastEthernetDestination, isSameAddress } from './tcp';

/** A UDP conversation (RFC 768): addresses and ports, no other state. */
export class UdpConnection implements Connection {
  readonly kind = 'udp';
  readonly name: string;
  readonly over: Over;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  private readonly networkKey: 'ip' | 'ipv6';
  private readonly sendBase: readonly LayerTemplate[];
  private readonly expectLayers: readonly LayerTemplate[];
  private readonly localAddress: unknown;
  private readonly remoteAddress: unknown;

  constructor(options: ConnectionOptions) {
    this.name = options.name;
    this.over = options.over;
    this.local = options.local;
    this.remote = options.remote;
    this.networkKey = options.over === 'ipv6' ? 'ipv6' : 'ip';
    const base = addressTemplates(options);
    this.localAddress = base.local;
    this.remoteAddress = base.remote;
    this.sendBase = mergeLayers(
      [
        { layer: 'eth', fields: base.eth },
        { layer: this.networkKey, fields: { src: base.local, dst: base.remote } },
        { layer: 'udp', fields: { srcport: options.local.port } },
      ],
      [...options.send],
    );
    this.expectLayers = options.expect;
  }

  outgoing(authored: readonly LayerTemplate[]): LayerTemplate[] {
    const base = mergeLayers([...this.sendBase], [{ layer: 'udp', fields: { dstport: this.remote.port } }]);
    const layers = mergeLayers(base, [...authored]);
    const isDestinationGiven = findTemplate(authored, this.networkKey)?.fields.dst !== undefined;
    if (isDestinationGiven && findTemplate(authored, 'eth')?.fields.dst === undefined)
      dropMulticastEthernetDestination(layers, this.networkKey);
    return layers;
  }

  expected(authored: readonly LayerTemplate[]): Expected {
    const udp: Record<string, unknown> = { dstport: this.local.port };
    if (this.remote.port !== 0) udp.srcport = this.remote.port;
    const base: LayerTemplate[] = [
      { layer: this.networkKey, fields: { src: this.remoteAddress, dst: this.localAddress } },
      { layer: 'udp', fields: udp },
    ];
    const template = mergeLayers(mergeLayers(base, [...this.expectLayers]), [...authored]);
    return { for: () => template };
  }

  owns(packet: Packet): boolean {
    const network = findLayer(packet.layers, this.networkKey);
    const udp = findLayer(packet.layers, 'udp');
    return (
      network !== undefined &&
      udp !== undefined &&
      udp.dstport === this.local.port &&
      (this.remote.port === 0 || udp.srcport === this.remote.port) &&
      isSameAddress(network.src, this.remoteAddress) &&
      isSameAddress(network.dst, this.localAddress)
    );
  }

  view(packet: Packet): readonly Layer[] {
    return packet.layers;
  }

  sent(): void {}

  taken(packet: Packet): void {
    const udp = findLayer(packet.layers, 'udp');
    if (this.remote.port === 0 && udp !== undefined) this.remote.port = udp.srcport as number;
  }

  facts(): ConnectionFacts {
    return {
      local: { ip: this.local.ip, port: this.local.port },
      remote: { ip: this.remote.ip, port: this.remote.port },
    };
  }
}
