import { distance } from 'fastest-levenshtein';

/** The known name that was most likely meant, or undefined when none is close: at most a third of the letters differ. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const d = fold(candidate) === wanted ? 0 : distance(wanted, fold(candidate));
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** `expectNext`, `expect-next` and `expect_next` are the same slip of the pen. */
function fold(name: string): string {
  return name.replace(/[-_. ]/g, '').toLowerCase();
}

/** A list for an `expected` line: the first names and, if there are more, how many. */
export function listNames(names: readonly string[], most = 12): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')}, … (${names.length} in all)`;
}
