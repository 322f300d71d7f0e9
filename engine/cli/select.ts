import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { linuxStack } from '../../dut';
import { type CaseSet, openCases } from '..';
import { formatProblems, wantsColor } from '../reports';
import { UsageError } from './exit';

/** The options that choose tests. */
export interface Selection {
  readonly stack: readonly string[];
  readonly filter?: RegExp;
  readonly tag?: readonly string[];
  readonly seed?: number;
}

/** The cases of the command line, and the seed of this run. */
export interface Selected extends CaseSet {
  readonly seed: number;
}

/** Stacks that `--stack` can start. */
const startableStacks: readonly string[] = [linuxStack.name];

/** Folder that is meant when the command line names none. */
const defaultFolder = 'cases';

/**
 * Loads and checks what the command line asks for; mistakes in documents are in `problems`.
 *
 * @throws UsageError when a path is missing, or when all is well but no test is left
 */
export function selectCases(paths: readonly string[], selection: Selection): Selected {
  if (paths.length === 0 && !existsSync(defaultFolder)) {
    throw new UsageError(`name a case file or a folder; there is no folder "${defaultFolder}" here`);
  }
  const unknown = selection.stack.find((name) => !startableStacks.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no stack "${unknown}"; there are: ${startableStacks.join(', ')}`);
  }
  const asked = paths.length === 0 ? [defaultFolder] : paths;
  for (const path of asked) {
    if (!existsSync(path)) throw new UsageError(`no such file or folder: ${path}`);
  }
  const { stack: stacks, filter, tag: tags = [], seed = randomInt(2 ** 32) } = selection;
  const cases = openCases(asked, { stacks, filter, tags });
  if (cases.files.length === 0) {
    throw new UsageError(`no case in ${asked.join(', ')}; cases are files named *.case.yaml or *.case.json`);
  }
  if (cases.problems.length === 0 && cases.tests.length === 0) {
    const by = [filter && `--filter ${filter.source}`, tags.length > 0 && `--tag ${tags.join(' --tag ')}`].filter(
      Boolean,
    );
    throw new UsageError(`no test is left${by.length > 0 ? ` by ${by.join(' and ')}` : ''} in ${asked.join(', ')}`);
  }
  return { ...cases, seed };
}

/** Shows mistakes in documents on standard error. */
export function printProblems({ problems }: CaseSet): void {
  const files = new Set(problems.map((problem) => problem.file)).size;
  const count = `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'} in ${files} ${files === 1 ? 'file' : 'files'}`;
  process.stderr.write(
    `${formatProblems(problems, { color: wantsColor(process.stderr) })}\n${count}; nothing was run\n`,
  );
}
