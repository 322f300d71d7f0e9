import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import type { PlannedTest } from '../plan';
import type { RunSummary, TestResult, Verdict } from '../runner';
import { formatFailure, rerunCommand } from './failure-text';
import type { Output } from './output';
import type { Reporter, ReporterDefinition, RunPlan } from './reporter';

type Colors = ReturnType<typeof pc.createColors>;

/** How each verdict is shown: always a word, so that nothing depends on colour. */
const verdictLabels: Record<
  Verdict,
  { readonly text: string; readonly color: (c: Colors) => (text: string) => string }
> = {
  pass: { text: 'pass', color: (c) => c.green },
  fail: { text: 'FAIL', color: (c) => c.red },
  error: { text: 'ERROR', color: (c) => c.magenta },
  skip: { text: 'skip', color: (c) => c.yellow },
  'known-failure': { text: 'known', color: (c) => c.yellow },
  'unexpected-pass': { text: 'FIXED', color: (c) => c.red },
};

/**
 * For people: a line per test as it ends, under it on a terminal one live line of progress; then every failure in full,
 * and the counts.
 */
export const pretty: ReporterDefinition = {
  name: 'pretty',
  doc: 'for people: a line per test, failures in full, counts',
  create: (output) => new PrettyReporter(output),
};

class PrettyReporter implements Reporter {
  private readonly colors: Colors;
  private readonly bad: TestResult[] = [];
  private readonly running = new Map<string, PlannedTest>();
  private total = 0;
  private finished = 0;
  private liveLineShown = false;

  constructor(private readonly output: Output) {
    this.colors = pc.createColors(output.color);
  }

  start(plan: RunPlan): void {
    this.total = plan.tests.length * plan.repeat;
  }

  testStarted(test: PlannedTest): void {
    this.running.set(test.id, test);
    this.drawLiveLine();
  }

  testFinished(result: TestResult): void {
    this.running.delete(result.test.id);
    this.finished++;
    if (isBad(result.verdict)) this.bad.push(result);
    this.clearLiveLine();
    this.output.write(this.testLine(result));
    this.drawLiveLine();
  }

  finish(summary: RunSummary): void {
    this.clearLiveLine();
    for (const result of this.bad) this.output.write(`\n${formatBadResult(result, this.colors)}`);
    this.output.write(`\n${formatSummary(summary)}`);
  }

  private testLine(result: TestResult): string {
    const c = this.colors;
    const label = verdictLabels[result.verdict];
    const note = result.verdict === 'pass' ? undefined : (result.reason ?? result.failures[0]?.message);
    const lines = [
      `${label.color(c)(label.text.padEnd(5))}  ${result.test.name} ${c.dim(`(${formatDuration(result.durationMs)})`)}`,
    ];
    if (note !== undefined) lines.push(`       ${c.dim(note)}`);
    return `${lines.join('\n')}\n`;
  }

  private drawLiveLine(): void {
    if (!this.output.isTerminal || this.finished === this.total) return;
    this.clearLiveLine();
    const [test] = this.running.values();
    const text = `${this.finished}/${this.total}  ${test?.name ?? ''}`;
    this.output.write(this.colors.dim(text.slice(0, this.output.columns - 1)));
    this.liveLineShown = true;
  }

  private clearLiveLine(): void {
    if (this.liveLineShown) this.output.write('\r\x1b[2K');
    this.liveLineShown = false;
  }
}

function isBad(verdict: Verdict): boolean {
  return verdict === 'fail' || verdict === 'error' || verdict === 'unexpected-pass';
}

function formatBadResult(result: TestResult, c: Colors): string {
  const label = verdictLabels[result.verdict];
  const options = { color: c.isColorSupported, readSource: readText };
  const blocks = result.failures.map((failure) => formatFailure(failure, options));
  if (result.verdict === 'unexpected-pass')
    blocks.push(`passed, but is listed as failing: ${result.reason ?? 'no reason given'}`);
  const { requirements } = result.test;
  if (requirements.length > 0) blocks.push(`${c.dim('requirement')} ${requirements.join(' ')}`);
  const body = [...blocks, `${c.dim('run again'.padEnd(11))} ${rerunCommand(result)}`].join('\n');
  return `${label.color(c)(label.text)}  ${c.bold(result.test.name)}\n${body.replace(/^(?=.)/gm, '  ')}\n`;
}

/** Counts in words, and last the plain line that programs read; it holds every test that did not end as expected. */
function formatSummary(summary: RunSummary): string {
  const parts = [
    [summary.error, 'error', 'errors'],
    [summary.known_failure, 'known failure', 'known failures'],
    [summary.unexpected_pass, 'unexpected pass', 'unexpected passes'],
    [summary.not_run, 'not run', 'not run'],
  ] as const;
  const special = parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  const failed = summary.fail + summary.error + summary.unexpected_pass;
  const skipped = summary.skip > 0 ? `, ${summary.skip} skipped` : '';
  return [
    `${summary.tests} ${summary.tests === 1 ? 'test' : 'tests'} in ${formatDuration(summary.duration_ms)}, seed ${summary.seed}`,
    ...(special.length > 0 ? [special.join(', ')] : []),
    `${summary.pass} passed, ${failed} failed${skipped}`,
    '',
  ].join('\n');
}

/** `12 ms`, `3.4 s`. */
function formatDuration(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
