import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyKind, formatIpv6, type OptionValue } from '../fields';
import { type LayerDescriptor, layerDescriptors } from '../layers';
import {
  decode,
  describe as describePacket,
  describeTemplate,
  encode,
  type Layer,
  type LayerTemplate,
  type Packet,
} from '.';
import { randomFrame, seededRandom } from './random-frames';

// Judged by others: Wireshark's dissectors read the same fields from our frames, and scapy builds the same octets from the
// same fields. tshark and python3-scapy are installed by the project's set-up; without them these tests fail.

const FRAMES = 500;

/** Wireshark's name of a field where it is not ours; null where it has none, or shows something else. */
const WIRESHARK_NAMES: Readonly<Record<string, string | null>> = {
  'eth.padding': null,
  // Wireshark 4 gives `ip.version` to both and counts offsets of fragments in units of 8.
  'ip.version': null,
  'ipv6.version': null,
  'ip.frag_offset': null,
  'ipv6.fraghdr.offset': null,
  'ip.dscp': 'ip.dsfield.dscp',
  'ip.ecn': 'ip.dsfield.ecn',
  'ip.options': null,
  'ip.trailer': null,
  'ipv6.dscp': 'ipv6.tclass.dscp',
  'ipv6.ecn': 'ipv6.tclass.ecn',
  'ipv6.trailer': null,
  'ipv6.hopopts.options': null,
  'ipv6.dstopts.options': null,
  'ipv6.routing.reserved': null,
  'ipv6.routing.last_entry': 'ipv6.routing.srh.last_entry',
  'ipv6.routing.flags': 'ipv6.routing.srh.flags',
  'ipv6.routing.tag': null,
  'ipv6.routing.addresses': null,
  'ipv6.routing.data': null,
  'tcp.seq': 'tcp.seq_raw',
  'tcp.ack': 'tcp.ack_raw',
  'tcp.reserved': null,
  'tcp.flags': null,
  'tcp.window': 'tcp.window_size_value',
  'tcp.options': null,
  'arp.hw_type': 'arp.hw.type',
  'arp.proto_type': 'arp.proto.type',
  'arp.hw_size': 'arp.hw.size',
  'arp.proto_size': 'arp.proto.size',
  'arp.src_hw_mac': 'arp.src.hw_mac',
  'arp.src_proto_ipv4': 'arp.src.proto_ipv4',
  'arp.dst_hw_mac': 'arp.dst.hw_mac',
  'arp.dst_proto_ipv4': 'arp.dst.proto_ipv4',
  'gre.flags': null,
  'gre.version': 'gre.flags.version',
  'gre.reserved1': 'gre.offset',
  'gre.trailer': null,
  'icmp.unused': null,
  'icmp.reserved': null,
  'icmp.length': null,
  'icmp.mtu': null,
  'icmp.addresses': null,
  'icmp.rest': null,
  'icmp.trailer': null,
  // Wireshark shows both octet orders under one name.
  'icmp.ident': null,
  'icmpv6.length': null,
  'icmpv6.unused': null,
  'icmpv6.ident': 'icmpv6.echo.identifier',
  'icmpv6.seq': 'icmpv6.echo.sequence_number',
  'icmpv6.maximum_response_delay': null,
  'icmpv6.mld_reserved': null,
  'icmpv6.multicast_address': 'icmpv6.mld.multicast_address',
  'icmpv6.query': null,
  'icmpv6.num_records': 'icmpv6.mldr.nb_mcast_records',
  'icmpv6.records': null,
  'icmpv6.cur_hop_limit': 'icmpv6.nd.ra.cur_hop_limit',
  'icmpv6.ra_flags': 'icmpv6.nd.ra.flag',
  'icmpv6.router_lifetime': 'icmpv6.nd.ra.router_lifetime',
  'icmpv6.reachable_time': 'icmpv6.nd.ra.reachable_time',
  'icmpv6.retrans_timer': 'icmpv6.nd.ra.retrans_timer',
  'icmpv6.na_flags': null,
  'icmpv6.na_reserved': null,
  'icmpv6.reserved': null,
  'icmpv6.target_address': null,
  'icmpv6.destination_address': 'icmpv6.rd.na.destination_address',
  'icmpv6.options': null,
  'icmpv6.rest': null,
  'icmpv6.trailer': null,
  'igmp.maddr': null,
  'igmp.query': null,
  'igmp.max_resp': null,
  'igmp.reserved': null,
  'igmp.num_records': 'igmp.num_grp_recs',
  'igmp.records': null,
  'igmp.rest': null,
  'payload.data': null,
};

