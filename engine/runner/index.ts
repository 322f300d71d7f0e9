/**
 * Runs planned tests. `Session` owns the agent and the labs of one process, `runTest` a test's names, clock and
 * branches, `Pump` all waiting, `TestLink` the frames. `runTests` spreads tests over processes.
 *
 * wire.ts and run-test.ts are the only files here that touch bindings/; session.ts and agent-call.ts those that touch
 * dut/'s client. Labs come from the entry point as plain data.
 */

export type { Failure, RunSummary, TestResult, Verdict } from './result';
export { Interrupted } from './run-test';
export { EnvironmentError, type RunOptions, runTests } from './run-tests';
export { type Environment, type OpenLab, Session, type SessionOptions } from './session';
export { warmUp } from './warm-up';
export { serveWorker, type WorkerSetup } from './worker';
