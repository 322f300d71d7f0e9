// Jest's runner of the project `cases`: a case file is a suite, each of its tests (one per row) a test.
//
// It stands where jest-circus stands for other projects, so there is nothing to generate and a case may be YAML or JSON
// (jest would parse a .json suite instead of running it). The engine runs compiled and by Node's own `require` in jest's
// worker process: ffi does not live in jest's VM contexts. A failing test hands jest a stack whose one line is the place
// in the case, so jest shows the code frame of the YAML.

import { join, relative, resolve } from 'node:path';
import type { JestEnvironment } from '@jest/environment';
import { type AssertionResult, createEmptyTestResult, type TestResult } from '@jest/test-result';
import type { Config } from '@jest/types';
import { formatResultsErrors } from 'jest-message-util';
import type { CaseSet } from '..';
import type { Problem } from '../loader';
import type { PlannedTest } from '../plan';
import type { TestResult as CaseResult, Session } from '../runner';

/** The compiled engine; loaded when the first suite runs, because jest transpiles what its runner requires at once. */
function loadEngine() {
  const dist = join(__dirname, '../../dist/engine');
  return {
    ...(require(dist) as typeof import('..')),
    ...(require(join(dist, 'cli/environment')) as typeof import('../cli/environment')),
    ...(require(join(dist, 'reports')) as typeof import('../reports')),
    ...(require(join(dist, 'runner')) as typeof import('../runner')),
  };
}

type Engine = ReturnType<typeof loadEngine>;

/** Tells jest about a test while the suite goes on. */
type Tell = (name: string, args: unknown[]) => unknown;

/** Runs one case file. A document with mistakes, or a machine that cannot run tests, fails the suite as a whole. @throws either. */
export default async function runSuite(
  globalConfig: Config.GlobalConfig,
  config: Config.ProjectConfig,
  _environment: JestEnvironment,
  _runtime: unknown,
  testPath: string,
  tell?: Tell,
): Promise<TestResult> {
  const engine = loadEngine();
  const seed = globalConfig.seed >>> 0;
  // Relative names are those of the command line: ids and messages are the same there.
  const file = relative(process.cwd(), testPath);
  const cases = engine.openCases([file], { stacks: ['linux'] });
  if (cases.problems.length > 0) throw brokenSuite(engine.formatProblems(cases.problems), cases.problems[0]);

  const pattern = globalConfig.testNamePattern ? new RegExp(globalConfig.testNamePattern, 'i') : undefined;
  const chosen = cases.tests.filter((test) => pattern === undefined || pattern.test(test.name));
  const assertions = new Map<string, AssertionResult>();
  const session = openSession(engine, seed, cases.locate);
  try {
    for (const [index, test] of chosen.entries()) {
      tell?.('test-case-start', [testPath, { ...assertionOf(test), startedAt: Date.now() }]);
      const assertion = judgedAssertion(await session.run(test, chosen[index + 1]), engine);
      assertions.set(test.id, assertion);
      tell?.('test-case-result', [testPath, assertion]);
    }
  } catch (error) {
    const { message, fix } = error as Error & { fix?: string };
    throw brokenSuite(fix === undefined ? message : `${message}\nfix: ${fix}`);
  } finally {
    closeSessionSoon();
  }
  const results = cases.tests.map((test) => assertions.get(test.id) ?? assertionOf(test));
  return suiteResult(results, config, globalConfig, testPath);
}

/** The session of this process, which suite after suite uses: starting its agent takes longer than most suites. */
let current: { readonly session: Session; locate: CaseSet['locate']; closing?: NodeJS.Timeout } | undefined;

/** How long a session waits for the next suite, ms. Jest ends a worker half a second after its last suite. */
const idleTime = 100;

function openSession(engine: Engine, seed: number, locate: CaseSet['locate']): Session {
  if (current !== undefined) {
    clearTimeout(current.closing);
    current.locate = locate;
    return current.session;
  }
  const session = new engine.Session({
    environment: engine.linuxEnvironment,
    seed,
    locate: (where) => current?.locate(where) ?? { line: 1, column: 1 },
  });
  current = { session, locate };
  return session;
}

function closeSessionSoon(): void {
  const closing = current;
  if (closing === undefined) return;
  closing.closing = setTimeout(() => {
    current = undefined;
    void closing.session.close();
  }, idleTime);
}

/** A test that has not run: jest calls it pending. */
function assertionOf(test: PlannedTest | CaseResult['test']): AssertionResult {
  return {
    ancestorTitles: [],
    title: test.name,
    fullName: test.name,
    status: 'pending',
    duration: null,
    failureDetails: [],
    failureMessages: [],
    invocations: 0,
    numPassingAsserts: 0,
  };
}

function judgedAssertion(result: CaseResult, engine: Engine): AssertionResult {
  const assertion = { ...assertionOf(result.test), duration: Math.round(result.durationMs), invocations: 1 };
  switch (result.verdict) {
    case 'pass':
    case 'known-failure':
      return { ...assertion, status: 'passed' };
    case 'skip':
      return { ...assertion, status: 'pending' };
    default:
      return { ...assertion, status: 'failed', failureMessages: failureMessages(result, engine) };
  }
}

/** Each failure as jest expects it: a text, and below it stack lines, of which it shows the code frame. */
function failureMessages(result: CaseResult, engine: Engine): string[] {
  const rerun = `run again   ${engine.rerunCommand(result)}`;
  if (result.failures.length === 0) return [`${result.verdict}: ${result.reason ?? ''}\n${rerun}`];
  return result.failures.map((failure) => {
    const text = engine.formatFailure(failure, { withoutPlace: true });
    const place = `${resolve(failure.file)}:${failure.line}:${failure.column}`;
    return `${text}\n${rerun}\n    at ${failure.path || 'case'} (${place})`;
  });
}

function suiteResult(
  testResults: AssertionResult[],
  config: Config.ProjectConfig,
  globalConfig: Config.GlobalConfig,
  testPath: string,
): TestResult {
  const count = (status: AssertionResult['status']) => testResults.filter((result) => result.status === status).length;
  return {
    ...createEmptyTestResult(),
    testFilePath: testPath,
    testResults,
    numPassingTests: count('passed'),
    numFailingTests: count('failed'),
    numPendingTests: count('pending'),
    failureMessage: formatResultsErrors(testResults, config, globalConfig, testPath),
  };
}

/** A suite that cannot run at all. What is thrown is what jest shows: the text, then the stack with its code frame. */
function brokenSuite(text: string, first?: Problem): Error {
  const error = new Error(text);
  // Without the text, in which lines with a place look like a stack to jest.
  error.stack = first === undefined ? '' : `\n    at ${resolve(first.file)}:${first.line}:${first.column}`;
  return error;
}
