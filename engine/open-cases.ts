import { findCaseFiles } from './case-files';
import {
  arrangeProblems,
  loadDocument,
  type Problem,
  type SourceDocument,
  validateCase,
  validateDefaults,
} from './loader';
import { makePlan, type PlannedTest } from './plan';
import { type StepDefinition, stepDefinitions, type Where } from './steps';
import { caseExpressions, caseVocabulary } from './vocabulary';

export interface OpenOptions {
  /** Stacks under test: each test is planned for each. */
  readonly stacks: readonly string[];
  /** Only tests whose name matches. */
  readonly filter?: RegExp;
  /** Only tests that have all of these tags. */
  readonly tags?: readonly string[];
  /** Further verbs; the shipped ones unless said. */
  readonly definitions?: readonly StepDefinition[];
}

/** Cases that were found and checked. */
export interface CaseSet {
  /** Case files, in the order in which they were found. */
  readonly files: readonly string[];
  readonly tests: readonly PlannedTest[];
  /** Mistakes in the documents; with any of them nothing should be run. */
  readonly problems: readonly Problem[];
  /** What is probably not meant, but harmless. */
  readonly hints: readonly Problem[];
  /** Line and column of a place in a case, from 1. */
  locate(where: Where): { readonly line: number; readonly column: number };
}

/** Mistakes that a step before may have caused which was not understood. */
const NAME_MISTAKES: ReadonlySet<string> = new Set([
  'NAME_AMBIGUOUS',
  'NAME_NOT_MADE',
  'NOTHING_TO_USE',
  'UNKNOWN_NAME',
  'WRONG_KIND',
]);

/** Finds case files in `paths` (files or folders), reads and checks them all, and plans their tests. */
export function openCases(paths: readonly string[], options: OpenOptions): CaseSet {
  const files = findCaseFiles(paths);
  const documents = new Map<string, SourceDocument>();
  const unreadable: Problem[] = [];
  const misshapen: Problem[] = [];
  const vocabulary = caseVocabulary();
  for (const file of files) {
    const { document, problems } = loadDocument(file);
    unreadable.push(...problems);
    if (document === undefined) continue;
    documents.set(file, document);
    misshapen.push(...validateCase(document, vocabulary));
  }
  const { stacks, filter, tags = [], definitions = stepDefinitions } = options;
  const plan = makePlan([...documents.values()], {
    stacks,
    filter,
    definitions,
    language: caseExpressions(),
    checkDefaults: (document) => validateDefaults(document, vocabulary),
  });
  // A step that is not understood makes no names: what follows from that is no mistake of its own.
  const strange = new Set([...unreadable, ...misshapen].map(({ file }) => file));
  const unplanned = plan.problems.filter(({ file, code }) => !strange.has(file) || !NAME_MISTAKES.has(code));
  return {
    files,
    tests: plan.tests.filter((test) => tags.every((tag) => test.tags.includes(tag))),
    problems: arrangeProblems(unreadable, misshapen, unplanned),
    hints: plan.hints,
    locate({ file, path }) {
      const place = documents.get(file)?.locate(path);
      return { line: place?.line ?? 1, column: place?.column ?? 1 };
    },
  };
}
