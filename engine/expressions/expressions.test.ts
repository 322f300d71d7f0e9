import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  Duration,
  EvaluationFailure,
  type Expression,
  ExpressionLanguage,
  type ExpressionProblem,
  expressionFunctions,
  type ObjectType,
  Timestamp,
  type VisibleNames,
} from '.';

const types: readonly ObjectType[] = [
  {
    name: 'tcp',
    doc: 'A TCP header.',
    fields: { seq: { type: 'int', doc: 'Sequence number.' }, flags: { type: 'string', doc: 'Flags.' } },
  },
  {
    name: 'frame',
    doc: 'A frame.',
    fields: {
      time: { type: 'timestamp', doc: 'When it came.' },
      tcp: { type: 'tcp', doc: 'Its TCP header.' },
      payload: { type: 'bytes', doc: 'Its payload.', read: ({ octets }: { octets: Buffer }) => octets },
    },
  },
  {
    name: 'call',
    doc: 'A call.',
    fields: { start: { type: 'timestamp', doc: 'When it began.' } },
    more: ({ out }: { out: Record<string, unknown> }) => out,
  },
];

const rowType: ObjectType = {
  name: 'row',
  doc: 'A row.',
  fields: {
    offset: { type: 'int', doc: 'A column.' },
    pointer: { type: 'dyn', doc: 'A column that some rows leave out.' },
  },
};

const declared: Readonly<Record<string, string>> = {
  f: 'frame',
  g: 'frame',
  frames: 'list<frame>',
  info: 'call',
  row: 'row',
  size: 'int',
  word: 'string',
  anything: 'dyn',
};

const values = {
  f: { time: 5_000_000, tcp: { seq: 7, flags: 'SYN-ACK' }, octets: Buffer.from('hello') },
  g: { time: 2_000_000, tcp: { seq: 4294967295, flags: 'ACK' }, octets: Buffer.alloc(0) },
  frames: [
    { time: 1, tcp: { seq: 10 } },
    { time: 2, tcp: { seq: 20 } },
  ],
  info: { start: 4, out: { tcpi_rtt: 100 } },
  row: { offset: 3, pointer: null },
  size: 9007199254740993n,
  word: 'word',
  anything: { list: [1, 2.5, 'x'], inner: { n: 1 } },
};

const names: VisibleNames = { typeOf: (name) => declared[name], all: () => Object.keys(declared) };

const language = new ExpressionLanguage({ types, constants: { ECONNREFUSED: 'ECONNREFUSED', TCP_SYN_SENT: 2 } });
const compiler = language.compiler([rowType]);
const where = { file: 'a.case.yaml', path: ['steps', 0, 'assert'] };

function compile(source: string): Expression {
  const { expression, problem } = compiler.compile(source, where, names);
  if (expression === undefined) throw new Error(`${source}: ${problem.message}`);
  return expression;
}

function evaluate(source: string): unknown {
  return compile(source).evaluate(values, () => 0x01020304);
}

