import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { isEmptyScalar, NodeReader, tooDeep } from './node-reader';
import { arrangeProblems, lineOf, type Problem } from './problem';
import { emptyDocument, readText } from './read-text';
import { type Span, spanOf } from './span';
import { strayTokens, syntaxProblems } from './syntax';

/** A loaded document: plain data, and for each part of it the place where it is written. */
export interface SourceDocument {
  /** As given to {@link loadDocument}. */
  readonly file: string;
  readonly text: string;
  /** Objects, arrays, strings, booleans, null, numbers; integers beyond 2^53 are bigints. */
  readonly data: unknown;
  /** The place of a value, or of its key; of the deepest existing part when the path leads nowhere. */
  locate(path: readonly (string | number)[], at?: 'key' | 'value'): Span;
  /** A scalar as it is written, quotes included: `010`, `1e3`, `"x"`. Undefined for collections and missing parts. */
  sourceOf(path: readonly (string | number)[]): string | undefined;
}

type Path = readonly (string | number)[];

/**
 * Reads a case or a `defaults.yaml`: YAML 1.2 core or, by its extension, JSON; the same data and the same errors for
 * both. Never throws for what a file may hold. `document` is there when the text could be read as a whole, also beside
 * problems, so that the check can go on and report everything at once.
 *
 * @param bytes the contents, when they are not to be read from `file`
 */
export function loadDocument(file: string, bytes?: Uint8Array): { document?: SourceDocument; problems: Problem[] } {
  const read = readText(file, bytes);
  return 'problem' in read ? { problems: [read.problem] } : parseText(file, read.text);
}
function parseText(file: string, text: string): { document?: SourceDocument; problems: Problem[] } {
  const isJson = file.endsWith('.json');
  const lines = new LineCounter();
  const parsed = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    intAsBigInt: true,
    merge: false,
    // Ours is linear; the library's compares every pair of keys.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const [firstError] = parsed.errors;
  if (firstError?.code === 'RESOURCE_EXHAUSTION') return { problems: [tooDeep(file, text, { line: 1, column: 1 })] };
  if (parsed.errors.length > 0) {
    const problems = syntaxProblems(text, parsed.errors).map((found) => ({
      ...found,
      code: isJson ? 'JSON_SYNTAX' : found.code,
      file,
      path: '',
      sourceLine: lineOf(text, found.line),
    }));
    return { problems: arrangeProblems(problems) };
  }
  const reader = new NodeReader(file, text, lines, isJson);
  if (isJson) reader.checkJson();
  else for (const stray of strayTokens(text)) reader.reportStray(stray);
  if (parsed.directives?.yaml.explicit) reader.reportDirective();
  if (parsed.contents === null) return { problems: [emptyDocument(file, 'only comments')] };
  const data = reader.read(parsed.contents, [], 0);
  const problems = arrangeProblems(reader.problems);
  if (reader.isBroken) return { problems };
  return { document: new NodeDocument(file, text, data, parsed.contents, lines, reader.targets), problems };
}
class NodeDocument implements SourceDocument {
  constructor(
    readonly file: string,
    readonly text: string,
    readonly data: unknown,
    private readonly contents: Node,
    private readonly lines: LineCounter,
    private readonly targets: ReadonlyMap<Node, Node>,
  ) {}

  locate(path: Path, at: 'key' | 'value' = 'value'): Span {
    const { node, key } = this.find(path);
    const wanted = at === 'key' && key !== null ? key : node;
    return spanOf(this.lines, wanted.range?.[0] ?? 0, wanted.range?.[1] ?? 0);
  }

  sourceOf(path: Path): string | undefined {
    const { node, isExact } = this.find(path);
    return isExact && isScalar(node) ? this.text.slice(node.range?.[0], node.range?.[1]) : undefined;
  }

  private find(path: Path): { node: Node; key: Node | null; isExact: boolean } {
    let node = this.contents;
    let key: Node | null = null;
    for (const part of path) {
      const here = this.targets.get(node) ?? node;
      if (isMap(here)) {
        const pair = here.items.find((item) => keyText(item.key, this.text) === String(part));
        if (pair === undefined) return { node, key, isExact: false };
        key = pair.key as Node;
        node = (pair.value as Node | null) ?? key;
        if (isEmptyScalar(node)) node = key;
      } else if (isSeq(here) && typeof part === 'number' && here.items[part] !== undefined) {
        key = null;
        node = here.items[part] as Node;
      } else return { node, key, isExact: false };
    }
    return { node, key, isExact: true };
  }
}
function keyText(key: unknown, text: string): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : text.slice(key.range?.[0], key.range?.[1]);
}
