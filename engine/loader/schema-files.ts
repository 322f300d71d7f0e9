import { buildCaseSchema, buildDefaultsSchema } from './case-schema';
import { buildValidators } from './check-case';
import type { Vocabulary } from './vocabulary';

/** The files of schemas/ by name, as the command of their first line writes them. */
export function buildSchemaFiles(vocabulary: Vocabulary): Record<string, string> {
  return {
    'case.schema.json': `${JSON.stringify(buildCaseSchema(vocabulary), null, 1)}\n`,
    'defaults.schema.json': `${JSON.stringify(buildDefaultsSchema(vocabulary), null, 1)}\n`,
    'validators.js': buildValidators(vocabulary),
  };
}
