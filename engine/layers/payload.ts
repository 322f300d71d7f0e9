import { payloadBytes } from '../fields';
import type { LayerDescriptor } from './descriptor';

export const payload: LayerDescriptor = {
  key: 'payload',
  name: 'Payload',
  spec: 'none',
  doc: 'The octets after the last header. In an expectation: everything after the layer before it.',
  fields: [
    {
      key: 'data',
      rfcName: 'Data',
      section: 'the header before it',
      doc: 'So many zero octets (a number), a text, or one of { zeros | random | text | hex | bytes | pattern | length: … }.',
      unit: 'octets',
      kind: payloadBytes,
    },
  ],
  shorthand: 'data',
  summary: (fields) => `${(fields.data as Buffer).length} octets`,
  example: 'hello',
};
