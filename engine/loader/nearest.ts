import { distance } from 'fastest-levenshtein';

/** The known name that was most likely meant, or undefined when none is close: at most a third of the letters differ. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const folded = fold(candidate);
    const d = isSwap(wanted, folded) ? 1 : distance(wanted, folded);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  if (best !== undefined) return best;
  // `sequence` for seq, `timestamp` for timestamps: one is the beginning of the other.
  for (const candidate of known) {
    const folded = fold(candidate);
    if (wanted.length > 2 && folded.length > 2 && (wanted.startsWith(folded) || folded.startsWith(wanted)))
      return candidate;
  }
  return undefined;
}

/** `expectNext`, `expect-next` and `expect_next` are one slip of the pen. */
function fold(name: string): string {
  return name.replace(/[-_. ]/g, '').toLowerCase();
}

/** Two neighbours changed places: the commonest typing error, which counts two for Levenshtein. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2);
}
