import { constants as fsConstants } from 'node:fs';
import { constant, constantGroup, constantGroups, constantName, constants } from './constants';

it('agrees with Node about the flags of open', () => {
  const group = constantGroup('O');
  expect(group).toBeDefined();
  const shared = Object.entries(group?.values ?? {}).filter(([name]) => name in fsConstants);
  expect(shared.length).toBeGreaterThan(10);
  for (const [name, value] of shared) {
    expect([name, value]).toEqual([name, fsConstants[name as keyof typeof fsConstants]]);
  }
});

it('has each name once, with a doc sentence for each group', () => {
  const names = constantGroups.flatMap((group) => Object.keys(group.values));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(Object.keys(constants).length);
  for (const group of constantGroups) expect(group.doc).toMatch(/^[A-Z].*\.$/);
});

it('finds a value by name in any group', () => {
  expect([constant('AF_INET6'), constant('TCP_INFO'), constant('TCP_ESTABLISHED'), constant('AF_NONE')]).toEqual([
    10,
    11,
    1,
    undefined,
  ]);
});

it('names a value within its group', () => {
  expect([constantName('AF', 2), constantName('TCP_STATE', 1), constantName('TCP', 1)]).toEqual([
    'AF_INET',
    'TCP_ESTABLISHED',
    'TCP_NODELAY',
  ]);
  expect([constantName('AF', 77), constantName('NONE', 1)]).toEqual([undefined, undefined]);
});

it('names flags one by one, and bits without a name as a number', () => {
  expect(constantName('MSG', 0x42)).toBe('MSG_PEEK|MSG_DONTWAIT');
  expect(constantName('POLL', 0x8011)).toBe('POLLIN|POLLHUP|0x8000');
  expect(constantName('O', 0o4002)).toBe('O_RDWR|O_NONBLOCK');
  expect([constantName('O', 0), constantName('MSG', 0)]).toEqual(['O_RDONLY', undefined]);
});
