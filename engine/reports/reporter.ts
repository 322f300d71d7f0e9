import type { PlannedTest } from '../plan';
import type { RunSummary, TestResult } from '../runner';
import type { Output } from './output';

/** Listens to one run. */
export interface Reporter {
  start(plan: { readonly tests: readonly PlannedTest[] }): void;
  testStarted?(test: PlannedTest): void;
  testFinished(result: TestResult): void;
  /** Called once, also after an interrupt. */
  finish(summary: RunSummary): void;
}

/** A kind of report, as `--reporter` names it. */
export interface ReporterDefinition {
  readonly name: string;
  /** What it is for, in a few words. */
  readonly doc: string;
  /** A reporter of one run; it writes to `output` and does not close it. */
  create(output: Output): Reporter;
}
