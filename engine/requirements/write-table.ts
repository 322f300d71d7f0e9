// Writes requirement-table.json: run by "npm run generate".
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableText } from './table';

writeFileSync(
  join(__dirname, 'requirement-table.json'),
  tableText(readFileSync(join(__dirname, 'rfc-requirements.yaml'), 'utf8')),
);
