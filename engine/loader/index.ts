// Text to documents: the only place where a case is YAML.
//
// loadDocument turns the bytes of a file into plain data and keeps, for each key and value, the place where it is
// written; everything later (schema, names, types, a failed expectation) points there. validateCase checks the shape of
// a case: it picks the verb of each step, then the call of a `dut` step, and only then a validator made for exactly
// that, so that a typo gives one problem at the right word instead of one for every branch of a union.
// buildCaseSchema writes the same facts as JSON Schema for editors. No verb, call or constant is known here: all
// come in as a Vocabulary. Problems are data (problem.ts); engine/reports/problem-text.ts words them.
//
// To refuse one more kind of bad input: report it in node-reader.ts (YAML allows it), syntax.ts (YAML does not) or
// check-case.ts (the language does not) and add a pair of files to __fixtures__/bad.

export { buildCaseSchema, buildDefaultsSchema, schemaCommand } from './case-schema';
export { buildValidators, validateCase, validateDefaults } from './check-case';
export { loadDocument, type SourceDocument } from './document';
export { arrangeProblems, formatPath, type Mistake, type Problem, problemAt } from './problem';
export { maxDocumentBytes } from './read-text';
export type { Span } from './span';
export { compiledValidatorsFile } from './validators';
export type {
  CallWord,
  ConstantWords,
  DocumentedName,
  FrameMode,
  LayerWord,
  OptionWord,
  OutputWord,
  ParameterWord,
  Vocabulary,
} from './vocabulary';
