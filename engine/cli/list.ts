import { ExitCode } from './exit';
import { printProblems, type Selection, selectCases } from './select';

export interface ListOptions extends Selection {
  readonly json?: boolean;
}

/** `packetcase list`: one line a test, under the name of its file. */
export function list(paths: readonly string[], options: ListOptions): number {
  const cases = selectCases(paths, options);
  if (cases.problems.length > 0) {
    printProblems(cases);
    return ExitCode.badInput;
  }
  if (options.json) {
    const facts = cases.tests.map(({ id, file, title, name, row, stack, requirements, tags, origin, expectation }) => {
      return { id, file, title, name, row, stack, requirements, tags, origin, expectation };
    });
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    return ExitCode.asExpected;
  }
  let lines = '';
  let file: string | undefined;
  for (const test of cases.tests) {
    if (test.file !== file) lines += `${test.file}\n`;
    file = test.file;
    const note = test.expectation.kind === 'pass' ? '' : ` (${test.expectation.kind}: ${test.expectation.reason})`;
    lines += `  ${test.name}${note}\n`;
  }
  process.stdout.write(lines);
  return ExitCode.asExpected;
}
