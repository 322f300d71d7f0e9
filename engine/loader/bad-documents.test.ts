import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblems } from '../reports/problem-text';
import { vocabulary } from './__fixtures__/vocabulary';
import { validateCase } from './check-case';
import { loadDocument } from './document';
import { arrangeProblems } from './problem';

// Each bad document has its exact output beside it. After an intended change: UPDATE_GOLDEN=1 npx jest engine/loader
const folder = join(__dirname, '__fixtures__', 'bad');

describe('a bad document', () => {
  for (const file of readdirSync(folder).filter((name) => /\.(yaml|json)$/.test(name))) {
    test(file, () => {
      const { document, problems } = loadDocument(file, readFileSync(join(folder, file)));
      const shape = document === undefined ? [] : validateCase(document, vocabulary);
      const text = formatProblems(arrangeProblems(problems, shape));
      const golden = join(folder, `${file.replace(/\.case\.(yaml|json)$/, '')}.txt`);
      if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(golden, text);
      expect(problems.length + shape.length).toBeGreaterThan(0);
      expect(existsSync(golden) ? readFileSync(golden, 'utf8') : '').toBe(text);
    });
  }
});
