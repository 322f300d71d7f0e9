/**
 * packetcase as a library: what the command line and the jest suites are thin callers of.
 *
 * `openCases` finds, reads and checks case files; problems are data with file, line and column. `runTests` runs what was
 * planned, in labs that the caller's `Environment` makes, and hands out results one by one.
 */

export type { Problem } from './loader';
export { type CaseSet, type OpenOptions, openCases } from './open-cases';
export type { PlannedTest } from './plan';
export {
  type Environment,
  EnvironmentError,
  type Failure,
  type RunOptions,
  type RunSummary,
  runTests,
  Session,
  type TestResult,
  type Verdict,
} from './runner';
export { caseVocabulary, schemaFiles } from './vocabulary';
