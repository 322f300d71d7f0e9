import type { JsonSchema } from '../steps';

/** Keywords whose values are maps of schemas, and those whose values are schemas or lists of them. */
const mapKeywords: ReadonlySet<string> = new Set(['properties', '$defs', 'patternProperties']);
const schemaKeywords: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'propertyNames',
  'anyOf',
  'oneOf',
  'allOf',
  'if',
  'then',
  'else',
  'not',
]);

/** A copy of a schema in which each schema directly inside it is changed; other keywords stay as they are. */
export function mapInner(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (mapKeywords.has(keyword)) changed[keyword] = mapSchemas(value as Record<string, JsonSchema>, change);
    else if (!schemaKeywords.has(keyword) || typeof value !== 'object') changed[keyword] = value;
    else changed[keyword] = Array.isArray(value) ? value.map(change) : change(value as JsonSchema);
  }
  return changed;
}

/** The same change for all schemas of a map. */
export function mapSchemas(
  schemas: Readonly<Record<string, JsonSchema>>,
  change: (schema: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));
}

/** Shorter schemas are repeated rather than referred to. */
const worthSharing = 160;

/**
 * A schema document whose repeated parts stand once, as `$defs/same_N`. A field's values appear in each of its matchers,
 * its matchers in each layer: written out the case schema would be several times as large.
 */
export function shareRepeated(document: JsonSchema): JsonSchema {
  const counts = new Map<string, number>();
  const count = (schema: JsonSchema): JsonSchema => {
    const text = JSON.stringify(schema);
    const seen = counts.get(text) ?? 0;
    counts.set(text, seen + 1);
    if (seen === 0) mapInner(schema, count);
    return schema;
  };
  mapInner(document, count);

  const shared: Record<string, JsonSchema> = {};
  const names = new Map<string, string>();
  const replace = (schema: JsonSchema): JsonSchema => {
    const text = JSON.stringify(schema);
    if ((counts.get(text) ?? 0) < 2 || text.length < worthSharing) return mapInner(schema, replace);
    let name = names.get(text);
    if (name === undefined) {
      name = `same_${names.size + 1}`;
      names.set(text, name);
      shared[name] = mapInner(schema, replace);
    }
    return { $ref: `#/$defs/${name}` };
  };
  const { $defs, ...rest } = document;
  const definitions = mapSchemas($defs as Record<string, JsonSchema>, (schema) => mapInner(schema, replace));
  return { ...mapInner(rest, replace), $defs: { ...definitions, ...shared } };
}
