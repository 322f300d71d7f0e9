import type { ErrorObject } from 'ajv';
import { oneOf } from '../fields';
import type { JsonSchema } from '../steps';
import { fieldTitle } from './frame-check';
import { nearestName } from './nearest';
import { formatPath, type Mistake } from './problem';
import { quoted } from './syntax';

/** A value that was validated, and what the error texts need to know about it. */
export interface Validated {
  readonly value: unknown;
  /** Where the value stands in its document. */
  readonly path: readonly (string | number)[];
  /** What the value is, for texts: `the step "expect"`. */
  readonly what: string;
  /** What `$ref`s of the schema lead to, by name. */
  readonly shared: Readonly<Record<string, JsonSchema>>;
  /** A scalar as it is written; undefined for collections. */
  sourceOf(path: readonly (string | number)[]): string | undefined;
}

type Shared = Readonly<Record<string, JsonSchema>>;

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
    .map(({ error, path, value }) => ({ checker: String(error.params.checker), path, value }))
    // Of a union of flags and layers a text is flags and anything else is layers.
    .filter(({ checker, path, value }, _, all) => {
      const isUnion = all.some((other) => other.checker !== checker && formatPath(other.path) === formatPath(path));
      return !isUnion || checker.endsWith('/tcpFlags') === (typeof value === 'string');
    });
  const isExplained = (instancePath: string): boolean =>
    found.some(({ error }) => error.keyword === 'checkedBy' && error.instancePath === instancePath) ||
    found.some(({ error }) => error.instancePath.startsWith(`${instancePath}/`)) ||
    found.some(({ error }) => error.instancePath === instancePath && aboutKeys.has(error.keyword));
  const unions = new Set(found.filter(({ error }) => error.keyword === 'anyOf').map(({ error }) => error.instancePath));

  const mistakes = new Map<string, Mistake>();
  for (const { error, path, value } of found) {
    // What fails inside propertyNames is a key, and propertyNames itself reports it.
    if (error.keyword === 'checkedBy' || error.data !== value || isExpression(value)) continue;
    if (error.keyword === 'anyOf' ? isExplained(error.instancePath) : isBranch(error, unions)) continue;
    const mistake = explain(error, path, value, validated);
    const key = `${mistake.code === 'MISSING_KEY' ? mistake.fix : ''} ${formatPath(mistake.path)}`;
    if (!mistakes.has(key)) mistakes.set(key, mistake);
  }
  return { mistakes: [...mistakes.values()].filter((mistake) => !isMisspelt(mistake, mistakes)), deferred };
}

/** A key that is missing because it stands there with a typo, which is reported as such. */
function isMisspelt(mistake: Mistake, all: ReadonlyMap<string, Mistake>): boolean {
  if (mistake.code !== 'MISSING_KEY') return false;
  const wanted = mistake.fix?.replace(/^add (.*):$/, 'write $1');
  const place = formatPath(mistake.path);
  return [...all.values()].some(
    (other) => other.code === 'UNKNOWN_KEY' && other.fix === wanted && formatPath(other.path.slice(0, -1)) === place,
  );
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
  const owner = (error.parentSchema ?? {}) as JsonSchema;
  const expected = describeSchema(owner, validated.shared);
  const got = describeValue(value, validated.sourceOf(path));
  const name = nameOf(path, validated);
  switch (error.keyword) {
    case 'additionalProperties':
    case 'propertyNames':
      return strangeKey(error, owner, path, value, validated);
    case 'required': {
      const key = String(error.params.missingProperty);
      const property = (owner.properties as Record<string, JsonSchema> | undefined)?.[key];
      const wanted = property === undefined ? 'a value' : describeSchema(property, validated.shared);
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
        message: `${name} has the wrong length`,
        path,
        expected,
        got,
      };
  }
  if (allowsDuration(owner) && /^\d+(\.\d+)?$/.test(String(value))) {
    return {
      code: 'MISSING_UNIT',
      message: `the duration of ${name} has no unit`,
      path,
      expected,
      got,
      fix: `write ${value}ms, ${value}s or another unit of ns, us, ms, s, m`,
    };
  }
  const names = enumeration(owner, validated.shared);
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
  if (typeof value === 'string' && expected.startsWith('a name')) {
    return {
      code: 'BAD_NAME',
      message: `"${value}" cannot be used as a name`,
      path,
      expected,
      got,
      fix: `write ${asName(value)}`,
    };
  }
  return {
    code: value === null ? 'NULL_VALUE' : 'WRONG_TYPE',
    message: expected.length < 50 ? `${name} must be ${expected}` : `${name} does not take this value`,
    path,
    expected,
    got,
    fix: value === null ? nullFix(expected) : typeFix(value, got, expected),
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
      fix: `write ${asName(key)}`,
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
    fix:
      nearest === undefined
        ? `remove ${key}`
        : `write ${nearest}${isFieldBeside(owner, nearest) ? fieldTitle(nearest) : ''}`,
  };
}

