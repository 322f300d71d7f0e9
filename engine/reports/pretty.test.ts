import type { PlannedTest } from '../plan';
import type { Failure, RunSummary, TestResult } from '../runner';
import { json } from './json';
import type { Output } from './output';
import { pretty } from './pretty';

class TextOutput implements Output {
  text = '';
  readonly color = false;
  readonly columns = 40;
  constructor(readonly isTerminal = false) {}
  write(text: string): void {
    this.text += text;
  }
  close(): void {}
}

const caseFile = 'engine/reports/__fixtures__/syn-ack.case.yaml';

const failure: Failure = {
  code: 'FRAME_MISSING',
  message: 'SYN-ACK did not come; another frame came: tcp.ack is 1, expected 2',
  file: caseFile,
  line: 6,
  column: 15,
  path: 'steps[2].expect',
  step: 'steps[2]',
  differences: [
    { path: 'tcp.ack', expected: '2', got: '1' },
    { path: 'tcp.window', expected: '1000 or more', got: '0' },
  ],
  details: ['waited 1s', 'frames that came on conn:', '  0.000120s  SYN-ACK seq 0 ack 1'],
};

function result(name: string, more: Partial<TestResult>): TestResult {
  return {
    test: {
      id: `${caseFile}#${name}`,
      file: caseFile,
      title: 'A SYN draws a SYN-ACK',
      name: `A SYN draws a SYN-ACK › ${name}`,
      row: name,
      stack: 'linux',
      requirements: ['RFC9293-3.5-1'],
      tags: [],
      origin: [],
    },
    verdict: 'pass',
    durationMs: 12.3456,
    failures: [],
    seed: 42,
    ...more,
  };
}

const results = [
  result('ipv4', {}),
  result("it's ipv6", { verdict: 'fail', failure, failures: [failure], durationMs: 1012 }),
  result('old', { verdict: 'known-failure', reason: 'gone in 7.0', failure, failures: [failure] }),
  result('new', { verdict: 'unexpected-pass', reason: 'was broken in 6.1' }),
  result('other', { verdict: 'skip', reason: 'no SACK' }),
];

const summary: RunSummary = {
  tests: 5,
  pass: 1,
  fail: 1,
  error: 0,
  skip: 1,
  known_failure: 1,
  unexpected_pass: 1,
  not_run: 2,
  duration_ms: 1234.5,
  seed: 42,
  stacks: ['linux'],
};

test('pretty shows a line per test, failures in full and the counts', () => {
  const output = new TextOutput();
  const reporter = pretty.create(output);
  reporter.start({ tests: [], repeat: 1 });
  for (const one of results) reporter.testFinished(one);
  reporter.finish(summary);
  expect(output.text).toBe(`\
pass   A SYN draws a SYN-ACK › ipv4 (12 ms)
FAIL   A SYN draws a SYN-ACK › it's ipv6 (1.0 s)
       SYN-ACK did not come; another frame came: tcp.ack is 1, expected 2
known  A SYN draws a SYN-ACK › old (12 ms)
       gone in 7.0
FIXED  A SYN draws a SYN-ACK › new (12 ms)
       was broken in 6.1
skip   A SYN draws a SYN-ACK › other (12 ms)
       no SACK

FAIL  A SYN draws a SYN-ACK › it's ipv6
  SYN-ACK did not come; another frame came: tcp.ack is 1, expected 2
  at          engine/reports/__fixtures__/syn-ack.case.yaml:6:15 (steps[2].expect)
      4 |   - connection: {}
      5 |   - send: SYN
    > 6 |   - { expect: SYN-ACK, ack: 2, window: { min: 1000 } }
        |               ^
      7 |   - { send: ACK }
    tcp.ack     expected 2             got 1
    tcp.window  expected 1000 or more  got 0
  waited 1s
  frames that came on conn:
    0.000120s  SYN-ACK seq 0 ack 1
  requirement RFC9293-3.5-1
  run again   npx packetcase run engine/reports/__fixtures__/syn-ack.case.yaml --filter '^A SYN draws a SYN-ACK › it'\\''s ipv6$' --seed 42

FIXED  A SYN draws a SYN-ACK › new
  passed, but is listed as failing: was broken in 6.1
  requirement RFC9293-3.5-1
  run again   npx packetcase run engine/reports/__fixtures__/syn-ack.case.yaml --filter '^A SYN draws a SYN-ACK › new$' --seed 42

5 tests in 1.2 s, seed 42
1 known failure, 1 unexpected pass, 2 not run
1 passed, 2 failed, 1 skipped
`);
});

test('on a terminal a live line shows progress and is wiped before each other line', () => {
  const output = new TextOutput(true);
  const reporter = pretty.create(output);
  const tests = results.slice(0, 2).map((one) => one.test as unknown as PlannedTest);
  reporter.start({ tests, repeat: 1 });
  reporter.testStarted?.(tests[0] as PlannedTest);
  reporter.testFinished(results[0] as TestResult);
  reporter.testStarted?.(tests[1] as PlannedTest);
  expect(output.text).toBe(
    '0/2  A SYN draws a SYN-ACK › ipv4' +
      '\r\x1b[2Kpass   A SYN draws a SYN-ACK › ipv4 (12 ms)\n' +
      '1/2  ' +
      "\r\x1b[2K1/2  A SYN draws a SYN-ACK › it's ipv6",
  );
});

test('json writes one object with the counts and every test', () => {
  const output = new TextOutput();
  const reporter = json.create(output);
  reporter.start({ tests: [], repeat: 1 });
  for (const one of results.slice(0, 2)) reporter.testFinished(one);
  reporter.finish(summary);
  expect(JSON.parse(output.text)).toEqual({
    summary,
    tests: [
      {
        id: `${caseFile}#ipv4`,
        file: caseFile,
        title: 'A SYN draws a SYN-ACK',
        name: 'A SYN draws a SYN-ACK › ipv4',
        row: 'ipv4',
        stack: 'linux',
        verdict: 'pass',
        duration_ms: 12.346,
        requirements: ['RFC9293-3.5-1'],
        tags: [],
        origin: [],
        seed: 42,
        failure: null,
        failures: [],
      },
      expect.objectContaining({
        row: "it's ipv6",
        verdict: 'fail',
        failure: {
          code: 'FRAME_MISSING',
          message: 'SYN-ACK did not come; another frame came: tcp.ack is 1, expected 2',
          file: caseFile,
          line: 6,
          column: 15,
          path: 'steps[2].expect',
          step: 'steps[2]',
          differences: failure.differences,
          details: failure.details,
        },
      }),
    ],
  });
});