/** Values inside lists and of several fields, by Wireshark's name. */
const FURTHER_VALUES: Readonly<Record<string, (layer: Layer) => unknown[]>> = {
  'ip.version': ({ layer, version }) => (layer === 'ip' || layer === 'ipv6' ? [version] : []),
  'ip.frag_offset': (layer) => only(layer, 'ip', () => [(layer.frag_offset as number) / 8]),
  'ipv6.fraghdr.offset': (layer) => only(layer, 'ipv6.fraghdr', () => [(layer.offset as number) / 8]),
  'tcp.flags': (layer) => only(layer, 'tcp', () => [(layer.reserved as number) * 512 + (layer.flags as number)]),
  'tcp.options.mss_val': (layer) => tcpOption(layer, 'mss', (value) => [value]),
  'tcp.options.wscale.shift': (layer) => tcpOption(layer, 'wscale', (value) => [value]),
  'tcp.options.timestamp.tsval': (layer) => tcpOption(layer, 'timestamps', (value) => [(value as { val: number }).val]),
  'tcp.options.timestamp.tsecr': (layer) => tcpOption(layer, 'timestamps', (value) => [(value as { ecr: number }).ecr]),
  'tcp.options.md5.digest': (layer) => tcpOption(layer, 'md5', (value) => [(value as Buffer).toString('hex')]),
  'tcp.options.ao.keyid': (layer) =>
    tcpOption(layer, 'authentication', (value) => [(value as { key_id: number }).key_id]),
  'ipv6.routing.src.addr': (layer) =>
    only(layer, 'ipv6.routing', () => (layer.type === 0 ? (layer.addresses as unknown[]) : [])),
  'ipv6.routing.srh.addr': (layer) =>
    only(layer, 'ipv6.routing', () => (layer.type === 4 ? (layer.addresses as unknown[]) : [])),
  'icmpv6.nd.ns.target_address': (layer) =>
    only(layer, 'icmpv6', () => (layer.type === 135 ? [layer.target_address] : [])),
  'icmpv6.nd.na.target_address': (layer) =>
    only(layer, 'icmpv6', () => (layer.type === 136 ? [layer.target_address] : [])),
  'icmpv6.nd.rd.target_address': (layer) =>
    only(layer, 'icmpv6', () => (layer.type === 137 ? [layer.target_address] : [])),
  'icmpv6.mldr.mar.multicast_address': (layer) => only(layer, 'icmpv6', () => recordValues(layer, 'address')),
  'icmpv6.mldr.mar.record_type': (layer) => only(layer, 'icmpv6', () => recordValues(layer, 'type')),
  'igmp.record_type': (layer) => only(layer, 'igmp', () => recordValues(layer, 'type')),
  'igmp.aux_data_len': (layer) => only(layer, 'igmp', () => recordValues(layer, 'aux_len')),
};

/** Options with which Wireshark measures a packet otherwise, or takes another source address into checksums. */
const NOT_HEEDED = ['jumbo_payload', 'home_address'];

const CHECKSUM_STATES = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'igmp', 'gre'].map((key) => `${key}.checksum.status`);

let folder: string;
let frames: { template: LayerTemplate[]; bytes: Buffer; packet: Packet }[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetcase-peers-'));
  const random = seededRandom(20_240_607);
  frames = [];
  while (frames.length < FRAMES) {
    const template = randomFrame(random, { isWellFormed: true, usesKnownNames: true }).map(withoutKnownPorts);
    if (!isForWireshark(template)) continue;
    const bytes = encode(template);
    frames.push({ template, bytes, packet: decode(bytes) });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every layer is among the frames', () => {
  const seen = new Set(frames.flatMap(({ packet }) => packet.layers.map(({ layer }) => layer)));
  expect([...seen].sort()).toEqual(layerDescriptors.map(({ key }) => key).sort());
});

test('tshark reads the same fields, finds no malformed packet and no bad checksum', () => {
  const names = [...new Set([...wiresharkNames(), ...Object.keys(FURTHER_VALUES)])];
  const rows = readWithTshark([...names, ...CHECKSUM_STATES, '_ws.malformed']);
  expect(rows).toHaveLength(FRAMES);
  const differences: string[] = [];
  for (const [index, { packet, template, bytes }] of frames.entries()) {
    const row = rows[index] as readonly string[][];
    const wrong: string[] = [];
    for (const [column, name] of names.entries()) {
      const theirs = (row[column] as string[]).map(normalise);
      const ours = valuesOf(packet, name).map(normalise);
      if (theirs.join() !== ours.join()) wrong.push(`${name}: tshark ${theirs.join()} ours ${ours.join()}`);
    }
    for (const [column, name] of CHECKSUM_STATES.entries()) {
      if (row[names.length + column]?.includes('0')) wrong.push(`${name}: bad`);
    }
    if (row.at(-1)?.length) wrong.push('malformed');
    if (wrong.length > 0)
      differences.push(`${describeTemplate(template)}\n  ${bytes.toString('hex')}\n  ${wrong.join('\n  ')}`);
  }
  expect(differences.slice(0, 8).join('\n')).toBe('');
});

