import { Lexer, parseDocument, type YAMLError } from 'yaml';
import type { Problem } from './problem';

/** The facts of a syntax error and its place. */
export type SyntaxProblem = Pick<
  Problem,
  'code' | 'message' | 'line' | 'column' | 'endColumn' | 'expected' | 'got' | 'fix'
>;

/** A syntax error as an offset into the text in which it was found. */
type Found = Pick<Problem, 'code' | 'message' | 'expected' | 'got' | 'fix'> & {
  readonly offset: number;
  readonly length: number;
};

/** Mistakes that are shown at once; a file with more of them is hardly YAML at all. */
const mostProblems = 10;

/** Characters that may be parsed again in the search for further mistakes: a second's work at most. */
const parseBudget = 300_000;

/**
 * One problem for each mistake. A parser that has lost the thread finds errors in every later line, so each mistake is
 * taken out in turn and the rest is parsed again: what remains was wrong by itself.
 */
export function syntaxProblems(text: string, errors: readonly YAMLError[]): SyntaxProblem[] {
  const first = explainFirst(text, errors);
  const problems = [first];
  let mended = text;
  let remaining = errors;
  for (let parsed = 0; problems.length < mostProblems; parsed += mostCandidates * text.length) {
    if (parsed + mostCandidates * text.length > parseBudget) return problems;
    const next = takeOut(mended, remaining, problems[problems.length - 1] as SyntaxProblem);
    if (next === undefined) return problems;
    mended = next.text;
    remaining = next.errors;
    if (remaining.length === 0) return problems;
    problems.push(explainFirst(mended, remaining));
  }
  return [first];
}

/** Ways in which {@link takeOut} tries to remove one mistake. */
const mostCandidates = 6;

/** A tab or a tag between the parts of a document, not inside text or comments. */
export interface StrayToken {
  readonly kind: 'tab' | 'tag';
  readonly offset: number;
  readonly length: number;
}

/** Tokens that YAML allows and cases do not. */
export function strayTokens(text: string): StrayToken[] {
  if (!/[\t!]/.test(text)) return [];
  const found: StrayToken[] = [];
  for (const { source, offset } of lexemes(text)) {
    const tab = /^\s+$/.test(source) ? source.indexOf('\t') : -1;
    if (tab >= 0) found.push({ kind: 'tab', offset: offset + tab, length: 1 });
    else if (source.startsWith('!')) found.push({ kind: 'tag', offset, length: source.length });
  }
  return found;
}

