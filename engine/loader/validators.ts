import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type Ajv from 'ajv';
import type { ErrorObject } from 'ajv';
import type { JsonSchema } from '../steps';

/** Where the build puts what {@link Validators.compileAhead} makes: beside this module, in dist/. */
export const compiledValidatorsFile = join(__dirname, 'validators.compiled.js');

/** What is wrong with a value by its schema; empty when nothing is. `parentSchema` of each error is set. */
export type Validate = (value: unknown) => readonly ErrorObject[];

/** The keyword with which a schema leaves a value to {@link ./check-case.ts}: it always reports, as a note. */
export const checkedBy = 'checkedBy';

/**
 * Validators of schemas that refer to the same shared ones (by `$ref: NAME`). Compiling one costs ajv 5 to 20 ms and loading ajv 70 ms, so
 * those of the engine's own verbs and calls are compiled ahead, when dist/ is built, and found by the hash of their
 * schema; one that is not there (a new verb, a test's own) is compiled on first use.
 */
export class Validators {
  private readonly bySchema = new WeakMap<JsonSchema, Validate>();
  private readonly sharedHash: string;
  private ajv: Ajv | undefined;

  constructor(private readonly shared: Readonly<Record<string, JsonSchema>>) {
    this.sharedHash = hash(JSON.stringify(shared));
  }

  validate(schema: JsonSchema, value: unknown): readonly ErrorObject[] {
    let validate = this.bySchema.get(schema);
    if (validate === undefined) {
      const compiled = compiledAhead()[this.keyOf(schema)] ?? this.compile(schema);
      validate = (given) => (compiled(given) ? [] : (compiled.errors ?? []));
      this.bySchema.set(schema, validate);
    }
    return validate(value);
  }

  /** Source of {@link compiledValidatorsFile}: a CommonJS module with a validator for each schema. */
  compileAhead(schemas: readonly JsonSchema[]): string {
    const ajv = newAjv(this.shared, true);
    const names: Record<string, string> = {};
    for (const schema of schemas) {
      const key = this.keyOf(schema);
      if (names[key] === undefined) ajv.addSchema(schema, key);
      names[key] = key;
    }
    const standalone = require('ajv/dist/standalone') as typeof import('ajv/dist/standalone');
    return standalone.default(ajv, names);
  }

  private keyOf(schema: JsonSchema): string {
    return `v${hash(this.sharedHash + JSON.stringify(schema))}`;
  }

  private compile(schema: JsonSchema): CompiledValidator {
    this.ajv ??= newAjv(this.shared, false);
    return this.ajv.compile(schema) as CompiledValidator;
  }
}

type CompiledValidator = ((value: unknown) => boolean) & { errors?: readonly ErrorObject[] | null };

let ahead: Readonly<Record<string, CompiledValidator>> | undefined;

function compiledAhead(): Readonly<Record<string, CompiledValidator>> {
  ahead ??= existsSync(compiledValidatorsFile) ? (require(compiledValidatorsFile) as typeof ahead) : {};
  return ahead ?? {};
}

function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

function newAjv(shared: Readonly<Record<string, JsonSchema>>, forSource: boolean): Ajv {
  // Loaded only here: most runs find all their validators compiled ahead.
  const { default: AjvClass, _ } = require('ajv') as typeof import('ajv');
  const ajv = new AjvClass({
    allErrors: true,
    verbose: true,
    messages: false,
    strict: false,
    meta: false,
    validateSchema: false,
    loopEnum: 4,
    inlineRefs: false,
    code: forSource ? { source: true, optimize: 2 } : { optimize: false },
  });
  ajv.addKeyword({
    keyword: checkedBy,
    schemaType: 'string',
    error: { message: 'is checked by the loader', params: ({ schema }) => _`{ checker: ${schema} }` },
    code: (context) => context.error(),
  });
  // Each is a schema of its own, so that it is compiled once for all that refer to it.
  for (const [name, schema] of Object.entries(shared)) ajv.addSchema(schema, name);
  return ajv;
}
