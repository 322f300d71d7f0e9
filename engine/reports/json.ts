import type { Failure, RunSummary, TestResult } from '../runner';
import type { Output } from './output';
import type { Reporter, ReporterDefinition } from './reporter';

/** For programs: one object with the counts and every test, written when the run ends. */
export const json: ReporterDefinition = {
  name: 'json',
  doc: 'for programs: one object with counts and every test',
  create: (output) => new JsonReporter(output),
};

class JsonReporter implements Reporter {
  private readonly results: TestResult[] = [];

  constructor(private readonly output: Output) {}

  start(): void {}

  testFinished(result: TestResult): void {
    this.results.push(result);
  }

  finish(summary: RunSummary): void {
    const tests = this.results.map(testToJson);
    this.output.write(`${JSON.stringify({ summary, tests }, null, 2)}\n`);
  }
}

function testToJson(result: TestResult): Record<string, unknown> {
  const { id, file, title, name, row, stack, requirements, tags, origin } = result.test;
  return {
    id,
    file,
    title,
    name,
    row,
    stack,
    verdict: result.verdict,
    ...(result.reason === undefined ? {} : { reason: result.reason }),
    duration_ms: Math.round(result.durationMs * 1000) / 1000,
    requirements,
    tags,
    origin,
    seed: result.seed,
    failure: result.failures[0] === undefined ? null : failureToJson(result.failures[0]),
    failures: result.failures.map(failureToJson),
  };
}

function failureToJson(failure: Failure): Record<string, unknown> {
  const { code, message, file, line, column, path, step, expected, got, differences, details, fix } = failure;
  return { code, message, file, line, column, path, step, expected, got, differences, details, fix };
}
