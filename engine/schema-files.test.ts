import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { findCaseFiles } from './case-files';
import { loadDocument, validateCase, validateDefaults } from './loader';
import { formatProblems } from './reports';
import { caseVocabulary, schemaFiles } from './vocabulary';

const root = join(__dirname, '..');
const files = schemaFiles();
const isCase = new Ajv2020({ allErrors: true, strict: false }).compile(JSON.parse(files['case.schema.json'] ?? ''));

test.each(Object.keys(files))('schemas/%s is what the descriptors give; if not: npm run generate', (name) => {
  expect(readFileSync(join(root, 'schemas', name), 'utf8') === files[name]).toBe(true);
});

describe('the example of each verb is right for the check and for editors', () => {
  test.each(caseVocabulary().definitions.map(({ verb, example }) => [verb, example]))('%s', (_verb, example) => {
    const text = `title: x\nsteps:\n  - ${example.replaceAll('\n', '\n    ')}\n`;
    const { document, problems } = loadDocument('example.case.yaml', Buffer.from(text));
    const shape = document === undefined ? [] : validateCase(document, caseVocabulary());
    expect(formatProblems([...problems, ...shape])).toBe('');
    expect(isCase(document?.data) ? [] : isCase.errors).toEqual([]);
  });
});

test('all cases that are shipped are right for the check and for editors', () => {
  for (const file of findCaseFiles([join(root, 'cases')])) {
    const { document, problems } = loadDocument(file);
    const shape = document === undefined ? [] : validateCase(document, caseVocabulary());
    expect(formatProblems([...problems, ...shape])).toBe('');
    expect([file, isCase(document?.data)]).toEqual([file, true]);
  }
});

test('the defaults that are shipped are right', () => {
  const { document, problems } = loadDocument(join(root, 'cases', 'defaults.yaml'));
  const shape = document === undefined ? [] : validateDefaults(document, caseVocabulary());
  expect(formatProblems([...problems, ...shape])).toBe('');
});
