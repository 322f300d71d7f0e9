import type { JsonSchema, StepDefinition } from '../steps';
import { callKeys, requiredCallKeys } from './call-schemas';
import { frameSchemas, layerFields } from './frame-schemas';
import { mapInner, mapSchemas, shareRepeated } from './share-repeated';
import { modifierSchemas, valueSchemas } from './value-schemas';
import type { FrameMode, Vocabulary } from './vocabulary';

/** The command that writes the files of schemas/; stands in their first line. */
export const schemaCommand = 'packetcase schema --write';

/**
 * The JSON Schema of `NAME.case.yaml` for editors. A step without a verb offers the verbs; for each verb and each call an
 * `if`/`then` closes the step with the keys that belong there. So a typo is one error and completion offers what fits; a
 * union of all steps would answer one typo with dozens of errors.
 */
export function buildCaseSchema(vocabulary: Vocabulary): JsonSchema {
  return forEditors(
    'A conformance test of a TCP/IP stack at the level of packets and socket calls.',
    { type: 'object', properties: caseKeys(), required: ['title'], additionalProperties: false },
    {
      ...valueSchemas(vocabulary),
      ...frameSchemas(vocabulary),
      ...callSchemas(vocabulary),
      step: stepSchema(vocabulary),
    },
  );
}

/** The JSON Schema of a folder's `defaults.yaml`. */
export function buildDefaultsSchema(vocabulary: Vocabulary): JsonSchema {
  return forEditors(
    'What all cases of a folder and below share; nearer files win, and a case wins over all.',
    { type: 'object', properties: defaultsKeys(), additionalProperties: false },
    valueSchemas(vocabulary),
  );
}

/** A complete schema document. It has no title: yaml-language-server would show it above every hover. */
function forEditors(description: string, schema: JsonSchema, shared: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return shareRepeated({
    $comment: `Written by "${schemaCommand}" from the engine's descriptors. Do not edit.`,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    description,
    ...editorForm(schema),
    $defs: mapSchemas(usedSchemas(schema, shared), editorForm),
  });
}

/** A schema in the keywords that yaml-language-server makes most of. */
function editorForm(schema: JsonSchema): JsonSchema {
  const { title, description, markdownDescription = description, ...rest } = withExpression(schema);
  const form: Record<string, unknown> = {};
  // Titles say what a value has to be; for an enumeration editors list the values.
  if (title !== undefined && schema.enum === undefined) form.errorMessage = `must be ${String(title)}`;
  if (markdownDescription !== undefined) {
    // It reads `description` where there is an `anyOf`, `markdownDescription` elsewhere, and of a reference's target
    // whichever the reference itself has not.
    form.description = markdownDescription;
    if (schema.$ref !== undefined || String(markdownDescription).includes('`'))
      form.markdownDescription = markdownDescription;
  }
  return { ...form, ...mapInner(withoutEmpty(rest), editorForm) };
}

/** A union without its enumerations of nothing, which a table without entries makes. */
function withoutEmpty(schema: JsonSchema): JsonSchema {
  const { anyOf } = schema as { anyOf?: readonly JsonSchema[] };
  if (anyOf === undefined) return schema;
  return { ...schema, anyOf: anyOf.filter((branch) => !(Array.isArray(branch.enum) && branch.enum.length === 0)) };
}

/** An integer or an expression as one schema instead of a union: completion and errors are clearer for it. */
function withExpression(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema as { anyOf?: readonly JsonSchema[] };
  if (anyOf?.length !== 2) return schema;
  const expression = anyOf.find((branch) => branch.$ref === '#/$defs/expression');
  const integer = anyOf.find((branch) => branch.type === 'integer');
  if (expression === undefined || integer === undefined) return schema;
  return { ...integer, ...rest, type: ['integer', 'string'], pattern: '^=' };
}

const texts: JsonSchema = { type: 'array', items: { type: 'string' } };

const steps: JsonSchema = { $ref: '#/$defs/steps' };

const stacks: JsonSchema = {
  $ref: '#/$defs/stacks',
  markdownDescription: 'What is known of stacks: `{ gvisor: { fails: "accepts it" }, lwip: { skip: "no SACK" } }`.',
};

/** Names with values: vars, let, the columns of a row. */
const namedValues: JsonSchema = {
  type: 'object',
  additionalProperties: {},
  propertyNames: { $ref: '#/$defs/name' },
};