test('scapy builds the same octets from the same fields', () => {
  const random = seededRandom(20_240_608);
  const wanted = new Set(layerDescriptors.map(({ key }) => key).filter((key) => key !== 'igmp'));
  const built: Packet[] = [];
  while (built.length < FRAMES || wanted.size > 0) {
    const template = randomFrame(random, { isWellFormed: true, usesKnownNames: true });
    const packet = decode(encode(template));
    if (!isForWireshark(template) || !packet.layers.every(isKnownToScapy)) continue;
    built.push(packet);
    for (const { layer } of packet.layers) wanted.delete(layer);
  }
  const theirs = buildWithScapy(built.map(scapyFrame));
  const differences = built.flatMap((packet, index) => {
    const ours = packet.bytes.toString('hex');
    return ours === theirs[index] ? [] : [`${describePacket(packet)}\n  ours   ${ours}\n  theirs ${theirs[index]}`];
  });
  expect(differences.slice(0, 5).join('\n')).toBe('');
});

/** A packet's layers as build-with-scapy.py takes them. */
function scapyFrame({ layers }: Packet): unknown[] {
  return layers
    .filter((layer) => layer.layer !== 'payload' || (layer.data as Buffer).length > 0)
    .map((layer, index) => {
      const { fields, next } = layerDescriptors.find(({ key }) => key === layer.layer) as LayerDescriptor;
      const values = fields
        .filter(({ key }) => layer[key] !== undefined)
        .map(({ key, kind }) => [
          key,
          key === 'options' ? plainOptions(layer.options as OptionValue[]) : plain(kind, layer[key]),
        ]);
      const following = layers[index + 1]?.layer;
      const nextNumber = next !== undefined && following === 'payload' ? layer[next.field] : null;
      return [layer.layer, Object.fromEntries(values), nextNumber];
    });
}

function plain(kind: AnyKind, value: unknown): unknown {
  const converted = kind.toExpression(value);
  if (converted instanceof Uint8Array) return Buffer.from(converted).toString('hex');
  return converted;
}

function plainOptions(options: readonly OptionValue[]): unknown[] {
  return JSON.parse(
    JSON.stringify(options, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value)),
  );
}

/** Layers, messages and options that scapy knows and builds as they are. */
function isKnownToScapy(layer: Layer): boolean {
  const names = ((layer.options ?? []) as OptionValue[]).map(({ name }) => name);
  switch (layer.layer) {
    case 'ip':
      return names.length === 0 && layer.trailer === undefined;
    case 'tcp':
      return names.every((name) => ['nop', 'mss', 'wscale', 'sackOK', 'sack', 'timestamps'].includes(name));
    case 'ipv6.hopopts':
    case 'ipv6.dstopts':
      return names.every((name) => ['pad1', 'padn', 'router_alert', 'raw'].includes(name));
    case 'ipv6.routing':
      return layer.type === 0;
    case 'icmp':
      return layer.type === 8 || layer.type === 0;
    case 'icmpv6':
      return names.length === 0 && [128, 129, 131, 133, 135, 136].includes(layer.type as number);
    case 'gre':
      return ((layer.flags as number) & 0x800) === 0;
    default:
      return layer.layer !== 'igmp';
  }
}

function buildWithScapy(frames: readonly unknown[]): string[] {
  const script = join(__dirname, '__fixtures__', 'build-with-scapy.py');
  for (const python of ['python3', '/usr/bin/python3']) {
    const run = spawnSync(python, [script], { input: JSON.stringify(frames), encoding: 'utf8', maxBuffer: 1 << 28 });
    if (run.status === 0) return run.stdout.trim().split('\n');
    if (!run.stderr?.includes("No module named 'scapy'") && run.error === undefined) throw new Error(run.stderr);
  }
  throw new Error('scapy cannot be run: install python3-scapy');
}

function wiresharkNames(): string[] {
  return layerDescriptors.flatMap(({ key, fields }) =>
    fields.flatMap((field) => {
      const name = `${key}.${field.key}`;
      const theirs = WIRESHARK_NAMES[name];
      return field.virtual || theirs === null ? [] : [theirs ?? name];
    }),
  );
}

function valuesOf(packet: Packet, wiresharkName: string): unknown[] {
  const values: unknown[] = [];
  for (const layer of packet.layers) {
    const further = FURTHER_VALUES[wiresharkName];
    if (further !== undefined) {
      values.push(...further(layer));
      continue;
    }
    const descriptor = layerDescriptors.find(({ key }) => key === layer.layer);
    for (const { key, kind } of descriptor?.fields ?? []) {
      const name = `${layer.layer}.${key}`;
      const isMeant =
        WIRESHARK_NAMES[name] === wiresharkName || (WIRESHARK_NAMES[name] === undefined && name === wiresharkName);
      if (isMeant && layer[key] !== undefined) values.push(kind.toExpression(layer[key]));
    }
  }
  return values;
}