/** A field of TCP that stands beside a frame verb. */
function isFieldBeside(owner: JsonSchema, key: string): boolean {
  const schema = (owner.properties as Record<string, JsonSchema> | undefined)?.[key];
  return String(schema?.checkedBy).includes('_tcp/properties/');
}

function asName(text: string): string {
  return text.replace(/\W+/g, '_').replace(/^(\d)/, '_$1');
}

function isIn(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value;
}

/** What a value has to be, in words. */
export function describeSchema(schema: JsonSchema, shared: Shared): string {
  if (typeof schema.title === 'string') return schema.title;
  if (typeof schema.$ref === 'string') return describeSchema(referred(schema.$ref, shared), shared);
  if (Array.isArray(schema.anyOf)) {
    const branches = (schema.anyOf as JsonSchema[]).filter((branch) => !isReference(branch, 'expression'));
    return [...new Set(branches.map((branch) => describeSchema(branch, shared)))].join(' or ');
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

function nullFix(expected: string): string {
  const pointer = expected.startsWith('a payload') ? '; a null pointer is { pointer: 0 }' : '';
  return `leave the key out if it is not given${pointer}`;
}

/** What may be meant by a value of the wrong type. */
export function typeFix(value: unknown, source: string, expected: string): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    if (/\btext\b|hex|address/.test(expected)) return `quote it: ${quoted(source)}`;
  }
  if (typeof value === 'string') {
    if (/^-?\d+$/.test(value) && /integer/.test(expected)) return `remove the quotes: ${value}`;
    if (expected === 'an expression') return `write =${value}`;
    if (/^\d[\d.]*\s+(ns|us|ms|s|m)$/.test(value)) return `write ${value.replace(/\s+/, '')}`;
    const fix = wordFix(value);
    if (fix !== undefined) return fix;
  }
  const isScalar = typeof value !== 'object' || value === null;
  return isScalar && expected.startsWith('a list') ? `write a list: [${source}]` : undefined;
}

/** Texts that look like a structure: rule 1 of the language is that structure is never a string to be parsed. */
export function wordFix(value: string): string | undefined {
  const pair = /^([A-Za-z_]\w*):(\S+)$/.exec(value);
  if (pair !== null) return `put a space after the colon: ${pair[1]}: ${pair[2]}`;
  if (/^\w+(\s*\|\s*\w+)+$/.test(value)) return `write a list: [${value.split(/\s*\|\s*/).join(', ')}]`;
  return undefined;
}

function isReference(schema: JsonSchema, name: string): boolean {
  return schema.$ref === name;
}

function allowsDuration(schema: JsonSchema): boolean {
  if (String(schema.pattern ?? '').includes('(ns|us|ms|s|m)')) return true;
  return (
    Array.isArray(schema.anyOf) && (schema.anyOf as JsonSchema[]).some((branch) => isReference(branch, 'duration'))
  );
}

/** All names that a schema or the branches of a union enumerate. */
function enumeration(schema: JsonSchema, shared: Shared): string[] {
  if (Array.isArray(schema.enum)) return schema.enum.filter((name) => typeof name === 'string');
  if (typeof schema.$ref === 'string') return enumeration(referred(schema.$ref, shared), shared);
  return Array.isArray(schema.anyOf)
    ? (schema.anyOf as JsonSchema[]).flatMap((branch) => enumeration(branch, shared))
    : [];
}

function referred(reference: string, shared: Shared): JsonSchema {
  return shared[reference] ?? {};
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
