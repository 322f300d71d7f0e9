import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { layerDescriptors } from '../layers';
import { checksumProblems, decode, diff, encode, type LayerTemplate, match, mergeLayers, templatesOf } from '.';
import {
  type Random,
  randomFields,
  randomFrame,
  randomOctets,
  randomOctetsOfFrame,
  seededRandom,
} from './random-frames';

const RUNS = 10_000;

/** Checks a law for many seeds; fast-check finds a small one that breaks it. */
function law(holds: (random: Random) => void): void {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (seed) => holds(seededRandom(seed))),
    { numRuns: RUNS },
  );
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}

/** A template with random fields for some of a packet's layers, in order. */
function randomTemplate(layers: readonly LayerTemplate[], random: Random): LayerTemplate[] {
  const template: LayerTemplate[] = [];
  for (const { layer, fields } of layers) {
    if (random() < 0.3) continue;
    const descriptor = layerDescriptors.find(({ key }) => key === layer);
    if (descriptor === undefined) continue;
    const kept = Object.fromEntries(Object.entries(fields).filter(() => random() < 0.5));
    const others = random() < 0.3 ? randomFields(descriptor, random, { isWellFormed: false }) : {};
    template.push({ layer, fields: { ...kept, ...others } });
  }
  return template;
}

test('decoding and encoding again gives the same octets, for frames with any values', () => {
  law((random) => {
    const bytes = encode(randomFrame(random, { isWellFormed: false }));
    strictEqual(hex(encode(templatesOf(decode(bytes).layers))), hex(bytes));
  });
});

test('decoding and encoding again gives the same octets, for mutated, cut and random octets', () => {
  law((random) => {
    const bytes = randomOctetsOfFrame(random);
    strictEqual(hex(encode(templatesOf(decode(bytes).layers))), hex(bytes));
  });
});

test('a well-formed frame is read back as the layers that were sent, with right checksums', () => {
  law((random) => {
    const frame = randomFrame(random, { isWellFormed: true });
    const packet = decode(encode(frame));
    strictEqual(packet.malformed, undefined);
    deepStrictEqual(headersOf(packet.layers), headersOf(frame));
    deepStrictEqual(diff(frame, packet), []);
    deepStrictEqual(checksumProblems(packet), []);
  });
});

test('a packet matches exactly if there is no difference', () => {
  let matches = 0;
  law((random) => {
    const frame = randomFrame(random, { isWellFormed: random() < 0.7 });
    const packet = decode(random() < 0.7 ? encode(frame) : randomOctetsOfFrame(random));
    const template = randomTemplate(random() < 0.8 ? templatesOf(packet.layers) : frame, random);
    const isMatch = match(template, packet);
    if (isMatch) matches++;
    strictEqual(diff(template, packet).length === 0, isMatch);
  });
  // Both sides of the law are seen.
  expect(matches).toBeGreaterThan(RUNS / 20);
  expect(matches).toBeLessThan(RUNS - RUNS / 20);
});

test('merging with nothing, or with itself, changes nothing', () => {
  law((random) => {
    const frame = randomFrame(random, { isWellFormed: false });
    deepStrictEqual(mergeLayers(frame, []), frame);
    deepStrictEqual(mergeLayers(frame, frame).map(setFields), frame.map(setFields));
  });
});

test('what is merged over wins field by field, and merging is associative', () => {
  law((random) => {
    const frame = randomFrame(random, { isWellFormed: false });
    const over = frame.map(({ layer }) => ({ layer, fields: randomFieldsOf(layer, random) }));
    const last = frame.map(({ layer }) => ({ layer, fields: randomFieldsOf(layer, random) }));
    const merged = mergeLayers(frame, over);
    for (const [index, { fields }] of merged.entries()) {
      for (const [key, value] of Object.entries(fields)) {
        strictEqual(value, over[index]?.fields[key] ?? frame[index]?.fields[key]);
      }
    }
    const one = mergeLayers(merged, last);
    deepStrictEqual(one.map(setFields), mergeLayers(frame, mergeLayers(over, last)).map(setFields));
  });
});

test('octets of any sort are decoded without an error, a million of them', () => {
  const seed = 20_240_501;
  const random = seededRandom(seed);
  let layers = 0;
  let malformed = 0;
  for (let index = 0; index < 10_000; index++) {
    const bytes = Buffer.from(randomOctetsOfFrame(random));
    for (let change = 0; change < 100; change++) {
      const packet = decode(bytes);
      layers += packet.layers.length;
      if (packet.malformed !== undefined) malformed++;
      if (bytes.length > 0) bytes[Math.floor(random() * Math.min(bytes.length, 80))] = Math.floor(random() * 256);
    }
  }
  expect(layers).toBeGreaterThan(2_000_000);
  expect(malformed).toBeGreaterThan(10_000);
});

test('octets that begin with any layer are decoded without an error', () => {
  const random = seededRandom(7);
  for (const { key } of layerDescriptors) {
    for (let index = 0; index < 500; index++)
      expect(decode(randomOctets(random, 80), key).layers.at(-1)?.layer).toBe('payload');
  }
});

function headersOf(layers: readonly { layer: string }[]): string[] {
  return layers.map(({ layer }) => layer).filter((layer) => layer !== 'payload');
}

/** An undefined field is an unset one. */
function setFields({ layer, fields }: LayerTemplate): LayerTemplate {
  return { layer, fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
}

function randomFieldsOf(key: string, random: Random): Record<string, unknown> {
  const descriptor = layerDescriptors.find((candidate) => candidate.key === key);
  return descriptor === undefined ? {} : randomFields(descriptor, random, { isWellFormed: false });
}
