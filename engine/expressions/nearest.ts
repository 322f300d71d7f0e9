import { distance } from 'fastest-levenshtein';

/** The candidate that `name` was probably meant to be, if one is near enough to be a slip of the finger. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // A letter or two may be anything.
  const limit = Math.floor(name.length / 3);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const away = candidate.toLowerCase() === name.toLowerCase() ? 0 : distance(name, candidate);
    if (away < bestDistance) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
}
