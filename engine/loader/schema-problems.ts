import type { ErrorObject } from 'ajv';
import { nearestName, oneOf } from '../fields';
import type { JsonSchema } from '../steps';
import { formatPath, type Mistake } from './problem';
import { quoted } from './syntax';

/** A value that was validated, and what the error texts need to know about it. */
export interface Validated {
  readonly schema: JsonSchema;
  readonly value: unknown;
  /** Where the value stands in its document. */
  readonly path: readonly (string | number)[];
  /** What the value is, for texts: `the step "expect"`. */
  readonly what: string;
  /** A scalar as it is written; undefined for collections. */
  sourceOf(path: readonly (string | number)[]): string | undefined;
}

/** A place that the schema leaves to the loader's own check. */
export interface Deferred {
  readonly checker: string;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * ajv's errors as mistakes of an author: one for each place, none for values that are expressions, and for a union what
 * the branch says that was meant.
 */
export function schemaMistakes(
  errors: readonly ErrorObject[],
  validated: Validated,
): { mistakes: Mistake[]; deferred: Deferred[] } {
  const found = errors.map((error) => ({ error, ...follow(error.instancePath, validated) }));
  const deferred = found
    .filter(({ error }) => error.keyword === 'checkedBy')
    .map(({ error, path, value }) => ({ checker: String(error.params.checker), path, value }));
  const isExplained = (instancePath: string): boolean =>
    found.some(({ error }) => error.keyword === 'checkedBy' && error.instancePath === instancePath) ||
    found.some(({ error }) => error.instancePath.startsWith(`${instancePath}/`)) ||
    found.some(({ error }) => error.instancePath === instancePath && aboutKeys.has(error.keyword));
  const unions = new Set(found.filter(({ error }) => error.keyword === 'anyOf').map(({ error }) => error.instancePath));

  const mistakes = new Map<string, Mistake>();
  for (const { error, path, value } of found) {
    if (error.keyword === 'checkedBy' || error.keyword === 'if' || isExpression(value)) continue;
    if (error.keyword === 'anyOf' ? isExplained(error.instancePath) : isBranch(error, unions)) continue;
    const mistake = explain(error, path, value, validated);
    const key = formatPath(mistake.path);
    if (!mistakes.has(key)) mistakes.set(key, mistake);
  }
  return { mistakes: [...mistakes.values()], deferred };
}

/** Errors that show that a union's branch was meant, although it is not fulfilled: its type fits. */
const aboutKeys: ReadonlySet<string> = new Set(['additionalProperties', 'required', 'propertyNames', 'minProperties']);

/** A failed alternative at the place of a union: the union's own error speaks for it. */
function isBranch(error: ErrorObject, unions: ReadonlySet<string>): boolean {
  return unions.has(error.instancePath) && !aboutKeys.has(error.keyword);
}

function explain(
  error: ErrorObject,
  path: readonly (string | number)[],
  value: unknown,
  validated: Validated,
): Mistake {
  const owner = schemaAt(error.schemaPath.replace(/\/[^/]+$/, ''), validated.schema);
  const expected = describeSchema(owner, validated.schema);
  const got = describeValue(value, validated.sourceOf(path));
  const name = nameOf(path, validated);
  switch (error.keyword) {
    case 'additionalProperties':
    case 'propertyNames':
      return strangeKey(error, owner, path, value, validated);
    case 'required': {
      const key = String(error.params.missingProperty);
      const property = (owner.properties as Record<string, JsonSchema> | undefined)?.[key];
      const wanted = property === undefined ? 'a value' : describeSchema(property, validated.schema);
      return {
        code: 'MISSING_KEY',
        message: `${name} needs the key ${key}`,
        path,
        at: 'key',
        expected: `${key}: ${wanted}`,
        got: 'no such key',
        fix: `add ${key}:`,
      };
    }
    case 'minimum':
    case 'exclusiveMinimum':
      return {
        code: 'VALUE_TOO_SMALL',
        message: `the value of ${name} is too small`,
        path,
        expected: `at least ${error.params.limit}`,
        got,
        fix: `write a value from ${error.params.limit} on`,
      };
    case 'maximum':
    case 'exclusiveMaximum':
      return {
        code: 'VALUE_TOO_LARGE',
        message: `the value of ${name} is too large`,
        path,
        expected: `at most ${error.params.limit}`,
        got,
        fix: `write a value up to ${error.params.limit}`,
      };
    case 'minItems':
    case 'maxItems':
    case 'minLength':
    case 'maxProperties':
    case 'minProperties':
    case 'uniqueItems':
      return {
        code: 'WRONG_LENGTH',
        message: `${name} ${error.message?.replace(/^must/, 'must')}`,
        path,
        expected,
        got,
      };
  }
  if (typeof value === 'number' && allowsDuration(owner)) {
    return {
      code: 'MISSING_UNIT',
      message: `the duration of ${name} has no unit`,
      path,
      expected,
      got,
      fix: `write ${got}ms, ${got}s or another unit of ns, us, ms, s, m`,
    };
  }
  const names = enumeration(owner, validated.schema);
  if (typeof value === 'string' && names.length > 0) {
    const nearest = nearestName(value, names);
    return {
      code: 'UNKNOWN_CONSTANT',
      message: `${name} does not know "${value}"`,
      path,
      expected: owner.title === undefined ? oneOf(names) : `${String(owner.title)}: ${oneOf(names)}`,
      got,
      fix: wordFix(value) ?? (nearest === undefined ? undefined : `write ${nearest}`),
    };
  }
  return {
    code: value === null ? 'NULL_VALUE' : 'WRONG_TYPE',
    message: `${name} does not take this value`,
    path,
    expected,
    got,
    fix: value === null ? 'leave the key out if it is not given' : typeFix(value, got, expected),
  };
}

/** A key that does not belong there, or is no name. */
function strangeKey(
  error: ErrorObject,
  owner: JsonSchema,
  path: readonly (string | number)[],
  value: unknown,
  validated: Validated,
): Mistake {
  const name = nameOf(path, validated);
  if (error.keyword === 'propertyNames') {
    const key = String(error.params.propertyName);
    return {
      code: 'BAD_NAME',
      message: `"${key}" cannot be used as a name`,
      path: [...path, key],
      at: 'key',
      expected: 'letters, digits and _, not beginning with a digit',
      got: key,
      fix: `write ${key.replace(/\W+/g, '_').replace(/^(\d)/, '_$1')}`,
    };
  }
  const key = String(error.params.additionalProperty);
  const known = Object.keys((owner.properties ?? {}) as object);
  const nearest =
    nearestName(
      key,
      known.filter((candidate) => !isIn(value, candidate)),
    ) ?? nearestName(key, known);
  return {
    code: 'UNKNOWN_KEY',
    message: `${name} has no key "${key}"`,
    path: [...path, key],
    at: 'key',
    expected: oneOf(known),
    got: key,
    fix: nearest === undefined ? `remove ${key}` : `write ${nearest}`,
  };
}

function isIn(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value;
}

/** What a value has to be, in words. */
export function describeSchema(schema: JsonSchema, root: JsonSchema): string {
  if (typeof schema.title === 'string') return schema.title;
  if (typeof schema.$ref === 'string') return describeSchema(schemaAt(schema.$ref, root), root);
  if (Array.isArray(schema.anyOf)) {
    const branches = (schema.anyOf as JsonSchema[]).filter((branch) => branch.$ref !== '#/$defs/expression');
    return [...new Set(branches.map((branch) => describeSchema(branch, root)))].join(' or ');
  }
  if (Array.isArray(schema.enum)) return oneOf(schema.enum.map(String));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]) as (string | undefined)[];
  const words = types.filter((type) => type !== 'null').map((type) => typeWord(type, schema));
  return words.join(' or ');
}

