import { isAlias, isMap, isPair, isScalar, isSeq, type LineCounter, type Node, type Scalar } from 'yaml';
import { formatPath, lineOf, type Problem } from './problem';
import { type Span, spanOf } from './span';
import { quoted, type StrayToken, wholeExpression } from './syntax';

/** Nodes that aliases may add before the document counts as an alias bomb. */
const maxAliasedNodes = 10_000;

/** Collections inside collections; real cases stay below twenty. */
const maxDepth = 64;

type Path = readonly (string | number)[];

/** Turns nodes into plain data and notes what the language forbids although YAML allows it. */
export class NodeReader {
  readonly problems: Problem[] = [];
  /** What each alias stands for, for {@link ./document.ts}. */
  readonly targets = new Map<Node, Node>();
  /** The data is incomplete: an alias bomb or an endless nesting was cut off. */
  isBroken = false;
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private aliasDepth = 0;
  private aliasedNodes = 0;

  constructor(
    private readonly file: string,
    private readonly text: string,
    private readonly lines: LineCounter,
    private readonly isJson: boolean,
  ) {}

  read(node: Node | null, path: Path, depth: number): unknown {
    if (this.isBroken || node === null) return null;
    if (depth > maxDepth) {
      this.isBroken = true;
      this.problems.push(tooDeep(this.file, this.text, this.spanOf(node)));
      return null;
    }
    if (this.aliasDepth > 0 && ++this.aliasedNodes > maxAliasedNodes) {
      this.isBroken = true;
      return null;
    }
    if (isAlias(node)) return this.readAlias(node, path, depth);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.readScalar(node, path);
    if (isSeq(node)) {
      this.open.add(node);
      const items = node.items.map((item, index) => this.readItem(item, [...path, index], depth + 1));
      this.open.delete(node);
      return items;
    }
    if (isMap(node)) {
      this.open.add(node);
      const map = this.readMap(node.items, path, depth);
      this.open.delete(node);
      return map;
    }
    return null;
  }

  private readItem(item: unknown, path: Path, depth: number): unknown {
    const node = item as Node | null;
    if (isEmptyScalar(node)) {
      this.report(node, path, {
        code: 'NULL_VALUE',
        message: 'this item of the list is empty',
        expected: 'a value',
        got: 'nothing',
        fix: 'write the item or remove the dash',
      });
      return null;
    }
    return this.read(node, path, depth);
  }

