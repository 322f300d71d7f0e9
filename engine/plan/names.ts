import type { ExpressionType } from '../expressions';
import type { NameKind } from '../steps';
import type { Path } from './authored';

/** A name of a case and what the check knows of it. */
export interface KnownName {
  readonly name: string;
  /** `fact`: a name of the language itself, such as `dut` or `row`. */
  readonly kind: NameKind | 'fact';
  readonly type: ExpressionType;
  /** A socket that listens. */
  listens?: boolean;
  /** Where it is made, from the document's root; unset for facts. */
  readonly path?: Path;
  /** The same name made in the other branches of a choice. */
  readonly others?: readonly KnownName[];
}

/** The type that a kind of thing has in expressions. */
export const kindTypes: Readonly<Record<Exclude<NameKind, 'value'>, ExpressionType>> = {
  connection: 'connection',
  socket: 'socket',
  frame: 'frame',
  frames: 'list<frame>',
  call: 'call',
};

/**
 * The names visible at one place of a case: its own and those of the scopes around it. Steps add names as the check
 * walks over them, so a name that a later step makes is not there yet.
 */
export class NameScope {
  readonly #names = new Map<string, KnownName>();
  /** Names that exist but cannot be used here, with the reason. */
  readonly #hidden = new Map<string, string>();
  /** Calls of sibling branches. */
  readonly #lent = new Map<string, KnownName>();

  constructor(private readonly outer?: NameScope) {}

  find(name: string): KnownName | undefined {
    return this.#names.get(name) ?? this.outer?.find(name);
  }

  declare(known: KnownName): void {
    this.#names.set(known.name, known);
  }

  /** Tells why a name cannot be used, for the message about its use. */
  hide(name: string, reason: string): void {
    this.#hidden.set(name, reason);
  }

  reasonHidden(name: string): string | undefined {
    return this.#hidden.get(name) ?? this.outer?.reasonHidden(name);
  }

  /** A call that a sibling branch makes: it can be awaited and watched, nothing else. */
  lendCall(known: KnownName): void {
    this.#lent.set(known.name, known);
  }

  findCall(name: string): KnownName | undefined {
    return this.find(name) ?? this.#lent.get(name) ?? this.outer?.findCall(name);
  }

  /** All names, outer ones first. */
  *all(): Generator<KnownName> {
    if (this.outer !== undefined) yield* this.outer.all();
    yield* this.#names.values();
  }

  /** The names made in this scope itself. */
  own(): Iterable<KnownName> {
    return this.#names.values();
  }

  inner(): NameScope {
    return new NameScope(this);
  }
}
