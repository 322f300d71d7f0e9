import { type FieldDescriptor, type Layer, type LayerDescriptor, layerDescriptors } from '../codec';
import { ExpressionLanguage, type ExpressionType, type ObjectField, type ObjectType } from '../expressions';
import { type CallThing, type ConnectionThing, type FrameThing, type SocketThing, type Thing, viewOf } from '../steps';

/** Values of constants by name: numbers of C's headers, and the names of errnos as texts. */
export type Constants = Readonly<Record<string, number | bigint | string>>;

/** What expressions of cases can speak about: frames by their layers, connections, sockets, calls, the lab. */
export function caseLanguage(constants: Constants): ExpressionLanguage {
  const types = [
    ...layerTypes(layerDescriptors),
    networkLayer,
    frameType(layerDescriptors),
    ...thingTypes,
    ...labTypes,
  ];
  return new ExpressionLanguage({
    types,
    constants,
    typeOf: (value) => {
      const { kind } = value as Partial<Thing>;
      return kind !== undefined && things.has(kind) ? kind : undefined;
    },
  });
}

const things: ReadonlySet<string> = new Set(['connection', 'socket', 'frame', 'call']);

/** The names that every expression knows. */
export const labNames: readonly { readonly name: string; readonly type: ExpressionType }[] = [
  { name: 'dut', type: 'device' },
  { name: 'bench', type: 'test bench' },
  { name: 'net', type: 'test link' },
];

const text = (doc: string): ObjectField => ({ type: 'string', doc });
const integer = (doc: string): ObjectField => ({ type: 'int', doc });

const labTypes: readonly ObjectType[] = [
  {
    name: 'device',
    doc: 'The device under test, as `dut`.',
    fields: {
      ip: text('Its IPv4 address.'),
      ipv6: text('Its IPv6 address.'),
      link_local: text('Its link-local IPv6 address.'),
      mac: text('Its link-layer address.'),
      dev: text('The name of its interface.'),
      ifindex: integer('The number of its interface.'),
      stack: text('The name of the stack under test.'),
      version: text('The version of the stack under test.'),
    },
  },
  {
    name: 'test bench',
    doc: 'The other end of the test link, as `bench`.',
    fields: {
      ip: text('Its IPv4 address.'),
      ipv6: text('Its IPv6 address.'),
      link_local: text('Its link-local IPv6 address.'),
      mac: text('Its link-layer address.'),
    },
  },
  {
    name: 'test link',
    doc: 'The test link, as `net`.',
    fields: { broadcast: text('The broadcast address of its IPv4 network.'), mtu: integer('Its MTU, octets.') },
  },
];

const outcomeOf = ({ call }: CallThing): { ret: number; out: Readonly<Record<string, unknown>>; errno: string } =>
  call.outcome();
const factsOf = (thing: ConnectionThing): ReturnType<ConnectionThing['connection']['facts']> =>
  thing.connection.facts();

const thingTypes: readonly ObjectType[] = [
  {
    name: 'endpoint',
    doc: 'One end of a connection. What is not known yet is 0.',
    fields: {
      ip: text('Its address.'),
      port: integer('Its port.'),
      isn: integer('Its initial sequence number (RFC 9293 §3.4.1), on the wire.'),
      next: integer('The next sequence number that it sends, relative to the initial one.'),
      window: integer('Its last window, octets, after scaling.'),
      wscale: integer('The shift count of its window scale option (RFC 7323 §2.2).'),
      mss: integer('The largest segment that it takes (RFC 9293 §3.7.1).'),
    },
  },
  {
    name: 'connection',
    doc: 'A connection; `local` is the test bench, `remote` the DUT.',
    fields: {
      local: { type: 'endpoint', doc: 'The test bench.', read: (thing: ConnectionThing) => factsOf(thing).local },
      remote: { type: 'endpoint', doc: 'The DUT.', read: (thing: ConnectionThing) => factsOf(thing).remote },
    },
  },
  {
    name: 'socket',
    doc: 'A socket of the DUT.',
    fields: {
      ip: { ...text('Its local address, as the DUT last said it.'), read: ({ ip }: SocketThing) => ip },
      port: { ...integer('Its local port, as the DUT last said it.'), read: ({ port }: SocketThing) => port },
      fd: { ...integer('Its file descriptor.'), read: ({ fd }: SocketThing) => fd },
    },
  },
  {
    name: 'call',
    doc: 'A call on the DUT that has returned. What it wrote is read by the name of the output.',
    fields: {
      value: {
        type: 'dyn',
        doc: 'The value that it got (getsockopt, ioctl), else what it returned.',
        read: (thing: CallThing) => outcomeOf(thing).out.value ?? outcomeOf(thing).ret,
      },
      errno: {
        ...text("The name of its errno, '' when it succeeded."),
        read: (thing: CallThing) => outcomeOf(thing).errno,
      },
      start: { type: 'timestamp', doc: 'When it began.', read: ({ call }: CallThing) => call.outcome().start },
      end: { type: 'timestamp', doc: 'When it returned.', read: ({ call }: CallThing) => call.outcome().end },
    },
    more: (thing: CallThing) => {
      const { out } = outcomeOf(thing);
      // Members of the struct that it got are fields of the call itself: `info.tcpi_rtt`.
      return typeof out.value === 'object' && out.value !== null ? { ...out, ...out.value } : out;
    },
  },
];

