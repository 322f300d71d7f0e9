import { foldChecksum, internetChecksum, sumWords, sumWordsOf } from '.';

// The example of RFC 1071 §3.
const example = Buffer.from('0001f203f4f5f6f7', 'hex');

test('the words of RFC 1071 sum up to ddf2', () => {
  expect(internetChecksum(example)).toBe(0xffff & ~0xddf2);
});

test('an odd last octet is the high half of a word', () => {
  expect(internetChecksum(Buffer.from([0x12]))).toBe(0xffff & ~0x1200);
});

test('octets with their checksum in place sum up to zero', () => {
  const bytes = Buffer.concat([example, Buffer.alloc(2)]);
  bytes.writeUInt16BE(internetChecksum(bytes), example.length);
  expect(internetChecksum(bytes)).toBe(0);
});

test('summing 32-bit words gives the same, wherever a range begins and ends', () => {
  const bytes = Buffer.allocUnsafeSlow(70_000).map((_, index) => (index * 31 + (index >> 7)) & 255);
  const buffer = Buffer.from(bytes.buffer);
  const words = new Uint32Array(bytes.buffer);
  for (const length of [0, 1, 2, 3, 63, 64, 65, 66, 67, 68, 1000, 1031, 65_535, 65_536, 65_600]) {
    for (let start = 0; start < 8; start++) {
      const [slow, fast] = [sumWords(buffer, start, start + length), sumWordsOf(buffer, words, start, start + length)];
      expect({ start, length, sum: foldChecksum(fast) }).toEqual({ start, length, sum: foldChecksum(slow) });
    }
  }
});

test('the sum of all ones does not overflow', () => {
  const bytes = Buffer.allocUnsafeSlow(65_536).fill(0xff);
  expect(foldChecksum(sumWordsOf(bytes, new Uint32Array(bytes.buffer), 0, bytes.length))).toBe(0);
});
