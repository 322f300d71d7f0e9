import type { JsonSchema } from '../steps';
import type { FrameMode, Vocabulary } from './vocabulary';

/** The `$defs` for frames: a schema for each layer when sent and when expected, and for the ways to write a frame. */
export function frameSchemas(vocabulary: Vocabulary): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  for (const mode of ['send', 'expect'] as const) {
    const layers: Record<string, JsonSchema> = {};
    for (const layer of vocabulary.layers) {
      schemas[`layer_${mode}_${layer.key}`] = {
        markdownDescription: `${layer.name}: ${layer.doc}`,
        ...vocabulary.layerSchema(layer.key, mode),
      };
      layers[layer.key] = { $ref: `#/$defs/layer_${mode}_${layer.key}` };
    }
    schemas[`layer_${mode}_net`] = netSchema(vocabulary, mode);
    layers.net = { $ref: `#/$defs/layer_${mode}_net` };
    const flat = propertiesOf(vocabulary, 'tcp', mode);
    const tcp = Object.fromEntries(
      Object.keys(flat).map((key) => [key, { $ref: `#/$defs/layer_${mode}_tcp/properties/${key}` }]),
    );
    schemas[`${mode}Layers`] = {
      title: 'layers: a mapping over the connection’s own, or a list of one-key mappings, outermost first',
      anyOf: [
        expression,
        {
          type: 'object',
          properties: {
            ...tcp,
            ...layers,
            ...(mode === 'send'
              ? { frame: { ...expression, markdownDescription: 'Sends the bytes of this frame as they are.' } }
              : {}),
          },
          additionalProperties: false,
        },
        {
          type: 'array',
          items: {
            anyOf: [
              { type: 'string', enum: Object.keys(layers) },
              { type: 'object', properties: layers, additionalProperties: false, minProperties: 1, maxProperties: 1 },
            ],
          },
        },
      ],
    };
    if (mode === 'send') {
      if (flat.flags !== undefined) schemas.tcpFlags = { ...flat.flags, title: 'TCP flags such as SYN-ACK' };
      if (flat.options !== undefined) schemas.tcpOptions = flat.options;
    }
  }
  schemas.tcpFlags ??= { title: 'TCP flags such as SYN-ACK', type: ['string', 'array'] };
  schemas.tcpOptions ??= { title: 'a list of TCP options', type: ['array', 'object', 'string'] };
  return schemas;
}

const expression: JsonSchema = { $ref: '#/$defs/expression' };

/** `net`: the fields that ip and ipv6 share, by one name. */
function netSchema(vocabulary: Vocabulary, mode: FrameMode): JsonSchema {
  const ip = propertiesOf(vocabulary, 'ip', mode);
  const shared = ['src', 'dst', 'ttl', 'dscp', 'ecn'].filter((key) => key in ip);
  return {
    type: 'object',
    markdownDescription: 'The connection’s network layer, IPv4 or IPv6, by the fields that both have.',
    // An IPv6 address may stand where IPv4’s schema would want one of its own.
    properties: Object.fromEntries(
      shared.map((key) => [
        key,
        key === 'src' || key === 'dst' ? {} : { $ref: `#/$defs/layer_${mode}_ip/properties/${key}` },
      ]),
    ),
    additionalProperties: false,
  };
}

/** Keys of a layer's fields. */
export function layerFields(vocabulary: Vocabulary, layer: string, mode: FrameMode): readonly string[] {
  return Object.keys(propertiesOf(vocabulary, layer, mode));
}

const fieldsByLayer = new WeakMap<Vocabulary, Map<string, Record<string, JsonSchema>>>();

function propertiesOf(vocabulary: Vocabulary, layer: string, mode: FrameMode): Record<string, JsonSchema> {
  const known = fieldsByLayer.get(vocabulary) ?? new Map<string, Record<string, JsonSchema>>();
  fieldsByLayer.set(vocabulary, known);
  let fields = known.get(`${layer} ${mode}`);
  if (fields === undefined) {
    const exists = vocabulary.layers.some((word) => word.key === layer);
    fields = ((exists && vocabulary.layerSchema(layer, mode).properties) || {}) as Record<string, JsonSchema>;
    known.set(`${layer} ${mode}`, fields);
  }
  return fields;
}
