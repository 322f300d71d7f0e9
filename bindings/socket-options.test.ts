import { constantGroup } from './constants';
import { socketOption, socketOptions } from './socket-options';

test.each([
  ['SO', 'SOL_SOCKET'],
  ['TCP', 'IPPROTO_TCP'],
  ['UDP', 'IPPROTO_UDP'],
  ['IP', 'IPPROTO_IP'],
  ['IPV6', 'IPPROTO_IPV6'],
])('every constant %s_* is an option of level %s', (group, level) => {
  const names = socketOptions.filter((option) => option.level === level).map(({ name }) => name);
  expect(names.sort()).toEqual(Object.keys(constantGroup(group)?.values ?? {}).sort());
});

test('an option names a group of constants that exists', () => {
  const groups = socketOptions.flatMap(({ constants }) => constants ?? []);
  expect(groups.filter((name) => !constantGroup(name))).toEqual([]);
});

test('an option knows its numbers and its type', () => {
  expect(socketOption('TCP_USER_TIMEOUT')).toEqual({
    name: 'TCP_USER_TIMEOUT',
    level: 'IPPROTO_TCP',
    levelNumber: 6,
    optname: 18,
    type: 'duration_ms',
    doc: 'How long data may stay unacknowledged before the connection is dropped (RFC 5482).',
    man: 'tcp(7)',
    constants: undefined,
  });
  expect(socketOption('SO_NOTHING')).toBeUndefined();
});