  private readMap(pairs: readonly unknown[], path: Path, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    let before: Node | null = null;
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const keyNode = pair.key as Node | null;
      const valueNode = pair.value as Node | null;
      const key = this.readKey(keyNode, path);
      if (key === undefined) continue;
      const at = [...path, key];
      if (Object.hasOwn(map, key)) {
        this.report(keyNode, at, {
          code: 'DUPLICATE_KEY',
          message: `the key "${key}" stands twice in this mapping`,
          expected: 'each key once',
          got: `${key} again`,
          fix: 'remove one of the two',
        });
        continue;
      }
      let value: unknown = null;
      if (isEmptyScalar(valueNode)) this.reportEmptyValue(keyNode, key, at, before);
      else value = this.read(valueNode, at, depth + 1);
      // Assignment would call the setter of `__proto__`.
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
      before = valueNode;
    }
    return map;
  }

  private readKey(node: Node | null, path: Path): string | undefined {
    if (isScalar(node) && node.value !== null) {
      const source = this.sourceOf(node);
      if (this.isJson && node.type !== 'QUOTE_DOUBLE') this.report(node, path, { ...jsonFacts, got: source });
      const key = typeof node.value === 'string' ? node.value : source;
      if (key === '<<') {
        this.report(node, path, {
          code: 'MERGE_KEY',
          message: 'YAML 1.2 has no merge key',
          expected: 'a key of the case',
          got: '<<',
          fix: 'reuse steps with parts: and use:',
        });
        return undefined;
      }
      if (node.type === 'PLAIN' && key.startsWith('=')) {
        const line = this.text.slice(node.range?.[0], this.endOfLine(node));
        const whole = wholeExpression(line);
        this.report(node, path, unquotedExpression(whole));
        return undefined;
      }
      return key;
    }
    if (isScalar(node) || node === null) {
      this.report(node, path, {
        code: 'NULL_KEY',
        message: 'a key is missing before the colon',
        expected: 'a name',
        got: 'nothing',
        fix: 'write the key, or quote the text if the colon belongs to it',
      });
      return undefined;
    }
    const source = this.text.slice(node.range?.[0], node.range?.[1]);
    this.report(node, path, {
      code: 'BAD_KEY',
      message: 'a key must be a name, not a collection',
      expected: 'a name',
      got: source.length > 40 ? `${source.slice(0, 40)}…` : source,
      fix: `an expression is written =NAME; text that begins with ${source[0]} is quoted`,
    });
    return undefined;
  }

  private readScalar(node: Scalar, path: Path): unknown {
    const { value } = node;
    const source = this.sourceOf(node);
    if (this.isJson && node.type !== 'QUOTE_DOUBLE' && !jsonWord.test(source)) {
      this.report(node, path, { ...jsonFacts, got: source });
    }
    if (node.type === 'PLAIN' && typeof value === 'string') {
      if (value.startsWith('=') && !isBalanced(value)) {
        const line = this.text.slice(node.range?.[0], this.endOfLine(node));
        this.report(node, path, unquotedExpression(wholeExpression(line)));
      } else this.checkComment(node, value, path);
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.report(node, path, {
        code: 'NOT_FINITE',
        message: 'this is not a finite number',
        expected: 'a number or a text',
        got: source,
        fix: `quote it if it is a text: ${quoted(source)}`,
      });
    }
    if (typeof value !== 'bigint') return value;
    if (node.type === 'PLAIN' && /^[-+]?0\d/.test(source)) {
      this.report(node, path, {
        code: 'LEADING_ZERO',
        message: 'an integer with a leading zero can be read in two ways',
        expected: 'an integer without leading zero, or a text',
        got: source,
        fix: `write ${value} for the number, ${quoted(source)} for the text`,
      });
    }
    if (value > 2n ** 64n - 1n || value < -(2n ** 63n)) {
      this.report(node, path, {
        code: 'INTEGER_TOO_LARGE',
        message: 'this integer does not fit 64 bits',
        expected: '-9223372036854775808 … 18446744073709551615',
        got: source,
        fix: `quote it if it is a text: ${quoted(source)}`,
      });
    }
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** `title: Fix for #12` and `x: =a #b`: what follows ` #` is lost without a word. */
  private checkComment(node: Scalar, value: string, path: Path): void {
    const key = path[path.length - 1];
    const isProse = key === 'title' || key === 'about' || key === 'name' || value.startsWith('=');
    if (!isProse || node.range === null || node.range === undefined) return;
    const rest = this.text.slice(node.range[1], this.endOfLine(node));
    const comment = /^[ \t]+#(?=\S).*$/.exec(rest);
    if (comment === null) return;
    this.report(node, path, {
      code: 'CUT_BY_COMMENT',
      message: 'the text is cut at " #", where a comment begins',
      expected: 'the whole text in quotes',
      got: value,
      fix: `write ${quoted(value + comment[0])}, or put a space after the # if it is a comment`,
    });
  }

  private readAlias(node: Node & { source: string }, path: Path, depth: number): unknown {
    const target = this.anchors.get(node.source);
    if (target === undefined) {
      this.report(node, path, {
        code: 'UNKNOWN_ALIAS',
        message: `there is no anchor &${node.source} before this place`,
        expected: this.anchors.size > 0 ? `one of ${[...this.anchors.keys()].join(', ')}` : 'a value',
        got: `*${node.source}`,
        fix: `quote it if it is a text: ${quoted(`*${node.source}`)}`,
      });
      return null;
    }
    if (this.open.has(target)) {
      this.report(node, path, {
        code: 'ALIAS_LOOP',
        message: `the alias *${node.source} stands inside its own anchor`,
        expected: 'an anchor that is complete before its alias',
        got: `*${node.source}`,
        fix: 'write the value out',
      });
      return null;
    }
    this.targets.set(node, target);
    this.aliasDepth++;
    const value = this.read(target, path, depth);
    this.aliasDepth--;
    if (this.aliasedNodes > maxAliasedNodes && this.aliasDepth === 0) {
      this.report(node, path, {
        code: 'ALIAS_BOMB',
        message: 'the aliases of this document multiply beyond measure',
        expected: `at most ${maxAliasedNodes} values made by aliases`,
        got: `more, at *${node.source}`,
        fix: 'use matrix: or table: for many variants',
      });
    }
    return value;
  }

  private reportEmptyValue(keyNode: Node | null, key: string, path: Path, before: Node | null): void {
    const pasted = /^([A-Za-z_]\w*):(\S+)$/.exec(key);
    if (pasted !== null) {
      this.report(keyNode, path, {
        code: 'NULL_VALUE',
        message: `"${key}" is read as a key without a value`,
        expected: 'a space after the colon',
        got: key,
        fix: `write ${pasted[1]}: ${pasted[2]}`,
      });
      return;
    }
    if (isScalar(before) && before.type === 'PLAIN' && typeof before.value === 'string' && keyNode !== null) {
      const from = before.range?.[0] ?? 0;
      const between = this.text.slice(before.range?.[1], keyNode.range?.[0]);
      if (/^\s*,\s*$/.test(between) && !between.includes('\n')) {
        const whole = this.text.slice(from, keyNode.range?.[1]);
        this.report(keyNode, path, {
          code: 'NULL_VALUE',
          message: `the key "${key}" has no value`,
          expected: 'a value after the colon',
          got: 'nothing',
          fix: `write ${quoted(whole)} if the comma belongs to the text, or give ${key} a value`,
        });
        return;
      }
    }
    this.report(keyNode, path, {
      code: 'NULL_VALUE',
      message: `the key "${key}" has no value`,
      expected: 'a value after the colon',
      got: 'nothing',
      fix: 'write the value ({} if all of it is default) or remove the key',
    });
  }

  reportStray({ kind, offset, length }: StrayToken): void {
    this.reportAt(offset, length, '', kind === 'tab' ? tabFacts : tagFacts);
  }

  reportDirective(): void {
    this.reportAt(this.text.indexOf('%'), 1, '', {
      code: 'DIRECTIVE',
      message: 'a case has no YAML directive',
      expected: 'YAML 1.2 core',
      got: 'a line that begins with %',
      fix: 'remove the line',
    });
  }

  /** YAML accepts more than JSON does; a .json file must be JSON for everyone. */
  checkJson(): void {
    try {
      JSON.parse(this.text);
    } catch (error) {
      const { message } = error as Error;
      // Not all of V8's messages tell the position; scalars without quotes are found one by one while reading.
      const position = / at position (\d+)/.exec(message)?.[1];
      if (position === undefined) return;
      this.reportAt(Math.min(Number(position), this.text.length - 1), 1, '', {
        ...jsonFacts,
        got: message.replace(/ (?:in JSON )?at position.*$/s, ''),
      });
    }
  }

  private report(node: Node | null, path: Path, facts: Facts): void {
    const span = this.spanOf(node);
    this.push(span, formatPath(path), facts);
  }

  private reportAt(offset: number, length: number, path: string, facts: Facts): void {
    const { line, col } = this.lines.linePos(offset);
    this.push({ line, column: col, endLine: line, endColumn: col + length }, path, facts);
  }

  private push(span: Span, path: string, facts: Facts): void {
    this.problems.push({
      ...facts,
      file: this.file,
      line: span.line,
      column: span.column,
      endColumn: span.endLine === span.line ? span.endColumn : undefined,
      path,
      sourceLine: lineOf(this.text, span.line),
    });
  }

  private spanOf(node: Node | null): Span {
    return spanOf(this.lines, node?.range?.[0] ?? 0, node?.range?.[1] ?? 0);
  }

  private sourceOf(node: Node): string {
    return this.text.slice(node.range?.[0], node.range?.[1]);
  }

  private endOfLine(node: Node): number {
    const end = this.text.indexOf('\n', node.range?.[0]);
    return end < 0 ? this.text.length : end;
  }
}
/** Brackets that nobody closes, or data made to exhaust the parser. */
export function tooDeep(file: string, text: string, span: Pick<Span, 'line' | 'column'>): Problem {
  return {
    code: 'TOO_DEEP',
    message: 'collections are nested too deeply',
    file,
    line: span.line,
    column: span.column,
    endColumn: span.column + 1,
    path: '',
    expected: `at most ${maxDepth} levels`,
    fix: 'close the brackets that were opened before',
    sourceLine: lineOf(text, span.line),
  };
}
/** A value that is not written at all, unlike the word null. */
export function isEmptyScalar(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && (node.source ?? '') === '');
}
type Facts = Pick<Problem, 'code' | 'message' | 'expected' | 'got' | 'fix'>;

