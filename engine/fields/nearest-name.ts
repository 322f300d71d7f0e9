import { closest, distance } from 'fastest-levenshtein';

/** The known name that the author most likely meant, if one is near enough to suggest. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = written.toLowerCase();
  const sameButCase = known.find((name) => name.toLowerCase() === lower);
  if (sameButCase !== undefined) return sameButCase;
  const swapped = known.find((name) => sortLetters(name) === sortLetters(written));
  if (swapped !== undefined) return swapped;
  const inside = known.find(
    (name) => lower.length > 2 && (name.includes(lower) || (name.length > 2 && lower.startsWith(name))),
  );
  const near = closest(lower, [...known]);
  if (distance(lower, near) <= Math.max(1, Math.floor(written.length / 3))) return near;
  return inside;
}

/** `write NEAR` where there is a near name. */
export function suggestName(written: string, known: readonly string[]): string | undefined {
  const near = nearestName(written, known);
  return near === undefined ? undefined : `write ${near}`;
}

/** `one of a, b, c`, cut after a dozen names. */
export function oneOf(names: readonly string[]): string {
  return names.length > 12 ? `one of ${names.slice(0, 12).join(', ')}, …` : `one of ${names.join(', ')}`;
}

function sortLetters(text: string): string {
  return [...text.toLowerCase()].sort().join('');
}