function problemOf(source: string): ExpressionProblem {
  const { problem } = compiler.compile(source, where, names);
  if (problem === undefined) throw new Error(`${source} has no problem`);
  return problem;
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['1 + 2 * 3', 7],
    ['7 / 2', 3],
    ['-7 % 3', -1],
    ['0xff', 255],
    ['9007199254740993 + 1', 9007199254740994n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['size', 9007199254740993n],
    ['size - 9007199254740000', 993],
    ['f.tcp.seq + row.offset', 10],
    ['u32(g.tcp.seq + 2)', 1],
    ["f.tcp.flags == 'SYN-ACK'", true],
    ["word + '!'", 'word!'],
    ["word in ['a', 'word']", true],
    ['f.payload', Buffer.from('hello')],
    ['len(f.payload) == 5', true],
    ['frames.map(each, each.tcp.seq)', [10, 20]],
    ['frames.filter(each, each.tcp.seq > 10)[0].tcp.seq', 20],
    ['unique(frames.map(each, each.tcp.seq))', true],
    ['cel.bind(twice, 2 * row.offset, twice + twice)', 12],
    ['has(f.tcp)', true],
    ['anything.inner.n + 1', 2],
    ['anything.list', [1, 2.5, 'x']],
    ["{'a': row.offset}", { a: 3 }],
    ['ECONNREFUSED', 'ECONNREFUSED'],
    ['TCP_SYN_SENT == 2', true],
    ['info.tcpi_rtt * 2', 200],
    ['[1, "a"]', [1, 'a']],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  test('a thing comes back as the engine knows it', () => {
    expect(evaluate('f')).toBe(values.f);
    expect(evaluate('frames[1]')).toBe(values.frames[1]);
  });

  test.each<[string, unknown]>([
    ['row.pointer', null],
    ['row.pointer == null', true],
    ['row.offset == 3 ? null : row.offset', null],
    ['row.offset == 3 ? row.offset : null', 3],
    ["[1, 2].map(x, x == 1 ? 'one' : null)", ['one', null]],
  ])('a null means not given: %s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  test('random() draws from the generator that is handed in', () => {
    expect(evaluate('random(6)')).toEqual(Buffer.of(4, 3, 2, 1, 4, 3));
    expect(evaluate('random(5, 5)')).toBe(5);
    expect(compile('random(6)').isConstant).toBe(false);
    expect(compile('6 * 6').isConstant).toBe(true);
  });

  test('a name may have another type in another scope of the document', () => {
    const other = compiler.compile('word + 1', where, { typeOf: () => 'int', all: () => ['word'] });
    expect(other.expression?.evaluate({ word: 41 })).toBe(42);
    expect(evaluate("word + '!'")).toBe('word!');
  });
});