function typeWord(type: string | undefined, schema: JsonSchema): string {
  switch (type) {
    case 'integer':
    case 'number':
      return schema.minimum === undefined
        ? 'an integer'
        : `an integer from ${schema.minimum}${schema.maximum === undefined ? '' : ` to ${schema.maximum}`}`;
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'a mapping';
  }
  return 'a value';
}

/** A value as the `got` line shows it. */
export function describeValue(value: unknown, source: string | undefined): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null)
    return source === undefined || source === '' ? 'nothing' : `${source}, which YAML reads as nothing`;
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  return source ?? String(value);
}

/** What may be meant by a value of the wrong type. */
export function typeFix(value: unknown, source: string, expected: string): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    if (/\btext\b|\bname\b|hex|address/.test(expected)) return `quote it: ${quoted(source)}`;
  }
  if (typeof value === 'string') {
    if (/^-?\d+$/.test(value) && /integer/.test(expected)) return `remove the quotes: ${value}`;
    return wordFix(value);
  }
  return undefined;
}

/** Texts that look like a structure: rule 1 of the language is that structure is never a string to be parsed. */
export function wordFix(value: string): string | undefined {
  const pair = /^([A-Za-z_]\w*):(\S+)$/.exec(value);
  if (pair !== null) return `put a space after the colon: ${pair[1]}: ${pair[2]}`;
  if (/^\w+(\s*\|\s*\w+)+$/.test(value)) return `write a list: [${value.split(/\s*\|\s*/).join(', ')}]`;
  return undefined;
}

function allowsDuration(schema: JsonSchema): boolean {
  if (String(schema.pattern ?? '').includes('(ns|us|ms|s|m)')) return true;
  return (
    Array.isArray(schema.anyOf) && (schema.anyOf as JsonSchema[]).some((branch) => branch.$ref === '#/$defs/duration')
  );
}

/** All names that a schema or the branches of a union enumerate. */
function enumeration(schema: JsonSchema, root: JsonSchema): string[] {
  if (Array.isArray(schema.enum)) return schema.enum.filter((name) => typeof name === 'string');
  if (typeof schema.$ref === 'string') return enumeration(schemaAt(schema.$ref, root), root);
  return Array.isArray(schema.anyOf)
    ? (schema.anyOf as JsonSchema[]).flatMap((branch) => enumeration(branch, root))
    : [];
}

function schemaAt(pointer: string, root: JsonSchema): JsonSchema {
  let schema: unknown = root;
  for (const part of pointer
    .replace(/^#\/?/, '')
    .split('/')
    .filter((word) => word !== '')) {
    schema = (schema as Record<string, unknown> | undefined)?.[unescapePointer(part)];
  }
  return (schema ?? {}) as JsonSchema;
}

/** The value at an instance path of ajv, and its path in the document. */
function follow(instancePath: string, validated: Validated): { path: (string | number)[]; value: unknown } {
  const path = [...validated.path];
  let value = validated.value;
  for (const part of instancePath.split('/').slice(1)) {
    const key = unescapePointer(part);
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown> | undefined)?.[key];
  }
  return { path, value };
}

function unescapePointer(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}

function nameOf(path: readonly (string | number)[], validated: Validated): string {
  if (path.length === validated.path.length) return validated.what;
  const last = path[path.length - 1];
  return typeof last === 'number' ? `item ${last} of ${String(path[path.length - 2])}` : String(last);
}

function isExpression(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('=');
}
