import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblems } from '../reports/problem-text';
import { loadDocument } from './document';

// Each bad document has its exact output beside it. After an intended change: UPDATE_GOLDEN=1 npx jest engine/loader
const folder = join(__dirname, '__fixtures__', 'bad');

describe('a bad document', () => {
  for (const file of readdirSync(folder).filter((name) => /\.(yaml|json)$/.test(name))) {
    test(file, () => {
      const { problems } = loadDocument(file, readFileSync(join(folder, file)));
      const text = formatProblems(problems);
      const golden = join(folder, `${file.replace(/\.case\.(yaml|json)$/, '')}.txt`);
      if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(golden, text);
      expect(existsSync(golden) ? readFileSync(golden, 'utf8') : '').toBe(text);
    });
  }
});