describe('time', () => {
  test.each<[string, unknown]>([
    ['f.time - g.time', new Duration(3_000_000)],
    ['f.time - g.time == ms(3)', true],
    ['f.time - g.time > us(2999)', true],
    ['g.time + ms(3) == f.time', true],
    ['ms(3) + f.time', new Timestamp(8_000_000)],
    ['f.time - ms(5)', new Timestamp(0)],
    ['2 * ms(20)', new Duration(40_000_000)],
    ['ms(20) * 3', new Duration(60_000_000)],
    ['ms(20) / 3', new Duration(6_666_666)],
    ['1.5 * ms(20)', new Duration(30_000_000)],
    ['s(0.25)', new Duration(250_000_000)],
    ['-ms(1)', new Duration(-1_000_000)],
    ['s(3) / ms(2)', 1500],
    ['max(ms(3), us(5), s(1))', new Duration(1e9)],
    ['us(2 * info.tcpi_rtt)', new Duration(200_000)],
    ['info.start < f.time', true],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  test('a duration of the engine is read again as one', () => {
    const visible: VisibleNames = { typeOf: () => 'duration', all: () => ['rtt'] };
    const { expression } = compiler.compile('rtt * 2', where, visible);
    expect(expression?.evaluate({ rtt: new Duration(7) })).toEqual(new Duration(14));
    expect(expression?.evaluate({ rtt: 7 })).toEqual(new Duration(14));
  });
});

describe('functions', () => {
  test.each(expressionFunctions.map((each) => [each.name, each] as const))(
    '%s does what its examples say',
    (_, each) => {
      expect(each.doc).toMatch(/\.$/);
      expect(each.examples.length).toBeGreaterThan(0);
      for (const [source, expected] of each.examples) {
        expect(source).toContain(`${each.name}(`);
        expect(evaluate(source)).toEqual(expected);
      }
    },
  );

  test('every function of the language is there (design/language.md §5)', () => {
    const demanded =
      'bit_and bit_or bit_xor shift_left shift_right u8 u16 u32 seq_lt seq_diff min max slice concat bytes hex len ' +
      'checksum16 random unique fastopen_cookie s ms us';
    const known = new Set(expressionFunctions.map(({ name }) => name));
    expect(demanded.split(' ').filter((name) => !known.has(name))).toEqual([]);
  });

  test.each<[string, string]>([
    ['shift_left(1, 64)', 'cannot shift by 64 bits: 0 to 63 can be'],
    ['shift_left(4611686018427387904, 1)', '9223372036854775808 does not fit into 64 bits; cut it with u32() before'],
    ["hex('0g')", '"0g" is not pairs of hexadecimal digits'],
    ['bytes([256])', '256 is not a byte: 0 to 255 are'],
    ["slice('abc', 2, 4)", 'slice from 2 to 4 of a length of 3'],
    ["fastopen_cookie('a', '::1', '::2')", '"a" is not four hexadecimal words joined by "-"'],
  ])('%s is refused before the run, because its value is known', (source, message) => {
    expect(problemOf(source)).toEqual({ code: 'EXPRESSION_FAILED', message, start: 0, end: source.length });
  });

  const uint32 = fc.integer({ min: 0, max: 0xffffffff });

  test('sequence numbers compare as RFC 9293 says, whatever the distance', () => {
    const difference = compile('seq_diff(f.tcp.seq, g.tcp.seq)');
    const before = compile('seq_lt(f.tcp.seq, g.tcp.seq)');
    fc.assert(
      fc.property(uint32, fc.integer({ min: -0x7fffffff, max: 0x7fffffff }), (a, distance) => {
        const b = (a + distance) >>> 0;
        const pair = { f: { tcp: { seq: b } }, g: { tcp: { seq: a } } };
        expect(difference.evaluate(pair)).toBe(distance);
        expect(before.evaluate(pair)).toBe(distance < 0);
      }),
    );
  });

  test('bits are those of 64-bit integers', () => {
    const bits = compile('[bit_and(size, row.offset), bit_or(size, row.offset), bit_xor(size, row.offset), u8(size)]');
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const narrow = (value: bigint): unknown =>
      BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        expect(bits.evaluate({ size: a, row: { offset: b } })).toEqual(
          [a & b, a | b, a ^ b, BigInt.asUintN(8, a)].map(narrow),
        );
      }),
    );
  });

  test('the checksum of data with its checksum is zero', () => {
    const checksum = compile('checksum16(f.payload)');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        const even = Buffer.concat([octets, Buffer.alloc(octets.length % 2)]);
        const sum = Buffer.alloc(2);
        sum.writeUInt16BE(checksum.evaluate({ f: { octets: even } }) as number);
        expect(checksum.evaluate({ f: { octets: Buffer.concat([even, sum]) } })).toBe(0);
      }),
    );
  });
});

