/**
 * The sum of the 16-bit words of `[start, end)`, not folded; an odd last octet counts as the high half of a word.
 * Sums of neighbouring ranges may be added as long as every range but the last has an even length.
 *
 * @see RFC 1071
 */
export function sumWords(bytes: Uint8Array, start: number, end: number): number {
  let high = 0;
  let low = 0;
  let index = start;
  const unrolledEnd = end - 7;
  for (; index < unrolledEnd; index += 8) {
    high +=
      (bytes[index] as number) +
      (bytes[index + 2] as number) +
      (bytes[index + 4] as number) +
      (bytes[index + 6] as number);
    low +=
      (bytes[index + 1] as number) +
      (bytes[index + 3] as number) +
      (bytes[index + 5] as number) +
      (bytes[index + 7] as number);
  }
  for (; index + 1 < end; index += 2) {
    high += bytes[index] as number;
    low += bytes[index + 1] as number;
  }
  if (index < end) high += bytes[index] as number;
  return high * 256 + low;
}

/** The one's complement of a sum of words, folded to 16 bits: what stands in a checksum field. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** The internet checksum of the octets. */
export function internetChecksum(bytes: Uint8Array, start = 0, end = bytes.length): number {
  return foldChecksum(sumWords(bytes, start, end));
}
