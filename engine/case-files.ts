import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const caseName = /\.case\.(yaml|json)$/;

/**
 * The case files that paths stand for: of a folder all `*.case.yaml` and `*.case.json` in it and below, sorted; a file as
 * it is, whatever its name. A file that several paths reach counts once.
 *
 * @throws Node's error for a path that does not exist
 */
export function findCaseFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => (statSync(path).isDirectory() ? casesBelow(path) : [join(path)]));
  return [...new Set(files)];
}

function casesBelow(folder: string): string[] {
  const files: string[] = [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) files.push(...casesBelow(path));
    } else if (caseName.test(entry.name)) files.push(path);
  }
  return files;
}