describe('problems', () => {
  const functionList = expressionFunctions.map(({ name }) => name).join(', ');

  test.each<[string, ExpressionProblem]>([
    [
      'siez + 1',
      {
        code: 'UNKNOWN_NAME',
        message: 'nothing here is called "siez"',
        start: 0,
        end: 4,
        expected: 'one of f, g, frames, info, row, size, word, anything, or a constant',
        got: 'siez',
        fix: 'make it with "as: siez" or "let" in an earlier step',
      },
    ],
    [
      '1 + sizes',
      {
        code: 'UNKNOWN_NAME',
        message: 'nothing here is called "sizes"',
        start: 4,
        end: 9,
        expected: 'one of f, g, frames, info, row, size, word, anything, or a constant',
        got: 'sizes',
        fix: 'write size',
      },
    ],
    [
      'f.tcp.sqe',
      {
        code: 'UNKNOWN_FIELD',
        message: 'tcp has no field "sqe"',
        start: 6,
        end: 9,
        expected: 'one of seq, flags',
        got: 'sqe',
      },
    ],
    [
      'row.offest',
      {
        code: 'UNKNOWN_FIELD',
        message: 'row has no field "offest"',
        start: 4,
        end: 10,
        expected: 'one of offset, pointer',
        got: 'offest',
        fix: 'write offset',
      },
    ],
    [
      'lenn(f.payload)',
      {
        code: 'UNKNOWN_NAME',
        message: 'there is no function "lenn"',
        start: 0,
        end: 4,
        expected: `one of ${functionList}`,
        got: 'lenn',
        fix: 'write len',
      },
    ],
    [
      "duration('1s')",
      {
        code: 'UNKNOWN_NAME',
        message: 'there is no function "duration"',
        start: 0,
        end: 8,
        expected: `one of ${functionList}`,
        got: 'duration',
        fix: 'write s(n), ms(n), us(n) or ns(n)',
      },
    ],
    [
      'f.time - g.time > 5',
      {
        code: 'EXPRESSION_TYPE',
        message: 'cannot compute duration > int',
        start: 0,
        end: 19,
        got: 'f.time - g.time > 5',
        fix: 'give the number a unit: s(n), ms(n), us(n)',
      },
    ],
    [
      "row.offset == 'x'",
      {
        code: 'EXPRESSION_TYPE',
        message: 'cannot compute int == string',
        start: 0,
        end: 17,
        got: "row.offset == 'x'",
        fix: 'flags, addresses and errnos are texts: quote the other side, or compare numbers',
      },
    ],
    [
      '1.5 * row.offset',
      {
        code: 'EXPRESSION_TYPE',
        message: 'cannot compute double * int',
        start: 0,
        end: 16,
        got: '1.5 * row.offset',
        fix: 'turn one into the other: double(n) or int(x)',
      },
    ],
    [
      'bit_and(1, word)',
      {
        code: 'EXPRESSION_TYPE',
        message: 'no function takes bit_and(int, string)',
        start: 0,
        end: 16,
        got: 'bit_and(1, word)',
      },
    ],
    [
      'size ? 1 : 2',
      {
        code: 'EXPRESSION_TYPE',
        message: 'ternary condition must be bool, got "int"',
        start: 0,
        end: 4,
        got: 'size',
      },
    ],
    [
      '5 * 2ms',
      {
        code: 'EXPRESSION_SYNTAX',
        message: 'a number in an expression has no unit',
        start: 5,
        end: 7,
        got: 'ms',
        fix: 'write ms(n)',
      },
    ],
    [
      'size << 2',
      {
        code: 'EXPRESSION_SYNTAX',
        message: 'CEL has no operator "<<"',
        start: 6,
        end: 7,
        fix: 'write shift_left(a, n)',
      },
    ],
    [
      'size | 2',
      { code: 'EXPRESSION_SYNTAX', message: 'CEL has no operator "|"', start: 5, end: 6, fix: 'write bit_or(a, b)' },
    ],
    [
      'size and 2',
      { code: 'EXPRESSION_SYNTAX', message: 'CEL has no operator "and"', start: 5, end: 8, fix: 'write &&' },
    ],
    [
      'size = 3',
      { code: 'EXPRESSION_SYNTAX', message: 'CEL has no operator "="', start: 5, end: 6, fix: 'write == to compare' },
    ],
    ['1 +', { code: 'EXPRESSION_SYNTAX', message: 'the expression ends too early', start: 3, end: 3, got: 'the end' }],
    ['min(1, 2', { code: 'EXPRESSION_SYNTAX', message: '")" has to stand here', start: 8, end: 8, got: 'the end' }],
    ['row.in', { code: 'EXPRESSION_SYNTAX', message: 'a name has to stand here', start: 4, end: 6, got: 'in' }],
    [
      'loop + 1',
      {
        code: 'EXPRESSION_SYNTAX',
        message: '"loop" is a reserved word of CEL',
        start: 0,
        end: 4,
        got: 'loop',
        fix: 'give the thing another name',
      },
    ],
    [
      '',
      {
        code: 'EXPRESSION_SYNTAX',
        message: 'there is no expression after "="',
        start: 0,
        end: 0,
        fix: 'write one, or quote a text that is only "="',
      },
    ],
    [
      'row.offset + 9223372036854775808',
      {
        code: 'VALUE_TOO_LARGE',
        message: '9223372036854775808 does not fit into a signed 64-bit integer',
        start: 13,
        end: 32,
        got: '9223372036854775808',
      },
    ],
    [
      '9223372036854775807 + 1',
      { code: 'EXPRESSION_FAILED', message: 'integer overflow: 9223372036854775808', start: 0, end: 23 },
    ],
    ['1 / 0', { code: 'EXPRESSION_FAILED', message: 'division by zero', start: 0, end: 5 }],
  ])('%s', (source, expected) => {
    expect(problemOf(source)).toEqual(expected);
  });

  test('no text makes the compiler throw, and every problem lies inside of it', () => {
    const piece = fc.constantFrom(
      'f',
      '.',
      'tcp',
      'seq',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '+',
      '-',
      '<<',
      '|',
      '?',
      ':',
      '1',
      '1s',
      "'a'",
      '"',
      'null',
      'in',
      'x',
      ' ',
      ',',
      '\n',
      'é',
      '=',
      '!',
      '0x',
      'b',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const source = pieces.join('');
        const { problem } = compiler.compile(source, where, names);
        if (problem === undefined) return;
        expect(problem.start).toBeGreaterThanOrEqual(0);
        expect(problem.end).toBeGreaterThanOrEqual(problem.start);
        expect(problem.start).toBeLessThanOrEqual(source.length);
        expect(problem.message).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('failures of a run', () => {
  function failureOf(source: string, given: Record<string, unknown>): EvaluationFailure {
    try {
      compile(source).evaluate(given);
    } catch (error) {
      if (error instanceof EvaluationFailure) return error;
      throw error;
    }
    throw new Error(`${source} did not fail`);
  }

  test.each<[string, Record<string, unknown>, string, number, number]>([
    ['1 + 6 / row.offset', { row: { offset: 0 } }, 'division by zero', 4, 18],
    ['row.pointer + 1', { row: { offset: 0, pointer: null } }, 'cannot compute null + int', 0, 15],
    ['f.tcp.seq', { f: { time: 1 } }, 'there is no "tcp"', 2, 5],
    ['hex(word)', { word: 'x' }, '"x" is not pairs of hexadecimal digits', 0, 9],
    ['size + 9223372036854775807', { size: 1 }, 'integer overflow: 9223372036854775808', 0, 26],
    ['size + 1', { size: 'text' }, 'Variable "size" is not of type "int", got "string"', 0, 4],
    ['random(3)', {}, 'random() has a value only when a test runs', 0, 9],
  ])('%s', (source, given, reason, start, end) => {
    const failure = failureOf(source, given);
    expect(failure).toMatchObject({ code: 'EXPRESSION_FAILED', reason, start, end, message: `=${source}: ${reason}` });
    expect(failure.expression.where).toBe(where);
  });
});

describe('operands', () => {
  test.each<[string, string[]]>([
    [
      'f.tcp.seq == (row.offset + 1) * 2 && len(f.payload) > 9',
      ['f.tcp.seq: 7', '(row.offset + 1) * 2: 8', 'len(f.payload): 5'],
    ],
    ["!(word in ['a', 'word'])", ['word: word']],
    ['size == -1 || f.tcp.seq < 3', ['size: 9007199254740993', 'f.tcp.seq: 7']],
    ["word.startsWith('x')", ["word.startsWith('x'): false"]],
    ['1 == 2', []],
  ])('%s', (source, shown) => {
    expect(
      compile(source)
        .operands(values)
        .map((each) => `${each.source}: ${String(each.value)}`),
    ).toEqual(shown);
  });
});
