import Ajv from 'ajv';
import { isBits } from '../fields';
import { NUMBER_SPACES } from '../layers';
import {
  decode,
  diff,
  encode,
  expressionSchema,
  expressionValues,
  fieldSchema,
  layerDescriptors,
  layerSchema,
  parseField,
  parseLayers,
} from '.';
import { capturedFrames, madeFrames } from './__fixtures__/captured-frames';

// What every layer has to bring. A failing test here names the file that is to be completed.

const layers = layerDescriptors.map((descriptor) => ({ key: descriptor.key, descriptor }));
const fields = layerDescriptors.flatMap((descriptor) =>
  descriptor.fields.map((field) => ({ name: `${descriptor.key}.${field.key}`, descriptor, field })),
);

/** Keys of decoded layers that are no fields, and of steps that stand beside flat fields (design/language.md §2 rule 10). */
const RESERVED = [
  ...['layer', 'start', 'end', 'truncated'],
  ...[
    'as',
    'on',
    'after',
    'at',
    'within',
    'since',
    'for',
    'track',
    'soft',
    'patience',
    'tolerance',
    'must',
    'arrives',
    'segments',
  ],
  ...[
    'send',
    'expect',
    'expect_next',
    'expect_none',
    'build',
    'frame',
    'fragment',
    'payload',
    'if',
    'then',
    'else',
    'each',
    'use',
  ],
];

/** Matcher keys, which an author could not tell from fields if a kind's value were a map with such a key. */
const EXPRESSION = { $id: 'defs', $defs: { expression: { type: 'string', pattern: '^=' } } };

test('layers and fields have keys of their own', () => {
  expect(new Set(layers.map(({ key }) => key)).size).toBe(layers.length);
  expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
});

test.each(fields)('$name: no key that means something else', ({ field }) => {
  expect(RESERVED).not.toContain(field.key);
  expect(field.key).toMatch(/^[a-z][a-z0-9_]*$/);
});

test.each(fields)('$name: has its RFC name, section and doc', ({ field }) => {
  expect(field.rfcName).not.toBe('');
  expect(field.doc).toMatch(/\.$/);
  expect(field.section).toMatch(/^(RFC \d+|IEEE 802|the header)/);
});

test.each(layers)('$key: has a name, document and doc', ({ descriptor }) => {
  expect(descriptor.name).not.toBe('');
  expect(descriptor.spec).toMatch(/^(RFC \d+|IEEE 802\.\w+|none)$/);
  expect(descriptor.doc).toMatch(/\.$/);
});

test.each(layers)('$key: fills whole octets', ({ descriptor }) => {
  const bits = descriptor.fields
    .filter((field) => !field.virtual && isBits(field.kind.layout))
    .reduce((sum, field) => sum + (isBits(field.kind.layout) ? field.kind.layout.bits : 0), 0);
  expect(bits % 8).toBe(0);
});

test.each(layers)('$key: names that it goes by under other layers are in the number tables', ({ descriptor }) => {
  for (const [space, name] of Object.entries(descriptor.under ?? {})) {
    expect(NUMBER_SPACES[space as keyof typeof NUMBER_SPACES]).toHaveProperty([name]);
  }
  expect(descriptor.key === 'eth' || descriptor.key === 'payload' || descriptor.under !== undefined).toBe(true);
});

test.each(layers)('$key: its example is sent and read back', ({ key, descriptor }) => {
  const { layers: templates, problems } = parseLayers({ [key]: descriptor.example }, 'send');
  expect(problems).toEqual([]);
  expect(diff(templates, decode(encode(templates), key))).toEqual([]);
});

test('every layer is in a frame that others made (__fixtures__/captured-frames.ts)', () => {
  const seen = new Set(
    Object.values({ ...capturedFrames, ...madeFrames }).flatMap((hex) =>
      decode(Buffer.from(hex, 'hex')).layers.map(({ layer }) => layer),
    ),
  );
  expect(layers.map(({ key }) => key).filter((key) => !seen.has(key))).toEqual([]);
});

test.each(fields)('$name: examples satisfy the schema and are parsed', ({ descriptor, field }) => {
  for (const mode of ['send', 'expect'] as const) {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema(EXPRESSION);
    const schema = JSON.parse(
      JSON.stringify(fieldSchema(descriptor.key, field.key, mode)).replaceAll('#/$defs/', 'defs#/$defs/'),
    );
    const validate = ajv.compile(schema);
    for (const example of field.kind.examples) {
      expect({ example, errors: validate(example) ? [] : validate.errors }).toEqual({ example, errors: [] });
      expect({ example, ...parseField(descriptor.key, field.key, example, mode) }).toMatchObject({
        example,
        problems: [],
      });
    }
    expect(validate('=1 + 1')).toBe(true);
    expect(validate({ nosuch: 1 })).toBe(false);
  }
});

test.each(layers.filter(({ descriptor }) => descriptor.shorthand === undefined))(
  '$key: a schema that is closed',
  ({ key, descriptor }) => {
    for (const mode of ['send', 'expect'] as const) {
      const schema = layerSchema(key, mode) as {
        additionalProperties: boolean;
        properties: Record<string, { description: string }>;
      };
      expect(schema.additionalProperties).toBe(false);
      expect(Object.keys(schema.properties)).toEqual(descriptor.fields.map((field) => field.key));
      for (const field of descriptor.fields) {
        const { description } = schema.properties[field.key] as { description: string };
        expect(description).toContain(`${field.rfcName} (${field.section})`);
        if (field.unit !== undefined) expect(description).toContain(field.unit);
      }
    }
  },
);

test('expressions see every field with the type that is declared', () => {
  const types = expressionSchema();
  for (const hex of Object.values(capturedFrames)) {
    const packet = decode(Buffer.from(hex, 'hex'));
    for (const [layer, values] of Object.entries(expressionValues(packet.layers))) {
      if (values instanceof Uint8Array) continue;
      for (const [key, value] of Object.entries(values as Record<string, unknown>)) {
        expect({ layer, key, type: typeOf(value) }).toEqual({ layer, key, type: types[layer]?.[key] });
      }
    }
  }
});

function typeOf(value: unknown): string {
  if (typeof value === 'number') return 'int';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Uint8Array) return 'bytes';
  return Array.isArray(value) ? 'list' : typeof value === 'object' ? 'map' : typeof value;
}
