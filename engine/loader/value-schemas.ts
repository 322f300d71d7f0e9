import type { JsonSchema, Modifier } from '../steps';
import type { Vocabulary } from './vocabulary';

/**
 * The `$defs` of the case schema but for frames: what fragments of verbs and calls refer to as `#/$defs/NAME`. A title
 * says what a value has to be, in words that also fit the `expected` line of an error.
 */
export function valueSchemas(vocabulary: Vocabulary): Record<string, JsonSchema> {
  return {
    ...values,
    errno: {
      title: 'an errno name, any or none',
      anyOf: [
        {
          enum: ['any', 'none', ...vocabulary.errnos.map((errno) => errno.name)],
          markdownEnumDescriptions: [
            'Fails in some way.',
            'Must succeed: the same as not given.',
            ...vocabulary.errnos.map((errno) => errno.doc),
          ],
        },
        expression,
      ],
    },
    option: {
      title: 'the name of a socket option',
      anyOf: [
        {
          enum: vocabulary.options.map((option) => option.name),
          markdownEnumDescriptions: vocabulary.options.map((option) => option.doc),
        },
        { type: 'integer' },
        expression,
      ],
    },
    call: {
      title: 'the name of a call',
      enum: vocabulary.calls.map((call) => call.name),
      markdownEnumDescriptions: vocabulary.calls.map((call) => call.doc),
    },
    tcpInfo: {
      type: 'object',
      properties: Object.fromEntries(
        vocabulary.tcpInfo.map((member) => [
          member.name,
          { $ref: '#/$defs/anything', markdownDescription: member.doc },
        ]),
      ),
      additionalProperties: false,
      minProperties: 1,
      markdownDescription: 'Members of struct tcp_info and what they have to be: a number, a constant or a matcher.',
    },
    stacks: stacksSchema(vocabulary),
    steps: { title: 'a list of steps', type: 'array', items: { $ref: '#/$defs/step' } },
  };
}

const expression: JsonSchema = { $ref: '#/$defs/expression' };

const duration: JsonSchema = { $ref: '#/$defs/duration' };

/** What every step may carry beside its verb, if the verb allows it. */
export const modifierSchemas: Readonly<Record<Modifier, JsonSchema>> = {
  as: {
    $ref: '#/$defs/name',
    markdownDescription: 'Names what the step makes, for later steps and expressions.',
    examples: ['conn', 'sock', 'reply'],
  },
  on: {
    $ref: '#/$defs/nameOrExpression',
    markdownDescription: 'The connection that the step works on. May be left out while there is only one.',
  },
  after: {
    $ref: '#/$defs/duration',
    markdownDescription: 'Start the step this long after the latest event.',
    examples: ['10ms'],
  },
  at: {
    $ref: '#/$defs/timeWindow',
    markdownDescription:
      'When the event has to come, counted from the latest event: a duration, `{ min, max }` or `any`.',
    examples: ['200ms', 'any'],
  },
  within: {
    $ref: '#/$defs/duration',
    markdownDescription: 'How long to wait for the event; 1s unless said, or the end of `at` plus 1s.',
    examples: ['3s'],
  },
  since: {
    $ref: '#/$defs/nameOrExpression',
    markdownDescription: 'The event that `at` and `after` count from: a frame, a call, or `start`.',
  },
  for: { $ref: '#/$defs/duration', markdownDescription: 'For how long, counted from the cursor.', examples: ['200ms'] },
  track: {
    $ref: '#/$defs/boolean',
    markdownDescription: '`false`: the sent segment does not move the connection’s next sequence number.',
  },
  soft: {
    $ref: '#/$defs/boolean',
    markdownDescription: '`true`: a failure of this step is recorded and the test goes on to its `fail`.',
  },
  patience: {
    $ref: '#/$defs/duration',
    markdownDescription: 'How long a call may take before it counts as still blocked; 5s unless said.',
  },
};