/** Keys that a case and each of its `tests` have in common. */
function testKeys(): Record<string, JsonSchema> {
  return {
    about: { type: 'string', markdownDescription: 'What is verified and why, in a few sentences.' },
    requirements: {
      ...texts,
      markdownDescription:
        'Ids of the requirement table that this checks, such as `RFC9293-3.10.7.4-9`; reports trace them.',
    },
    vars: {
      ...namedValues,
      markdownDescription:
        'Names for values; expressions over facts, the row and earlier vars. Evaluated once per test.',
    },
    matrix: {
      type: 'object',
      additionalProperties: {
        title: 'a list of values',
        anyOf: [{ type: 'array', minItems: 1 }, { $ref: '#/$defs/expression' }],
      },
      propertyNames: { $ref: '#/$defs/name' },
      markdownDescription:
        'Each combination of these values is a test with a fresh stack; expressions read them as `row.NAME`.',
    },
    table: {
      title: 'a list of rows',
      type: 'array',
      minItems: 1,
      items: {
        ...namedValues,
        properties: {
          name: { type: 'string', markdownDescription: 'Names the row in reports.' },
          stacks,
        },
      },
      markdownDescription: 'Each row is a test with a fresh stack; expressions read its cells as `row.NAME`.',
    },
    stacks,
    steps: { ...steps, markdownDescription: 'What happens, in order.' },
  };
}

/** The keys at the top of a case. */
export function caseKeys(): Record<string, JsonSchema> {
  const { steps: caseSteps, ...shared } = testKeys();
  const { lab, over, tolerance, tags } = defaultsKeys();
  return {
    title: {
      type: 'string',
      minLength: 1,
      markdownDescription: 'One sentence: the behaviour that is checked.',
    },
    ...shared,
    origin: {
      ...texts,
      markdownDescription: 'Tests of other suites that this one answers, such as `packetdrill/limited-transmit`.',
    },
    tags: tags as JsonSchema,
    over: over as JsonSchema,
    lab: lab as JsonSchema,
    tolerance: tolerance as JsonSchema,
    silence: {
      type: 'boolean',
      markdownDescription: '`true`: frames of a connection that no step took make the test fail.',
    },
    parts: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          with: { ...texts, markdownDescription: 'Names of the parameters.' },
          steps,
        },
        required: ['steps'],
        additionalProperties: false,
      },
      propertyNames: { $ref: '#/$defs/name' },
      markdownDescription: 'Lists of steps to be reused in this file with `use: NAME`.',
    },
    setup: { ...steps, markdownDescription: 'Steps that run first in each of `tests`.' },
    steps: caseSteps as JsonSchema,
    tests: {
      title: 'a list of tests',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1, markdownDescription: 'Names the test in reports.' },
          ...testKeys(),
        },
        required: ['name', 'steps'],
        additionalProperties: false,
      },
      markdownDescription: 'Several tests with a common `setup`, instead of `steps`.',
    },
    finally: { ...steps, markdownDescription: 'Steps that run at the end, whatever happened.' },
  };
}

/** The keys of a `defaults.yaml`. */
export function defaultsKeys(): Record<string, JsonSchema> {
  const end: JsonSchema = {
    type: 'object',
    properties: {
      ip: { type: 'string', markdownDescription: 'IPv4 address with prefix length, such as `192.0.2.2/24`.' },
      ipv6: { type: 'string', markdownDescription: 'IPv6 address with prefix length.' },
      mac: { type: 'string', markdownDescription: 'Ethernet address.' },
    },
    additionalProperties: false,
  };
  return {
    lab: {
      type: 'object',
      properties: {
        mtu: {
          type: 'integer',
          minimum: 68,
          maximum: 65535,
          markdownDescription: 'MTU of the test link in bytes; 1500 unless said.',
        },
        offload: {
          type: 'boolean',
          markdownDescription:
            '`true`: segments larger than the MTU may pass the link, as the DUT hands them over. `false` unless said.',
        },
        qdisc: {
          type: 'string',
          markdownDescription: 'Queueing discipline of the DUT’s interface.',
          examples: ['pfifo', 'fq'],
        },
        sysctl: {
          type: 'object',
          additionalProperties: { type: ['string', 'integer'] },
          markdownDescription: 'Kernel settings of the DUT’s namespace, made before the test.',
        },
        dut: { ...end, markdownDescription: 'Addresses of the device under test.' },
        bench: { ...end, markdownDescription: 'Addresses of the test bench.' },
      },
      additionalProperties: false,
      markdownDescription: 'How the lab is made, before the test.',
    },
    over: {
      title: 'a list of ipv4, mapped, ipv6',
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: {
        enum: ['ipv4', 'mapped', 'ipv6'],
        markdownEnumDescriptions: [
          'IPv4 sockets and frames.',
          'IPv6 sockets with IPv4-mapped addresses; IPv4 frames.',
          'IPv6 sockets and frames.',
        ],
      },
      markdownDescription: 'A test for each; the default of sockets and connections.',
    },
    tolerance: {
      $ref: '#/$defs/duration',
      markdownDescription: 'By how much the times of `at` are widened; 4ms unless said.',
    },
    tags: { ...texts, markdownDescription: 'Words to select cases by: `--tag T`.' },
    stacks,
  };
}