/** A text as a YAML scalar in quotes. */
export function quoted(text: string): string {
  return text.includes("'") && !/["\\]/.test(text) ? `"${text}"` : `'${text.replaceAll("'", "''")}'`;
}

/**
 * The expression that the author meant, from its `=` on: up to the bracket that closes what was open before it, or to
 * the comma that follows a complete expression, or to the end of the line.
 */
export function wholeExpression(fromEquals: string): string {
  let depth = 0;
  let quote = '';
  let end = fromEquals.length;
  for (let i = 0; i < fromEquals.length; i++) {
    const c = fromEquals[i] as string;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') {
      if (--depth < 0) {
        end = i;
        break;
      }
    } else if ((c === ',' && depth === 0) || (c === '#' && fromEquals[i - 1] === ' ')) {
      end = i;
      break;
    }
  }
  return fromEquals.slice(0, end).trim();
}

interface Lexeme {
  readonly source: string;
  readonly offset: number;
}

/** Lexemes that stand for no text: byte order mark, start of a document, end in a flow, start of a scalar. */
const marks = new Set(['\u{feff}', '\u{02}', '\u{18}', '\u{1f}']);

function lexemes(text: string): Lexeme[] {
  const found: Lexeme[] = [];
  let offset = 0;
  for (const source of new Lexer().lex(text)) {
    if (marks.has(source)) continue;
    found.push({ source, offset });
    offset += source.length;
  }
  return found;
}

function parseErrors(text: string): readonly YAMLError[] {
  return parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
  }).errors;
}

function explainFirst(text: string, errors: readonly YAMLError[]): SyntaxProblem {
  const error = [...errors].sort((a, b) => a.pos[0] - b.pos[0])[0] as YAMLError;
  const { offset, length, ...facts } = explain(text, error);
  const line = lineIndex(text, offset) + 1;
  const column = offset - text.lastIndexOf('\n', offset - 1);
  return { ...facts, line, column, endColumn: column + length };
}

/** The text without the line of a mistake, if the rest then has fewer errors. */
function takeOut(
  text: string,
  errors: readonly YAMLError[],
  problem: SyntaxProblem,
): { text: string; errors: readonly YAMLError[] } | undefined {
  const lines = text.split('\n');
  const firstLine = problem.line - 1;
  const lastLine = Math.max(firstLine, lineIndex(text, Math.min(...errors.map((e) => e.pos[0]))));
  let best: { text: string; errors: readonly YAMLError[] } | undefined;
  for (const end of new Set([firstLine, lastLine - 1, lastLine])) {
    if (end < firstLine) continue;
    for (const keepPlace of [true, false]) {
      const mended = lines
        .map((line, index) => {
          if (index < firstLine || index > end) return line;
          return keepPlace && index === firstLine ? placeholder(line, index) : '';
        })
        .join('\n');
      const left = parseErrors(mended);
      // What is left must lie behind the mistake, or the text is in a worse state than before.
      if (left.some((e) => lineIndex(mended, e.pos[0]) <= end)) continue;
      if (best === undefined || left.length < best.errors.length) best = { text: mended, errors: left };
    }
  }
  return best;
}

/** Keeps dashes and indentation, so that the lines below still hang on something. */
function placeholder(line: string, index: number): string {
  return `${/^\s*(?:- +)*/.exec(line)?.[0] ?? ''}line_${index}: 0`;
}

function lineIndex(text: string, offset: number): number {
  let index = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) index++;
  return index;
}

/** A parser's error in the author's words. */
function explain(text: string, error: YAMLError): Found {
  const start = Math.min(error.pos[0], text.length);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).replace(/\r$/, '');
  const column = start - lineStart;
  const here = { offset: start, length: Math.max(1, Math.min(error.pos[1] - start, line.length - column)) };

  if (error.code === 'TAB_AS_INDENT') {
    const tab = line.indexOf('\t');
    return {
      code: 'TAB',
      message: 'a tab indents this line',
      expected: 'spaces',
      got: 'a tab',
      fix: 'replace it with spaces',
      offset: lineStart + Math.max(tab, 0),
      length: 1,
    };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      ...here,
      code: 'MULTIPLE_DOCUMENTS',
      message: 'a second document begins here',
      expected: 'one case in a file',
      got: '---',
      fix: 'make a file of each, or list them under tests:',
    };
  }
  return (
    unquotedExpression(line, lineStart, column) ??
    unclosed(text, error) ??
    byCharacter(error, line, lineStart, here) ?? {
      ...here,
      code: 'YAML_SYNTAX',
      message: lowerFirst(error.message),
      expected: 'YAML 1.2',
      got: line.trim(),
      fix: 'quote text that has : # , [ ] { } or begins with one of * & ! | > % @ `',
    }
  );
}

