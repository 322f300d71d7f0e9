// The module of a worker process (`--jobs`): plans the file that a test comes from, and runs it.

import { type CaseSet, openCases } from '..';
import { serveWorker, type WorkerSetup } from '../runner';
import { linuxEnvironment } from './environment';

/** What a worker needs beside the runner's own settings. */
export interface WorkerPlanning {
  readonly stacks: readonly string[];
  readonly noExec: boolean;
}

const opened = new Map<string, CaseSet>();

function casesOf(file: string, setup: WorkerSetup): CaseSet {
  let cases = opened.get(file);
  if (cases === undefined) {
    const { stacks } = setup.planning as WorkerPlanning;
    cases = openCases([file], { stacks });
    opened.set(file, cases);
  }
  return cases;
}

serveWorker({
  session: (setup) => ({
    environment: linuxEnvironment,
    seed: setup.seed,
    timeScale: setup.timeScale,
    tolerance: setup.tolerance,
    noExec: (setup.planning as WorkerPlanning).noExec,
    locate: (where) => casesOf(where.file, setup).locate(where),
  }),
  find(file, id, setup) {
    const test = casesOf(file, setup).tests.find((candidate) => candidate.id === id);
    if (test === undefined) throw new Error(`${file} has changed during the run: it has no test ${id} any more`);
    return test;
  },
});
