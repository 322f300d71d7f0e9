import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadDocument } from '../loader';
import { formatProblems } from '../reports/problem-text';
import { stepDefinitions } from '../steps';
import { caseLanguage, makePlan } from '.';

// Each bad case has its exact output beside it. After an intended change: UPDATE_GOLDEN=1 npx jest engine/plan
const folder = join(__dirname, '__fixtures__', 'bad');
const language = caseLanguage({ AF_INET: 2, ECONNREFUSED: 'ECONNREFUSED' });

describe('a bad case', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.case.yaml'))) {
    test(file, () => {
      const { document, problems } = loadDocument(file, readFileSync(join(folder, file)));
      expect(problems).toEqual([]);
      if (document === undefined) throw new Error('not loaded');
      const plan = makePlan([document], { stacks: ['linux'], definitions: stepDefinitions, language });
      const text = formatProblems(plan.problems);
      const golden = join(folder, file.replace('.case.yaml', '.txt'));
      if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(golden, text);
      expect(plan.tests).toEqual([]);
      expect(plan.problems).not.toEqual([]);
      expect(existsSync(golden) ? readFileSync(golden, 'utf8') : '').toBe(text);
    });
  }
});