/** The layer below the transport, by the fields that both versions of IP have. */
const networkLayer: ObjectType = {
  name: 'network layer',
  doc: 'The IPv4 or IPv6 layer, by their shared fields.',
  fields: {
    src: shared('src', 'string', 'Source address.'),
    dst: shared('dst', 'string', 'Destination address.'),
    ttl: shared('ttl', 'int', 'Time to Live, or Hop Limit.'),
    dscp: shared('dscp', 'int', 'Differentiated Services Codepoint (RFC 2474).'),
    ecn: shared('ecn', 'int', 'Explicit Congestion Notification (RFC 3168 §5).'),
  },
};

const ipv6Names: Readonly<Record<string, string>> = { ttl: 'hlim' };

function shared(key: string, type: ExpressionType, doc: string): ObjectField {
  const read = (layer: Layer): unknown => {
    const name = layer.layer === 'ipv6' ? (ipv6Names[key] ?? key) : key;
    const field = layerDescriptors
      .find((descriptor) => descriptor.key === layer.layer)
      ?.fields.find((each) => each.key === name);
    return field === undefined ? undefined : fieldValue(layer, field);
  };
  return { type, doc, read };
}

/** One object type a layer. */
function layerTypes(layers: readonly LayerDescriptor[]): ObjectType[] {
  return layers
    .filter(({ shorthand }) => shorthand === undefined)
    .map(({ key, doc, fields }) => ({
      name: key,
      doc,
      fields: Object.fromEntries(
        fields.map((field) => [
          field.key,
          { type: celType(field), doc: field.doc, read: (layer: Layer) => fieldValue(layer, field) },
        ]),
      ),
    }));
}

function frameType(layers: readonly LayerDescriptor[]): ObjectType {
  const fields: Record<string, ObjectField> = {
    time: {
      type: 'timestamp',
      doc: 'When the kernel of the test bench saw it.',
      read: ({ frame }: FrameThing) => frame.time,
    },
    net: {
      type: 'network layer',
      doc: networkLayer.doc,
      read: (thing: FrameThing) => layersOf(thing).find(({ layer }) => layer === 'ip' || layer === 'ipv6'),
    },
  };
  for (const { key, doc, shorthand, fields: layerFields } of layers) {
    const whole = layerFields.find((field) => field.key === shorthand);
    const layer = (thing: FrameThing): Layer | undefined => layersOf(thing).find((each) => each.layer === key);
    if (whole === undefined) fields[key] = { type: key, doc, read: layer };
    else
      fields[key] = {
        type: celType(whole),
        doc,
        read: (thing: FrameThing) =>
          layer(thing) === undefined ? whole.kind.empty : fieldValue(layer(thing) as Layer, whole),
      };
  }
  return {
    name: 'frame',
    doc: 'A frame that was sent or received, by its layers; numbers of a connection are relative.',
    fields,
  };
}

/** The layers of a frame in its connection's numbers; they never change, so they are made once. */
const layersByFrame = new WeakMap<FrameThing, readonly Layer[]>();

function layersOf(thing: FrameThing): readonly Layer[] {
  let layers = layersByFrame.get(thing);
  if (layers === undefined) {
    layers = viewOf(thing.frame, thing.connection);
    layersByFrame.set(thing, layers);
  }
  return layers;
}

function fieldValue(layer: Layer, field: FieldDescriptor): unknown {
  const canonical = layer[field.key] ?? (field.virtual?.of === undefined ? undefined : layer[field.virtual.of]);
  return canonical === undefined ? undefined : field.kind.toExpression(canonical);
}

function celType({ kind }: FieldDescriptor): ExpressionType {
  if (kind.expressionType === 'list') return 'list<dyn>';
  return kind.expressionType === 'map' ? 'map<string, dyn>' : kind.expressionType;
}
