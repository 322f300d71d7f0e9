import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constantGroup } from '../bindings';
import { callTable } from './agent/call-table';
import { callDescriptor, callDescriptors } from './calls';
import { protoDescriptor } from './messages';
import { describeProto } from './proto-descriptor';

test('posix.proto.json is what node dist/dut/proto-descriptor.js makes of posix.proto', () => {
  const { messages, enums } = describeProto(readFileSync(join(__dirname, 'posix.proto'), 'utf8'));
  expect({ messages: protoDescriptor.messages, enums: protoDescriptor.enums }).toEqual({ messages, enums });
});

test('a descriptor holds what the contract says about a call', () => {
  expect(callDescriptor('sendto')).toEqual({
    name: 'sendto',
    doc: 'Sends to an address.',
    man: 'sendto(2)',
    mayBlock: true,
    returns: 'count',
    params: [
      { key: 'fd', doc: 'The descriptor.', kind: 'fd', required: true },
      { key: 'buffer', doc: 'What to send.', kind: 'buffer', required: true },
      {
        key: 'length',
        doc: "How much, if it is to be another length than the buffer's; zeros fill it up.",
        kind: 'length',
        required: false,
      },
      { key: 'flags', doc: 'Flags.', kind: 'flags', constants: ['MSG'], required: false, default: 0 },
      { key: 'addr', doc: 'Where to; not set: NULL.', kind: 'address', required: false },
      { key: 'addrlen', doc: 'Length of the address, if it is to be wrong.', kind: 'length', required: false },
    ],
    outputs: [],
  });
  expect(callDescriptor('recvfrom')?.outputs).toEqual([
    { key: 'buffer', doc: 'What was received.', kind: 'buffer', isList: false },
    { key: 'addr', doc: 'The sender; not set if there is none to tell.', kind: 'address', isList: false },
  ]);
});

describe.each(callDescriptors)('$name', (call) => {
  test('is documented in full', () => {
    expect(call.doc).toMatch(/^[A-Z].*\.$/);
    expect(call.man).toMatch(new RegExp(`^${call.name}\\(\\d\\)$`));
    expect(['fd', 'count', 'zero', 'value']).toContain(call.returns);
    for (const { doc } of [...call.params, ...call.outputs]) expect(doc).toMatch(/^[A-Z].*\.$/);
  });

  test('names constants that exist', () => {
    const groups = [...call.params, ...call.outputs].flatMap(({ constants }) => constants ?? []);
    expect(groups.filter((group) => !constantGroup(group))).toEqual([]);
  });

  test('can be made by the agent, which knows whether it may block and what it returns', () => {
    const entry = callTable[call.name];
    expect(entry?.mayBlock !== undefined).toBe(call.mayBlock);
    if (call.returns === 'fd') expect(entry?.opens?.({} as never)).toBe(true);
  });
});

test('the agent has no call that the contract lacks', () => {
  expect(Object.keys(callTable).sort()).toEqual(callDescriptors.map(({ name }) => name).sort());
});
