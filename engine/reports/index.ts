// What a person or a program gets to read.
//
// A reporter is one file that listens to a run and writes to one Output; reporterDefinitions lists them, and the
// command line takes their names from there. Failures and problems come in as facts (engine/runner, engine/loader);
// only this folder words, aligns and colours them: formatFailure for what went wrong in a test, formatProblems for
// mistakes in a document.
//
// To add a report: one file with a ReporterDefinition, its test with the whole expected text, one line in the list.

import { json } from './json';
import { pretty } from './pretty';
import type { ReporterDefinition } from './reporter';

export { type FailureTextOptions, formatFailure, rerunCommand } from './failure-text';
export { fileOutput, type Output, streamOutput, wantsColor } from './output';
export { formatProblem, formatProblems, problemsToJson } from './problem-text';
export type { Reporter, ReporterDefinition } from './reporter';

/** Every kind of report; the first is the default. */
export const reporterDefinitions: readonly ReporterDefinition[] = [pretty, json];
