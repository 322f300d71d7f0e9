import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { requirement, requirements } from '.';
import { tableText } from './table';

const yaml = readFileSync(join(__dirname, 'rfc-requirements.yaml'), 'utf8');

test('the generated table is fresh', () => {
  const written = readFileSync(join(__dirname, 'requirement-table.json'), 'utf8');
  expect(written).toBe(tableText(yaml));
});

test('no id is given twice and every entry says all that reports show', () => {
  const entries = parse(yaml) as { id: string }[];
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  for (const { id } of entries) {
    expect(requirement(id)).toEqual({
      rfc: expect.any(Number),
      section: expect.any(String),
      level: expect.stringMatching(/^(MUST|MUST NOT|SHOULD|SHOULD NOT|MAY)$/),
      text: expect.stringMatching(/\S.+/),
    });
  }
});

test('an id that does not exist has no requirement, also if it is a property of every object', () => {
  expect(requirement('RFC9293-MUST-0')).toBeUndefined();
  expect(requirement('constructor')).toBeUndefined();
  expect(Object.keys(requirements())).toHaveLength(727);
});