const jsonFacts: Facts = {
  code: 'JSON_SYNTAX',
  message: 'this is YAML but not JSON',
  expected: 'JSON, because the file ends in .json',
  fix: 'write keys and texts in double quotes, or name the file NAME.case.yaml',
};

/** What may stand in JSON without quotes. */
const jsonWord = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)$/;

const tabFacts: Facts = {
  code: 'TAB',
  message: 'a tab stands between the parts of the document',
  expected: 'spaces',
  got: 'a tab',
  fix: 'replace it with spaces',
};

const tagFacts: Facts = {
  code: 'TAG',
  message: 'a case has no YAML tags',
  expected: 'a value',
  got: 'a tag that begins with !',
  fix: 'remove the tag; an expression is written =…, and text that begins with ! is quoted',
};

function unquotedExpression(whole: string): Facts {
  return {
    code: 'UNQUOTED_EXPRESSION',
    message: 'an expression with a comma, a bracket or ": " must be quoted',
    expected: quoted(whole),
    got: whole,
    fix: 'quote the expression',
  };
}
/** Whether all brackets and quotes of an expression are closed: a plain scalar in `{…}` that is cut at a comma has open ones. */
function isBalanced(expression: string): boolean {
  const withoutText = expression.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, '');
  if (/['"]/.test(withoutText)) return false;
  let open = 0;
  for (const c of withoutText) {
    if (c === '(' || c === '[' || c === '{') open++;
    if (c === ')' || c === ']' || c === '}') open--;
  }
  return open === 0;
}
