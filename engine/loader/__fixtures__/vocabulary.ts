import type { JsonSchema, StepDefinition } from '../../steps';
import type { Vocabulary } from '../vocabulary';

// A small language of its own, so that the loader's tests do not change with the engine's words.

function verb(name: string, facts: Partial<StepDefinition> & Pick<StepDefinition, 'value'>): StepDefinition {
  return {
    verb: name,
    doc: `What ${name} does.`,
    example: `{ ${name}: {} }`,
    modifiers: ['as', 'after', 'soft'],
    *run() {},
    ...facts,
  };
}

const steps: JsonSchema = { $ref: '#/$defs/steps' };

export const vocabulary: Vocabulary = {
  definitions: [
    verb('listener', {
      value: {
        type: 'object',
        properties: {
          addr: { $ref: '#/$defs/string', description: 'The address to bind to.' },
          port: { type: 'integer', minimum: 0, maximum: 65535 },
        },
        additionalProperties: false,
      },
    }),
    verb('send', {
      value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/sendLayers' }] },
      keys: {
        tcp: { $ref: '#/$defs/layer_send_tcp' },
        payload: { $ref: '#/$defs/payload' },
        seq: { type: 'integer' },
        ack: { type: 'integer' },
      },
      modifiers: ['as', 'on', 'after', 'track'],
    }),
    verb('expect', {
      value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/expectLayers' }] },
      keys: { tcp: { $ref: '#/$defs/layer_expect_tcp' }, must: { $ref: '#/$defs/expectLayers' } },
      modifiers: ['as', 'on', 'at', 'within'],
      check: (step) =>
        step.expect === 'RST' && step.must !== undefined
          ? [{ code: 'ODD', message: 'must beside RST', path: ['must'], at: 'key', expected: 'nothing', got: 'must' }]
          : [],
    }),
    verb('expect_none', { value: { $ref: '#/$defs/expectLayers' }, required: ['for'], modifiers: ['for'] }),
    verb('sleep', { value: { $ref: '#/$defs/duration' }, modifiers: [] }),
    verb('let', {
      value: { type: 'object', additionalProperties: {}, propertyNames: { $ref: '#/$defs/name' } },
      modifiers: [],
    }),
    verb('if', {
      value: { $ref: '#/$defs/expression' },
      keys: { then: steps, else: steps },
      required: ['then'],
      modifiers: [],
    }),
    verb('dut', {
      value: { $ref: '#/$defs/call' },
      keys: {
        errno: { $ref: '#/$defs/errno' },
        gives: { $ref: '#/$defs/anything' },
        background: { $ref: '#/$defs/boolean' },
      },
      modifiers: ['as', 'after', 'at', 'patience'],
    }),
  ],
  calls: [
    {
      name: 'socket',
      doc: 'Makes a socket.',
      params: [
        { key: 'domain', doc: 'Address family.', kind: 'constant', constants: ['AF'] },
        { key: 'type', doc: 'Kind of socket.', kind: 'flags', constants: ['SOCK', 'SOCK_NONBLOCK'] },
      ],
      outputs: [],
    },
    {
      name: 'setsockopt',
      doc: 'Sets an option.',
      params: [
        { key: 'fd', doc: 'The socket.', kind: 'fd' },
        { key: 'option', doc: 'Its name.', kind: 'option', required: true },
        { key: 'value', doc: 'Its value.', kind: 'optionValue' },
      ],
      outputs: [],
    },
    {
      name: 'recv',
      doc: 'Receives.',
      params: [
        { key: 'fd', doc: 'The socket.', kind: 'fd' },
        { key: 'length', doc: 'How much at most.', kind: 'length' },
      ],
      outputs: [{ key: 'buffer', doc: 'What was received.' }],
    },
    {
      name: 'poll',
      doc: 'Waits for events.',
      params: [
        { key: 'fds', doc: 'Sockets and events.', kind: 'pollfds' },
        { key: 'timeout', doc: 'How long at most.', kind: 'duration' },
      ],
      outputs: [],
    },
  ],
  layers: [
    {
      key: 'tcp',
      name: 'Transmission Control Protocol',
      doc: 'A segment.',
    },
    { key: 'payload', name: 'Payload', doc: 'What is left.' },
  ],
  layerSchema: (layer) =>
    layer === 'tcp'
      ? {
          type: 'object',
          properties: {
            seq: { type: ['integer', 'string'], minimum: 0, maximum: 4294967295 },
            ack: { type: ['integer', 'string'], minimum: 0, maximum: 4294967295 },
            flags: { type: ['string', 'array'], title: 'TCP flags such as SYN-ACK' },
          },
          additionalProperties: false,
        }
      : { $ref: '#/$defs/payload' },
  constants: [
    {
      name: 'AF',
      doc: 'Address family.',
      isFlags: false,
      values: { AF_INET: 2, AF_INET6: 10 },
      docs: { AF_INET: 'IPv4.', AF_INET6: 'IPv6.' },
    },
    { name: 'SOCK', doc: 'Socket type.', isFlags: false, values: { SOCK_STREAM: 1, SOCK_DGRAM: 2 }, docs: {} },
    { name: 'FLAG', doc: 'Flag.', isFlags: true, values: { SOCK_NONBLOCK: 2048 }, docs: {} },
    { name: 'POLL', doc: 'Event.', isFlags: true, values: { POLLIN: 1, POLLOUT: 4 }, docs: {} },
  ],
  options: [
    { name: 'SO_RCVTIMEO', doc: 'How long a receive may take.', type: 'timeval' },
    { name: 'SO_LINGER', doc: 'What close does with data not sent.', type: 'linger' },
    { name: 'SO_SNDBUF', doc: 'Send buffer.', type: 'int' },
  ],
  errnos: [
    { name: 'EAGAIN', doc: 'Resource temporarily unavailable.' },
    { name: 'ECONNREFUSED', doc: 'Connection refused.' },
  ],
  tcpInfo: [{ name: 'tcpi_state', doc: 'State.' }, { name: 'tcpi_rto', doc: 'Retransmission timeout.' }],
  stacks: ['linux', 'gvisor', 'lwip'],
};
