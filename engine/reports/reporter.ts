import type { PlannedTest } from '../plan';
import type { RunSummary, TestResult } from '../runner';
import type { Output } from './output';

/** What is about to run. */
export interface RunPlan {
  readonly tests: readonly PlannedTest[];
  /** How often each of them runs. */
  readonly repeat: number;
}

/** Listens to one run. */
export interface Reporter {
  start(plan: RunPlan): void;
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
