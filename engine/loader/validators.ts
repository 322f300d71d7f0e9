import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Ajv from 'ajv';
import type { ErrorObject } from 'ajv';
import type { JsonSchema } from '../steps';

/** What is wrong with a value by its schema; empty when nothing is. */
export type Validate = (value: unknown) => readonly ErrorObject[];

/**
 * A validator for a schema. Compiling one costs ajv 5 to 20 ms, and loading ajv 70 ms, so those of the engine's own verbs
 * and calls are compiled ahead into schemas/validators.js and found there by the hash of their schema; a schema that is
 * not there (a new verb, a test's own) is compiled on first use.
 */
export function validatorFor(schema: JsonSchema): Validate {
  let validate = bySchema.get(schema);
  if (validate === undefined) {
    const compiled = ahead()[validatorKey(schema)] ?? compile(schema);
    validate = (value) => (compiled(value) ? [] : (compiled.errors ?? []));
    bySchema.set(schema, validate);
  }
  return validate;
}

/** The name of a schema's validator in schemas/validators.js. */
export function validatorKey(schema: JsonSchema): string {
  return `v${createHash('sha1').update(JSON.stringify(schema)).digest('hex')}`;
}

/** Source of schemas/validators.js: a CommonJS module with a validator for each schema. */
export function compileAhead(schemas: readonly JsonSchema[], command: string): string {
  const ajv = newAjv(true);
  const names: Record<string, string> = {};
  for (const schema of schemas) {
    const key = validatorKey(schema);
    if (ajv.getSchema(key) === undefined) ajv.addSchema(schema, key);
    names[key] = key;
  }
  const standalone = require('ajv/dist/standalone') as typeof import('ajv/dist/standalone');
  const code = standalone.default(ajv, names);
  return `// Written by "${command}" from the engine's descriptors. Do not edit.\n${code}\n`;
}

/** The keyword with which a schema leaves a value to {@link ./check-case.ts}: it always reports, as a note. */
export const checkedBy = 'checkedBy';

type CompiledValidator = ((value: unknown) => boolean) & { errors?: readonly ErrorObject[] | null };

const bySchema = new WeakMap<JsonSchema, Validate>();

let aheadModule: Readonly<Record<string, CompiledValidator>> | undefined;

function ahead(): Readonly<Record<string, CompiledValidator>> {
  if (aheadModule === undefined) {
    const file = join(packageFolder(), 'schemas', 'validators.js');
    aheadModule = existsSync(file) ? (require(file) as Record<string, CompiledValidator>) : {};
  }
  return aheadModule;
}

/** The folder of package.json: two levels above the sources, three above their compiled form. */
function packageFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

let lazyAjv: Ajv | undefined;

function compile(schema: JsonSchema): CompiledValidator {
  lazyAjv ??= newAjv(false);
  return lazyAjv.compile(schema) as CompiledValidator;
}

function newAjv(forSource: boolean): Ajv {
  // Loaded only here: most runs find all their validators compiled ahead.
  const { default: AjvClass, _ } = require('ajv') as typeof import('ajv');
  const ajv = new AjvClass({
    allErrors: true,
    strict: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    code: forSource ? { source: true, optimize: 2 } : { optimize: false },
  });
  ajv.addKeyword({
    keyword: checkedBy,
    schemaType: 'string',
    error: { message: 'is checked by the loader', params: ({ schema }) => _`{ checker: ${schema} }` },
    code: (context) => context.error(),
  });
  return ajv;
}
