import { problemsToJson } from '../reports';
import { ExitCode } from './exit';
import { planToJson } from './plan-json';
import { printProblems, type Selection, selectCases } from './select';

export interface CheckOptions extends Selection {
  readonly print?: 'plan' | 'problems';
}

/** `packetcase check`: exit code 2 when a document has a mistake. */
export function check(paths: readonly string[], options: CheckOptions): number {
  const cases = selectCases(paths, options);
  if (options.print === 'problems') {
    process.stdout.write(`${JSON.stringify(problemsToJson(cases.problems), null, 2)}\n`);
  } else if (cases.problems.length > 0) {
    printProblems(cases);
  } else if (options.print === 'plan') {
    process.stdout.write(`${planToJson(cases.tests)}\n`);
  } else {
    const { files, tests, hints } = cases;
    for (const { file, line, column, message, fix } of hints) {
      process.stdout.write(`hint: ${file}:${line}:${column} ${message}${fix === undefined ? '' : `; ${fix}`}\n`);
    }
    process.stdout.write(
      `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${tests.length} ${tests.length === 1 ? 'test' : 'tests'}: no mistakes\n`,
    );
  }
  return cases.problems.length > 0 ? ExitCode.badInput : ExitCode.asExpected;
}