/** All keys that may stand in a step of this verb: the verb, its keys and modifiers. Calls add their own. */
export function stepKeys(definition: StepDefinition, vocabulary: Vocabulary): Record<string, JsonSchema> {
  const keys: Record<string, JsonSchema> = { [definition.verb]: definition.value, ...definition.keys };
  // Fields of TCP stand flat beside a frame verb: one copy of their schemas, that of the layer, is enough.
  const layer = String(definition.keys?.tcp?.$ref);
  const mode = /^#\/\$defs\/layer_(send|expect)_tcp$/.exec(layer)?.[1] as FrameMode | undefined;
  for (const field of mode === undefined ? [] : layerFields(vocabulary, 'tcp', mode)) {
    if (field in keys && keys[field]?.$ref === undefined) keys[field] = { $ref: `${layer}/properties/${field}` };
  }
  for (const modifier of definition.modifiers) keys[modifier] ??= modifierSchemas[modifier];
  return keys;
}

/** Whether the value of a verb names a call, whose arguments then stand beside it. */
export function takesCall(definition: StepDefinition): boolean {
  return definition.value.$ref === '#/$defs/call';
}

function callSchemas(vocabulary: Vocabulary): Record<string, JsonSchema> {
  return Object.fromEntries(
    vocabulary.calls.map((call) => [`call_${call.name}`, { properties: callKeys(call, vocabulary) }]),
  );
}

function stepSchema(vocabulary: Vocabulary): JsonSchema {
  const verbs: Record<string, JsonSchema> = {};
  const rules: JsonSchema[] = [];
  for (const definition of vocabulary.definitions) {
    const { verb, required = [] } = definition;
    const doc = `${definition.doc}\n\n\`\`\`yaml\n- ${definition.example}\n\`\`\``;
    verbs[verb] = { markdownDescription: doc };
    const keys = stepKeys(definition, vocabulary);
    if (!takesCall(definition)) {
      rules.push(rule({ required: [verb] }, { properties: keys, required, additionalProperties: false }));
      continue;
    }
    rules.push(rule({ required: [verb] }, { properties: keys, required }));
    const all = Object.fromEntries(Object.keys(keys).map((key) => [key, {}]));
    for (const call of vocabulary.calls) {
      const own = Object.keys(callKeys(call, vocabulary)).map((key) => [
        key,
        { $ref: `#/$defs/call_${call.name}/properties/${key}` },
      ]);
      rules.push(
        rule(
          { required: [verb], properties: { [verb]: { const: call.name } } },
          {
            properties: { ...all, ...Object.fromEntries(own) },
            required: requiredCallKeys(call),
            additionalProperties: false,
          },
        ),
      );
    }
  }
  const chosen = {
    if: { type: 'object', anyOf: Object.keys(verbs).map((verb) => ({ required: [verb] })) },
    // Editors show the first description that they find, and the verb's value may have one of its own.
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: mapSchemas(verbs, (verb) => ({ ...verb, doNotSuggest: true })) },
    else: { properties: verbs, additionalProperties: false, minProperties: 1 },
  };
  return { type: 'object', allOf: [chosen, ...rules] };
}

/** `required` alone holds for whatever is no object, such as a step that is not yet written. */
function rule(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: { type: 'object', ...condition }, then: consequence };
}

/** The `$defs` that a schema refers to, and those that they refer to. */
export function usedSchemas(schema: unknown, all: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  const used: Record<string, JsonSchema> = {};
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, value] of Object.entries(part)) {
      if (key === '$ref' && typeof value === 'string') {
        const name = value.split('/')[2];
        const target = name === undefined ? undefined : all[name];
        if (name !== undefined && target !== undefined && used[name] === undefined) {
          used[name] = target;
          visit(target);
        }
      } else visit(value);
    }
  };
  visit(schema);
  return used;
}
