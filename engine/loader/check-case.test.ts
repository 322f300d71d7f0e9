import { vocabulary } from './__fixtures__/vocabulary';
import { validateCase } from './check-case';
import { loadDocument } from './document';
import type { Problem } from './problem';

function check(step: string): Problem[] {
  const { document } = loadDocument('x.case.yaml', Buffer.from(`title: x\nsteps:\n  - ${step}\n`));
  if (document === undefined) throw new Error('does not load');
  return validateCase(document, vocabulary);
}

describe('a modifier inside the braces of a verb', () => {
  test.each([
    ['{ listener: { as: server } }', 'as stands beside listener, not inside it'],
    ['{ expect: { tcp: {}, within: 2s } }', 'within stands beside expect, not inside it'],
    ['{ expect: ACK, must: { tcp: {}, as: x } }', 'as stands beside must, not inside it'],
  ])('%s is told where it belongs', (step, fix) => {
    expect(check(step).map((problem) => problem.fix)).toEqual([fix]);
  });
});

test('a value that is an expression is left to the run, wherever it stands', () => {
  for (const step of [
    '{ listener: { port: =p, addr: =a } }',
    '{ listener: =settings }',
    '{ send: =flags, payload: =bytes, after: =wait, ack: =n }',
    '{ send: { tcp: { flags: =f, options: [mss: =m] } } }',
    '{ expect: ACK, at: { min: =a, max: =b } }',
    '{ dut: socket, domain: =d, type: [=t], errno: =e }',
    '{ dut: setsockopt, option: SO_LINGER, value: { onoff: =o, linger: =l } }',
  ]) {
    expect([step, check(step)]).toEqual([step, []]);
  }
});

test('a step that two verbs could own belongs to the one that takes the other as a key', () => {
  expect(check('{ if: =true, then: [] }')).toEqual([]);
});

test('several mistakes of one step on several lines are all told', () => {
  const problems = check('send: ACKK\n    akc: 1\n    after: 5');
  expect(problems.map(({ code, line }) => [code, line])).toEqual([
    ['UNKNOWN_CONSTANT', 3],
    ['UNKNOWN_KEY', 4],
    ['MISSING_UNIT', 5],
  ]);
});

test('steps that are no list are told so', () => {
  expect(check('{ if: =true, then: { sleep: 1s } }').map(({ code, fix }) => [code, fix])).toEqual([
    ['WRONG_TYPE', 'write "- " before each step'],
  ]);
});
