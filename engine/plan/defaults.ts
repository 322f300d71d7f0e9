import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadDocument, type Problem, type SourceDocument } from '../loader';
import { isMap } from './authored';
import type { StackSource } from './stack-notes';

/** What a case and the `defaults.yaml` of the folders above it say together. */
export interface Settings {
  readonly lab: Readonly<Record<string, unknown>>;
  readonly over?: readonly string[];
  readonly tolerance?: string;
  readonly tags: readonly string[];
  /** Notes about stacks, nearest last. */
  readonly stacks: readonly StackSource[];
}

const FILE = 'defaults.yaml';

/** Files that mark the top of a project: folders above are somebody else's. */
const PROJECT_MARKS = ['package.json', '.git'];

/** Reads `defaults.yaml` of folders, each once. */
export class FolderDefaults {
  readonly #documents = new Map<string, SourceDocument | undefined>();
  readonly problems: Problem[] = [];

  /** @param check the shape of a document; without it shapes are trusted. */
  constructor(private readonly check: (document: SourceDocument) => readonly Problem[] = () => []) {}

  /** A case's settings: its own win over its folder's, nearer folders over those further up; tags add up. */
  settingsOf(document: SourceDocument): Settings {
    let lab: Record<string, unknown> = {};
    let over: readonly string[] | undefined;
    let tolerance: string | undefined;
    const tags = new Set<string>();
    const stacks: { document: SourceDocument; notes: Readonly<Record<string, unknown>>; path: readonly string[] }[] =
      [];
    for (const layer of [...this.#above(dirname(document.file)), document]) {
      if (!isMap(layer.data)) continue;
      const { data } = layer;
      if (isMap(data.lab)) lab = merged(lab, data.lab);
      if (Array.isArray(data.over)) over = data.over.map(String);
      if (typeof data.tolerance === 'string') tolerance = data.tolerance;
      if (Array.isArray(data.tags)) for (const tag of data.tags) tags.add(String(tag));
      if (isMap(data.stacks)) stacks.push({ document: layer, notes: data.stacks, path: ['stacks'] });
    }
    return { lab, over, tolerance, tags: [...tags], stacks };
  }

  /** The defaults of a folder and those above it, outermost first. */
  #above(folder: string): SourceDocument[] {
    const found: SourceDocument[] = [];
    for (let at = folder; ; at = dirname(at)) {
      const document = this.#read(at);
      if (document !== undefined) found.unshift(document);
      if (dirname(at) === at || PROJECT_MARKS.some((mark) => existsSync(join(at, mark)))) return found;
    }
  }

  #read(folder: string): SourceDocument | undefined {
    if (this.#documents.has(folder)) return this.#documents.get(folder);
    const file = join(folder, FILE);
    let document: SourceDocument | undefined;
    if (existsSync(file)) {
      const loaded = loadDocument(file);
      this.problems.push(...loaded.problems);
      if (loaded.document !== undefined) {
        const problems = this.check(loaded.document);
        this.problems.push(...problems);
        if (problems.length === 0) document = loaded.document;
      }
    }
    this.#documents.set(folder, document);
    return document;
  }
}

/** Maps merged key by key, the nearer value winning. */
function merged(
  far: Readonly<Record<string, unknown>>,
  near: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...far };
  for (const [key, value] of Object.entries(near)) {
    const before = result[key];
    result[key] = isMap(before) && isMap(value) ? merged(before, value) : value;
  }
  return result;
}