/** Runs tshark over the frames; for each frame and field the list of its values. */
function readWithTshark(names: readonly string[]): string[][][] {
  const file = join(folder, 'frames.pcap');
  writeFileSync(file, pcap(frames.map(({ bytes }) => bytes)));
  const options = [
    'ip.check_checksum:TRUE',
    'tcp.check_checksum:TRUE',
    'udp.check_checksum:TRUE',
    'tcp.desegment_tcp_streams:FALSE',
    'tcp.analyze_sequence_numbers:FALSE',
    'tcp.relative_sequence_numbers:FALSE',
    'ip.defragment:FALSE',
    'ipv6.defragment:FALSE',
    'ip.use_geoip:FALSE',
    'ipv6.use_geoip:FALSE',
  ].flatMap((option) => ['-o', option]);
  const fields = names.flatMap((name) => ['-e', name]);
  const separators = ['-E', 'occurrence=a', '-E', 'aggregator=;', '-E', 'separator=/t'];
  const run = spawnSync('tshark', ['-n', '-r', file, ...options, '-T', 'fields', ...separators, ...fields], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.error !== undefined) throw new Error(`tshark cannot be run (install tshark): ${run.error.message}`);
  expect(run.status === 0 ? '' : run.stderr).toBe('');
  return run.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t').map((cell) => (cell === '' ? [] : cell.split(';'))));
}

function pcap(octets: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(1, 20);
  const records = octets.flatMap((bytes, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(index, 0);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return [record, bytes];
  });
  return Buffer.concat([header, ...records]);
}

/** One spelling for both: numbers in decimal, booleans as 0 and 1, octets in hexadecimal, addresses as text. */
function normalise(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof Uint8Array) return value.length === 16 ? formatIpv6(value) : Buffer.from(value).toString('hex');
  const text = String(value);
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return String(Number(text));
  if (text === 'True' || text === 'False') return text === 'True' ? '1' : '0';
  return text;
}

function only(layer: Layer, key: string, values: () => unknown[]): unknown[] {
  return layer.layer === key ? values() : [];
}

function tcpOption(layer: Layer, name: string, values: (value: unknown) => unknown[]): unknown[] {
  return only(layer, 'tcp', () =>
    ((layer.options ?? []) as OptionValue[])
      .filter((option) => option.name === name)
      .flatMap(({ value }) => values(value)),
  );
}

function recordValues(layer: Layer, member: string): unknown[] {
  return ((layer.records ?? []) as Record<string, unknown>[]).map((record) => record[member]);
}

/** Ports of no protocol that Wireshark would go on to read. */
function withoutKnownPorts(template: LayerTemplate): LayerTemplate {
  if (template.layer !== 'tcp' && template.layer !== 'udp') return template;
  return { ...template, fields: { ...template.fields, srcport: 61_001, dstport: 61_003 } };
}

/** Frames that make sense: Wireshark calls others malformed, or stops reading where we go on. */
function isForWireshark(template: readonly LayerTemplate[]): boolean {
  return template.every(({ layer, fields }, index) => {
    const under = template[index - 1]?.layer;
    const next = template[index + 1];
    if (fields.length !== undefined && layer.startsWith('icmp')) return false;
    if ((fields.options as OptionValue[] | undefined)?.some(({ name }) => NOT_HEEDED.includes(name))) return false;
    if (layer === 'igmp') return under === 'ip' && next === undefined;
    if (layer === 'icmp') return under === 'ip';
    if (layer === 'icmpv6') return under?.startsWith('ipv6') ?? false;
    if (layer === 'ipv6.hopopts') return under === 'ipv6';
    if (layer.startsWith('ipv6.') && !under?.startsWith('ipv6')) return false;
    if (layer === 'vlan') return under !== 'gre';
    if (layer === 'ipv6.routing') return isWholeRoute(fields);
    const isFragment = layerDescriptors
      .find(({ key }) => key === layer)
      ?.isFragment?.({ flags: 0, frag_offset: 0, ...fields });
    return !isFragment || ((next?.fields.data as Buffer | undefined)?.length ?? 0) >= 8;
  });
}

function isWholeRoute({ type = 0, addresses = [], segleft, data }: Readonly<Record<string, unknown>>): boolean {
  const count = (addresses as unknown[]).length;
  if (((data as Buffer | undefined)?.length ?? 0) > 0 || (segleft as number) > count) return false;
  return type === 0 || (type === 2 && count === 1) || (type === 4 && count > 0);
}
