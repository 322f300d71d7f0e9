import type { Problem } from '../loader';
import { formatProblem, formatProblems, problemsToJson } from './problem-text';

const problem: Problem = {
  code: 'UNKNOWN_FIELD',
  message: 'layer tcp has no field "sequence"',
  file: 'cases/tcp/handshake/syn-ack.case.yaml',
  line: 23,
  column: 22,
  endColumn: 30,
  path: 'steps[3].expect.tcp.sequence',
  expected: 'one of srcport, dstport, seq, ack, …',
  got: 'sequence',
  fix: 'write seq (Sequence Number, RFC 9293 §3.1)',
  sourceLine: '  - expect: { tcp: { sequence: 1 } }',
};

test('a problem has what, where, code frame, expected, got and fix, aligned', () => {
  expect(formatProblem(problem)).toBe(`error UNKNOWN_FIELD: layer tcp has no field "sequence"
  at        cases/tcp/handshake/syn-ack.case.yaml:23:22 (steps[3].expect.tcp.sequence)
         23 |   - expect: { tcp: { sequence: 1 } }
            |                      ^^^^^^^^
  expected  one of srcport, dstport, seq, ack, …
  got       sequence
  fix       write seq (Sequence Number, RFC 9293 §3.1)
`);
});

test('parts that are not known are left out', () => {
  const { code, message, file, line, column } = problem;
  expect(
    formatProblem({ code, message, file, line, column, path: '' }),
  ).toBe(`error UNKNOWN_FIELD: layer tcp has no field "sequence"
  at        cases/tcp/handshake/syn-ack.case.yaml:23:22
`);
});

test('a long line is cut to the part around the place, and the caret ends where the line is cut', () => {
  const sourceLine = `    value: [${'ABCDEFGHI, '.repeat(30)}J]`;
  const text = formatProblem({ ...problem, line: 7, column: 201, endColumn: 400, sourceLine });
  expect(text.split('\n').slice(2, 4)).toEqual([
    '          7 | …FGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCDEFGHI, ABCD…',
    `            | ${' '.repeat(41)}${'^'.repeat(80)}`,
  ]);
});

test('a place that ends on a later line is marked to the end of its first line', () => {
  const text = formatProblem({ ...problem, line: 3, column: 5, endColumn: undefined, sourceLine: '  - send: ACK' });
  expect(text.split('\n').slice(2, 4)).toEqual(['          3 |   - send: ACK', '            |     ^^^^^^^^^']);
});

test('colours are added only when asked for, and change nothing else', () => {
  const coloured = formatProblem(problem, { color: true });
  expect(coloured).toContain('\u001b[');
  const plain = coloured.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
  expect(plain).toBe(formatProblem(problem));
});

test('several problems are separated by an empty line', () => {
  expect(formatProblems([problem, problem])).toBe(`${formatProblem(problem)}\n${formatProblem(problem)}`);
  expect(formatProblems([])).toBe('');
});

test('as JSON a problem is its facts, without the ones that are not known', () => {
  const { sourceLine, ...facts } = problem;
  expect(problemsToJson([problem, { ...problem, fix: undefined }])).toEqual([facts, { ...facts, fix: undefined }]);
  expect(Object.keys(problemsToJson([{ ...problem, fix: undefined }])[0] ?? {})).not.toContain('fix');
});
