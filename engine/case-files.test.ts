import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCaseFiles } from './case-files';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetcase-files-'));
  mkdirSync(join(folder, 'tcp', '.hidden'), { recursive: true });
  mkdirSync(join(folder, 'tcp', 'node_modules'));
  const names = ['b.case.yaml', 'a.case.json', 'defaults.yaml', 'tcp/c.case.yaml', 'tcp/notes.yaml'];
  for (const name of [...names, 'tcp/.hidden/d.case.yaml', 'tcp/node_modules/e.case.yaml']) {
    writeFileSync(join(folder, name), '');
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

test('a folder stands for the cases in it and below, sorted, without hidden folders and node_modules', () => {
  expect(findCaseFiles([folder])).toEqual(
    ['a.case.json', 'b.case.yaml', 'tcp/c.case.yaml'].map((name) => join(folder, name)),
  );
});

test('a file stands for itself, whatever its name, and counts once', () => {
  const notes = join(folder, 'tcp', 'notes.yaml');
  const c = join(folder, 'tcp', 'c.case.yaml');
  expect(findCaseFiles([notes, c, join(folder, 'tcp')])).toEqual([notes, c]);
});

test('a path that does not exist is an error', () => {
  expect(() => findCaseFiles([join(folder, 'nothing')])).toThrow('ENOENT');
});
