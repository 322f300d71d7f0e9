import type { JsonSchema } from '../steps';
import type { CallWord, ConstantWords, OptionWord, ParameterWord, Vocabulary } from './vocabulary';

/**
 * Schemas of the keys that may stand beside `dut: NAME`: its parameters, and its outputs to be checked.
 *
 * @param option the socket option that the call sets, where it is known: its value then has a type
 */
export function callKeys(call: CallWord, vocabulary: Vocabulary, option?: OptionWord): Record<string, JsonSchema> {
  const keys: Record<string, JsonSchema> = {};
  for (const parameter of call.params) {
    const schema =
      parameter.kind === 'optionValue' && option !== undefined
        ? optionValueSchema(option, vocabulary)
        : parameterSchema(parameter, vocabulary);
    keys[parameter.key] = { ...schema, markdownDescription: parameter.doc };
  }
  for (const output of call.outputs) {
    keys[output.key] ??= { ...anything, markdownDescription: `${output.doc} Checked against this value.` };
  }
  return keys;
}

/** Keys that the verb fills in when they are left out: from the only socket, the only connection, `over`. */
const filledIn: ReadonlySet<string> = new Set(['fd', 'addr', 'domain', 'type', 'length']);

/** Keys that a call cannot do without. */
export function requiredCallKeys(call: CallWord): string[] {
  return call.params.filter(({ key, required }) => required === true && !filledIn.has(key)).map(({ key }) => key);
}

const anything: JsonSchema = { $ref: '#/$defs/anything' };

/** Schema for each kind of parameter. */
const kinds: Readonly<Record<string, (parameter: ParameterWord, vocabulary: Vocabulary) => JsonSchema>> = {
  fd: () => ({ $ref: '#/$defs/fdRef' }),
  int: (parameter, vocabulary) =>
    parameter.constants === undefined ? { $ref: '#/$defs/integer' } : constantSchema(parameter, vocabulary, false),
  length: () => ({ $ref: '#/$defs/integer' }),
  flags: (parameter, vocabulary) => constantSchema(parameter, vocabulary, true),
  constant: (parameter, vocabulary) => constantSchema(parameter, vocabulary, false),
  address: () => ({ $ref: '#/$defs/address' }),
  buffer: () => ({ $ref: '#/$defs/payload' }),
  option: () => ({ $ref: '#/$defs/option' }),
  optionValue: () => anything,
  duration: () => ({ $ref: '#/$defs/duration' }),
  string: () => ({ $ref: '#/$defs/string' }),
  pollfds: (parameter, vocabulary) => {
    const events = constantSchema({ ...parameter, constants: parameter.constants ?? ['POLL'] }, vocabulary, true);
    return {
      title: 'a list of { fd, events, revents }',
      anyOf: [
        { $ref: '#/$defs/expression' },
        {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              fd: { $ref: '#/$defs/fdRef' },
              events: { ...events, markdownDescription: 'What is waited for.' },
              revents: { ...anything, markdownDescription: 'What has to be reported.' },
            },
            required: ['fd'],
            additionalProperties: false,
          },
        },
      ],
    };
  },
};

/** What an option's value may be, by its C type; a time needs its unit whatever C counts in. */
export function optionValueSchema(option: OptionWord, vocabulary: Vocabulary): JsonSchema {
  switch (option.type) {
    case 'timeval':
    case 'duration_s':
    case 'duration_ms':
    case 'duration_us':
      return { $ref: '#/$defs/duration' };
    case 'linger':
      return {
        title: 'a mapping { onoff, linger }',
        anyOf: [
          { $ref: '#/$defs/expression' },
          {
            type: 'object',
            properties: {
              onoff: { ...anyInteger, markdownDescription: 'Whether close waits for data not sent.' },
              linger: { $ref: '#/$defs/duration', markdownDescription: 'For how long at most.' },
            },
            additionalProperties: false,
          },
        ],
      };
    case 'int':
    case 'uint':
      if (option.constants === undefined) return anyInteger;
      return constantSchema(
        { key: option.name, doc: option.doc, kind: 'constant', constants: option.constants },
        vocabulary,
        true,
      );
    default:
      return anything;
  }
}

const anyInteger: JsonSchema = {
  title: 'an integer, or true or false',
  anyOf: [{ type: ['integer', 'boolean'] }, { $ref: '#/$defs/expression' }],
};

function parameterSchema(parameter: ParameterWord, vocabulary: Vocabulary): JsonSchema {
  return kinds[parameter.kind]?.(parameter, vocabulary) ?? anything;
}

/** A constant by name, or its number; where they are flags, also a list of names. */
function constantSchema(parameter: ParameterWord, vocabulary: Vocabulary, isFlags: boolean): JsonSchema {
  const names = new Map<string, string>();
  for (const wanted of parameter.constants ?? []) {
    const group = vocabulary.constants.find((candidate) => candidate.name === wanted);
    if (group === undefined) names.set(wanted, docOf(wanted, vocabulary.constants));
    else for (const name of Object.keys(group.values)) names.set(name, group.docs[name] ?? group.doc);
  }
  const expression = { $ref: '#/$defs/expression' };
  if (names.size === 0) return { title: 'a constant or an integer', type: ['integer', 'string', 'array'] };
  const known = { enum: [...names.keys()], markdownEnumDescriptions: [...names.values()] };
  const [example] = names.keys();
  return {
    title: isFlags ? `a flag such as ${example}, or a list of flags` : `a constant such as ${example}`,
    anyOf: [known, { type: 'integer' }, expression, ...(isFlags ? [{ type: 'array', items: known }] : [])],
  };
}

function docOf(name: string, groups: readonly ConstantWords[]): string {
  const group = groups.find((candidate) => name in candidate.values);
  return group?.docs[name] ?? group?.doc ?? '';
}
