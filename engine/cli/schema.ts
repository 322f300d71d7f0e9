import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaFiles } from '..';
import { ExitCode } from './exit';

export interface SchemaOptions {
  readonly write?: boolean;
}

/** `packetcase schema`: the schema of cases on standard output, or all schemas to the folder schemas/. */
export function schema(options: SchemaOptions): number {
  const files = schemaFiles();
  if (options.write !== true) {
    process.stdout.write(files['case.schema.json'] ?? '');
    return ExitCode.asExpected;
  }
  const folder = 'schemas';
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    process.stdout.write(`wrote ${join(folder, name)}\n`);
  }
  return ExitCode.asExpected;
}
