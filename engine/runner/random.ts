/** A generator of unsigned 32-bit numbers from a seed (SplitMix32): small, and the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

/** A seed for one test of a run: different tests draw different numbers, and each can be run again alone. */
export function seedOf(runSeed: number, testId: string): number {
  let hash = runSeed >>> 0;
  for (let index = 0; index < testId.length; index += 1)
    hash = Math.imul(hash ^ testId.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}