const values: Record<string, JsonSchema> = {
  expression: {
    title: 'an expression',
    type: 'string',
    pattern: '^=',
  },
  duration: {
    title: 'a duration with a unit, such as 200ms',
    type: 'string',
    pattern: '^(\\d+(\\.\\d+)?(ns|us|ms|s|m)$|=)',
    examples: ['10ms', '1s'],
  },
  name: {
    title: 'a name of letters, digits and _',
    type: 'string',
    pattern: '^[A-Za-z_]\\w*$',
  },
  nameOrExpression: {
    title: 'a name or an expression',
    type: 'string',
    pattern: '^([A-Za-z_]\\w*$|=)',
  },
  timeWindow: {
    title: 'a duration, { min, max } or any',
    anyOf: [
      duration,
      { const: 'any' },
      { type: 'object', properties: { min: duration, max: duration }, additionalProperties: false, minProperties: 1 },
    ],
  },
  fdRef: {
    title: 'the name of a socket, a file descriptor or an expression',
    anyOf: [{ $ref: '#/$defs/nameOrExpression' }, { type: 'integer' }],
  },
  address: {
    title: 'an address: { of: CONNECTION } or { ip, port }',
    anyOf: [
      expression,
      {
        type: 'object',
        properties: {
          of: {
            $ref: '#/$defs/nameOrExpression',
            markdownDescription: 'The remote address of a connection, as the DUT sees it.',
          },
          ip: {
            $ref: '#/$defs/string',
            markdownDescription: 'IPv4 or IPv6 address; an IPv6 address that ends in `::` is quoted.',
          },
          port: { $ref: '#/$defs/integer', markdownDescription: 'Port, 0 … 65535.' },
          scope: {
            anyOf: [{ $ref: '#/$defs/integer' }, { type: 'string' }],
            markdownDescription: 'Interface of a link-local address; the DUT’s own unless said.',
          },
        },
        additionalProperties: false,
        minProperties: 1,
      },
    ],
  },
  payload: {
    title: 'a payload: a number of zero bytes, a text, or { zeros | random | text | hex | bytes | pattern: … }',
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string' },
      { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
      {
        type: 'object',
        properties: {
          zeros: { $ref: '#/$defs/integer', markdownDescription: 'This many zero bytes.' },
          random: {
            $ref: '#/$defs/integer',
            markdownDescription: 'This many random bytes; a failure prints the seed.',
          },
          text: { $ref: '#/$defs/string', markdownDescription: 'The text in UTF-8.' },
          hex: { $ref: '#/$defs/string', markdownDescription: 'Bytes as hexadecimal digits, quoted: `hex: "0a0b"`.' },
          bytes: { markdownDescription: 'A list of numbers 0 … 255, or an expression that gives bytes.' },
          pattern: { markdownDescription: 'A text or bytes that are repeated up to `length`.' },
          quote: { markdownDescription: 'The bytes of another frame, from its network layer on.' },
          length: { $ref: '#/$defs/integer', markdownDescription: 'Length in bytes, of a pattern or a quote.' },
          pointer: { $ref: '#/$defs/integer', markdownDescription: 'For calls: this bad pointer instead of a buffer.' },
          from: {},
          ip: {},
          ipv6: {},
          tcp: {},
          udp: {},
          icmp: {},
        },
        additionalProperties: false,
        minProperties: 1,
      },
    ],
    examples: [1000, 'hello'],
  },
  integer: { title: 'an integer', anyOf: [{ type: 'integer' }, expression] },
  boolean: { title: 'true, false or an expression', anyOf: [{ type: 'boolean' }, expression] },
  string: { title: 'a text', type: 'string' },
  anything: { title: 'any value' },
};

function stacksSchema(vocabulary: Vocabulary): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      vocabulary.stacks.map((stack) => [
        stack,
        {
          type: 'object',
          properties: {
            fails: {
              type: 'string',
              minLength: 1,
              markdownDescription: 'It breaks this rule, in this way: the test is a known failure.',
            },
            skip: { type: 'string', minLength: 1, markdownDescription: 'Why the test makes no sense there.' },
            issue: { type: 'string', markdownDescription: 'Where it is reported.' },
            where: { ...expression, markdownDescription: 'Only for rows for which this holds.' },
            version: { type: 'string', markdownDescription: 'Only for these versions, such as `"<2023"`.' },
          },
          additionalProperties: false,
          minProperties: 1,
        },
      ]),
    ),
    additionalProperties: false,
  };
}
