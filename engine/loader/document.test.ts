import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDocument, type SourceDocument } from './document';
import { problemAt } from './problem';
import { maxDocumentBytes } from './read-text';

function load(text: string, file = 'x.case.yaml'): SourceDocument {
  const { document, problems } = loadDocument(file, Buffer.from(text));
  expect(problems).toEqual([]);
  if (document === undefined) throw new Error('no document');
  return document;
}

describe('a document', () => {
  const text = `title: Größe 👍
vars: { a: 1, b: [x, "y z"], big: 18446744073709551615 }
steps:
  - send: ACK   # a comment
    ack: 0x10
  - { expect: ACK, "at": 5ms }
`;

  test('is plain data, with exact integers', () => {
    expect(load(text).data).toEqual({
      title: 'Größe 👍',
      vars: { a: 1, b: ['x', 'y z'], big: 18446744073709551615n },
      steps: [
        { send: 'ACK', ack: 16 },
        { expect: 'ACK', at: '5ms' },
      ],
    });
  });

  test.each<[string, (string | number)[], 'key' | 'value', string]>([
    ['a value', ['steps', 0, 'ack'], 'value', '0x10'],
    ['a key', ['steps', 0, 'ack'], 'key', 'ack'],
    ['a quoted key', ['steps', 1, 'at'], 'key', '"at"'],
    ['an item', ['vars', 'b', 1], 'value', '"y z"'],
    ['a scalar before a comment', ['steps', 0, 'send'], 'value', 'ACK'],
    ['a flow mapping', ['steps', 1], 'value', '{ expect: ACK, "at": 5ms }'],
    ['the deepest part that exists', ['steps', 1, 'at', 'min'], 'value', '5ms'],
  ])('knows the place of %s', (_what, path, at, source) => {
    const { line, column, endLine, endColumn } = load(text).locate(path, at);
    expect(endLine).toBe(line);
    expect(text.split('\n')[line - 1]?.slice(column - 1, endColumn - 1)).toBe(source);
  });

  test('knows how a scalar is written', () => {
    expect(load(text).sourceOf(['steps', 0, 'ack'])).toBe('0x10');
    expect(load(text).sourceOf(['steps', 0])).toBeUndefined();
    expect(load(text).sourceOf(['steps', 7, 'ack'])).toBeUndefined();
  });

  test('may use anchors; a place behind an alias is where it is written', () => {
    const document = load('table: &t\n  - { a: 1 }\nmatrix: *t\n');
    expect(document.data).toEqual({ table: [{ a: 1 }], matrix: [{ a: 1 }] });
    expect(document.locate(['matrix', 0, 'a'])).toMatchObject({ line: 2, column: 10 });
    expect(document.locate(['matrix'])).toMatchObject({ line: 3, column: 9 });
  });

  test('may be JSON: same data, same places, tabs allowed', () => {
    const document = load('{\n\t"title": "x",\n\t"steps": [{ "send": "=a" }]\n}\n', 'x.case.json');
    expect(document.data).toEqual({ title: 'x', steps: [{ send: '=a' }] });
    expect(document.locate(['steps', 0, 'send'])).toMatchObject({ line: 3, column: 22, endColumn: 26 });
  });

  test('may begin with a byte order mark and have Windows line ends', () => {
    const document = load('\ufefftitle: x\r\nabout: y\r\n');
    expect(document.data).toEqual({ title: 'x', about: 'y' });
    const problem = problemAt(document, { code: 'X', message: 'x', path: ['about'] });
    expect(problem).toMatchObject({ line: 2, column: 8, endColumn: 9, sourceLine: 'about: y' });
  });

  test('keeps a key __proto__ as a key', () => {
    const { data } = load('__proto__: { a: 1 }\n');
    expect(Object.keys(data as object)).toEqual(['__proto__']);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test('keeps YAML 1.2 words and MAC addresses as text', () => {
    expect(load('a: [no, on, 22:22, 02:00:00:00:00:01, 1_000, 0b101, 1.10]\n').data).toEqual({
      a: ['no', 'on', '22:22', '02:00:00:00:00:01', '1_000', '0b101', 1.1],
    });
  });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packetcase-loader-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('that is not there is one problem', () => {
    const { document, problems } = loadDocument(join(folder, 'none.case.yaml'));
    expect(document).toBeUndefined();
    expect(problems.map(({ code, line, column, got }) => [code, line, column, got])).toEqual([
      ['FILE_MISSING', 1, 1, 'ENOENT'],
    ]);
  });

  test('that is a directory is one problem', () => {
    expect(loadDocument(folder).problems.map(({ code }) => code)).toEqual(['FILE_IS_DIRECTORY']);
  });

  test('that is too large is refused unread, with the limit', () => {
    const started = process.hrtime.bigint();
    const { problems } = loadDocument('big.case.yaml', Buffer.alloc(10 * 1024 * 1024, 'a: [1, 2]\n'));
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(500);
    expect(problems.map(({ code, expected, got }) => [code, expected, got])).toEqual([
      ['FILE_TOO_LARGE', `at most ${maxDocumentBytes} bytes`, '10485760 bytes'],
    ]);
  });

  test.each<[string, string, string[]]>([
    ['many brackets', '['.repeat(50_000), ['TOO_DEEP']],
    ['many braces', '{a: '.repeat(25_000), ['TOO_DEEP']],
    ['many dashes', '- '.repeat(25_000), ['TOO_DEEP']],
    ['many keys', Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join('\n'), []],
    ['many mistakes', 'a: b: c\n'.repeat(10_000), ['YAML_SYNTAX']],
  ])(
    'made to exhaust the parser, %s, is one problem at most',
    (_what, text, codes) => {
      expect(loadDocument('x.case.yaml', Buffer.from(text)).problems.map(({ code }) => code)).toEqual(codes);
    },
    30_000,
  );
});
