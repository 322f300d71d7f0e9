import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileOutput, type Output, type Reporter, reporterDefinitions, streamOutput, wantsColor } from '../reports';
import { EnvironmentError, type RunSummary, runTests } from '../runner';
import { durationNs } from '../steps';
import { linuxEnvironment } from './environment';
import { ExitCode, UsageError } from './exit';
import type { ReporterChoice } from './option-values';
import { printProblems, type Selection, selectCases } from './select';
import type { WorkerPlanning } from './worker';

export interface RunOptions extends Selection {
  readonly jobs?: number;
  readonly reporter?: readonly ReporterChoice[];
  readonly failFast?: boolean;
  readonly repeat: number;
  readonly timeScale: number;
  readonly tolerance?: string;
  /** False under `--no-exec`. */
  readonly exec?: boolean;
}

/** `packetcase run`: exit code 0, 1, 2 or 3; 130 after an interrupt. */
export async function run(paths: readonly string[], options: RunOptions): Promise<number> {
  const cases = selectCases(paths, options);
  if (cases.problems.length > 0) {
    printProblems(cases);
    return ExitCode.badInput;
  }
  const reports = openReports(options.reporter);
  const interrupt = interruptSignal();
  const noExec = options.exec === false;
  const timing = {
    timeScale: options.timeScale,
    tolerance: options.tolerance === undefined ? undefined : durationNs(options.tolerance, []),
  };
  for (const { reporter } of reports) reporter.start({ tests: cases.tests, repeat: options.repeat });
  try {
    const summary = await runTests(cases.tests, {
      ...timing,
      noExec,
      environment: linuxEnvironment,
      seed: cases.seed,
      locate: cases.locate,
      jobs: options.jobs ?? defaultJobs(),
      failFast: options.failFast,
      repeat: options.repeat,
      signal: interrupt.signal,
      worker: {
        module: join(__dirname, 'worker.js'),
        setup: { ...timing, seed: cases.seed, planning: { stacks: options.stack, noExec } satisfies WorkerPlanning },
      },
      onStart: (test) => {
        for (const { reporter } of reports) reporter.testStarted?.(test);
      },
      onResult: (result) => {
        for (const { reporter } of reports) reporter.testFinished(result);
      },
    });
    for (const { reporter } of reports) reporter.finish(summary);
    return interrupt.signal.aborted ? ExitCode.interrupted : exitCodeOf(summary);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const fix = error.fix === undefined ? '' : `\n  fix       ${error.fix}`;
    process.stderr.write(
      `error ${error.code}: ${error.message}${fix}\n(packetcase doctor tries everything that a run needs)\n`,
    );
    return ExitCode.environment;
  } finally {
    interrupt.stop();
    for (const { output } of reports) output.close();
  }
}

function exitCodeOf(summary: RunSummary): number {
  const isAsExpected = summary.fail + summary.error + summary.unexpected_pass === 0;
  return isAsExpected ? ExitCode.asExpected : ExitCode.notAsExpected;
}

/** Half of the cores: the other half belongs to the agents and the kernels under test, whose timing is judged. */
function defaultJobs(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}

interface Report {
  readonly reporter: Reporter;
  readonly output: Output;
}

/** Reporters with their outputs. @throws UsageError for an unknown name, a file that cannot be written, a shared output */
function openReports(asked: readonly ReporterChoice[] = []): Report[] {
  const choices = asked.length > 0 ? asked : [{ name: reporterDefinitions[0]?.name ?? '' }];
  if (choices.filter(({ file }) => file === undefined).length > 1) {
    throw new UsageError('two reporters would write to the terminal; give one of them a file: --reporter json=FILE');
  }
  // People see what happens also when only a file is asked for.
  const all = choices.every(({ file }) => file !== undefined) ? [{ name: 'pretty' }, ...choices] : choices;
  return all.map(({ name, file }: ReporterChoice) => {
    const definition = reporterDefinitions.find((candidate) => candidate.name === name);
    if (definition === undefined) {
      const known = reporterDefinitions.map((candidate) => candidate.name).join(', ');
      throw new UsageError(`there is no reporter "${name}"; there are: ${known}`);
    }
    const output = file === undefined ? streamOutput(process.stdout) : openFile(file);
    return { reporter: definition.create(output), output };
  });
}

function openFile(file: string): Output {
  try {
    return fileOutput(file);
  } catch (error) {
    throw new UsageError(`cannot write the report: ${(error as Error).message}`);
  }
}

/** Aborts at the first SIGINT or SIGTERM, so that the run ends in order and is reported; the second one ends at once. */
function interruptSignal(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    process.stderr.write(wantsColor(process.stderr) ? '\r\x1b[2Kinterrupted\n' : 'interrupted\n');
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