/** An `=…` on this line, before the error, that holds what YAML reads as its own punctuation. */
function unquotedExpression(line: string, lineStart: number, column: number): Found | undefined {
  for (const match of line.matchAll(/(?:^\s*|[:,[{-]\s+|[[{,])(=)/g)) {
    const at = match.index + match[0].length - 1;
    if (at > column && !/^\S+\s+\?/.test(line.slice(at))) continue;
    const whole = wholeExpression(line.slice(at));
    if (!/[,[\]{}#]|: /.test(whole)) continue;
    return {
      code: 'UNQUOTED_EXPRESSION',
      message: 'an expression with a comma, a bracket or ": " must be quoted',
      expected: quoted(whole),
      got: whole,
      fix: 'quote the expression',
      offset: lineStart + at,
      length: whole.length,
    };
  }
  return undefined;
}

/** Brackets and quotes are shown where they were opened: the error is noticed only lines later. */
function unclosed(text: string, error: YAMLError): Found | undefined {
  const isQuote = error.message.includes('Missing closing');
  const isFlow = /must be sufficiently indented and end with|must end with a/.test(error.message);
  if (!isQuote && !isFlow) return undefined;
  const opened: Lexeme[] = [];
  let comment: Lexeme | undefined;
  let quote: Lexeme | undefined;
  for (const lexeme of lexemes(text)) {
    if (lexeme.offset >= error.pos[0]) break;
    const { source } = lexeme;
    if (source === '{' || source === '[') opened.push(lexeme);
    else if (source === '}' || source === ']') opened.pop();
    else if (source.startsWith('#')) comment = lexeme;
    else if (/^["']/.test(source)) quote = lexeme;
  }
  if (isQuote && quote !== undefined) {
    return {
      code: 'YAML_SYNTAX',
      message: 'this quote is never closed',
      expected: `a closing ${quote.source[0]}`,
      got: 'the end of the file',
      fix: `close it on the same line; inside '…' a ' is written ''`,
      offset: quote.offset,
      length: 1,
    };
  }
  const bracket = opened[opened.length - 1];
  if (bracket === undefined) return undefined;
  const closing = bracket.source === '{' ? '}' : ']';
  const cut = comment !== undefined && comment.offset > bracket.offset && comment.source.includes(closing);
  return {
    code: 'YAML_SYNTAX',
    message: `this ${bracket.source} is never closed`,
    expected: `a ${closing}`,
    got: cut ? `${comment?.source}, read as a comment` : 'the next line',
    fix: cut ? 'quote the text with the #; shell text is always quoted' : `write the missing ${closing}`,
    offset: bracket.offset,
    length: 1,
  };
}

/** Characters that mean something to YAML and something else to the author. */
function byCharacter(
  error: YAMLError,
  line: string,
  lineStart: number,
  here: { offset: number; length: number },
): Found | undefined {
  const column = here.offset - lineStart;
  const rest = line.slice(column);
  const word = /^[^\s,\]}]*/.exec(rest)?.[0] ?? '';
  const problem = (message: string, expected: string, got: string, fix: string): Found => ({
    offset: here.offset,
    length: Math.max(1, got.length),
    code: 'YAML_SYNTAX',
    message,
    expected,
    got,
    fix,
  });

  if (error.code === 'BAD_ALIAS') {
    const isAt = /\bat:\s*\*/.test(line);
    return problem(
      'a lone * is no value',
      isAt ? 'a duration, { min, max } or any' : 'a value',
      '*',
      isAt ? 'write any for "at any time"' : `quote it if it is a text: '*'; shell text is always quoted`,
    );
  }
  if (error.message.startsWith('Block scalar header')) {
    const at = line.lastIndexOf('|', column) >= 0 ? line.lastIndexOf('|', column) : line.lastIndexOf('>', column);
    const whole = line.slice(at).trim();
    const names = whole.split(/\s*\|\s*/).filter((name) => name !== '');
    return {
      ...problem(
        'a value that begins with | is a block of text for YAML',
        'a list',
        whole,
        `write [${names.join(', ')}]`,
      ),
      offset: lineStart + at,
    };
  }
  if (error.code === 'BAD_SCALAR_START') {
    return problem(`a text cannot begin with ${rest[0]}`, 'a quoted text', word, `write ${quoted(word)}`);
  }
  const address = /(?:^|[\s[{,])((?:[0-9a-fA-F]{0,4}:)+:)(?=[\s,\]}]|$)/.exec(line)?.[1];
  if (address?.includes('::')) {
    return {
      ...problem(
        'an IPv6 address that ends in :: must be quoted',
        quoted(address),
        address,
        `write ${quoted(address)}`,
      ),
      offset: lineStart + line.indexOf(address),
    };
  }
  if (error.code === 'BLOCK_IN_FLOW' && /^-\s*[,\]}]/.test(rest)) {
    return problem(
      'a lone - is no value inside brackets',
      'a value',
      '-',
      "quote it if it is a text: '-'; shell text is always quoted",
    );
  }
  if (error.code === 'BLOCK_IN_FLOW') {
    return problem(
      'a second ": " inside one entry',
      'entries separated by commas',
      rest.replace(/\s*[}\]].*$/, ''),
      'put a comma between the entries, or quote the text if the colon belongs to it',
    );
  }
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') {
    return problem(
      'a second ": " on this line',
      'one key and its value',
      rest.trim(),
      `write ${quoted(rest.trim())} if the colon belongs to the text, { ${rest.trim()} } if it is a mapping`,
    );
  }
  if (error.code === 'BAD_DQ_ESCAPE') {
    return problem(
      'an unknown escape in double quotes',
      'one of \\n \\t \\" \\\\ \\xNN \\uNNNN',
      rest.slice(0, 2),
      'use single quotes: they have no escapes',
    );
  }
  if (error.code === 'MULTILINE_IMPLICIT_KEY') {
    return problem(
      'this is neither a "key: value" nor a "- item"',
      'YAML 1.2',
      line.trim(),
      'check that this file is a case; a text over several lines is indented below its key',
    );
  }
  const quote = /(['"])\s*$/.exec(line.slice(0, column))?.[1];
  if (error.code === 'UNEXPECTED_TOKEN' && quote !== undefined) {
    return problem(
      'text goes on after the closing quote',
      'the end of the value',
      rest.trim(),
      quote === "'" ? "inside '…' a ' is written ''" : 'inside "…" a " is written \\"',
    );
  }
  if (error.code === 'MISSING_CHAR' && /Sequence item without/.test(error.message)) {
    return {
      ...problem(
        'this line stands at the column of the dashes but has none',
        '"- " or more indentation',
        line.trim(),
        'indent it as far as the keys of its step',
      ),
      offset: lineStart + (/^\s*/.exec(line)?.[0].length ?? 0),
    };
  }
  if (/All mapping items must start at the same column/.test(error.message)) {
    return {
      ...problem(
        'this key is indented differently from its neighbours',
        'the column of the other keys',
        line.trim(),
        'align it with the keys that it belongs to',
      ),
      offset: lineStart + (/^\s*/.exec(line)?.[0].length ?? 0),
    };
  }
  return undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
