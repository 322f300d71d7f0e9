/** Keys and indexes from a document's root. */
export type Path = readonly (string | number)[];

/** A map as the loader gives it. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an authored value is an expression (design/language.md §2 rule 2). */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('=');
}
