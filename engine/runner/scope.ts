import type { Scope, Thing } from '../steps';

/** Names of a test or of a branch inside it: what a branch makes stays inside, what the test made is seen from inside. */
export class NameScope implements Scope {
  private readonly own = new Map<string, Thing>();
  /** Calls of the whole test: a branch may await or watch those of its siblings. */
  private readonly calls: Map<string, Thing>;

  constructor(private readonly outer?: NameScope) {
    this.calls = outer?.calls ?? new Map();
  }

  get(name: string): Thing | undefined {
    return this.find(name) ?? this.calls.get(name);
  }

  set(name: string, thing: Thing): void {
    this.own.set(name, thing);
    if (thing.kind === 'call') this.calls.set(name, thing);
  }

  private find(name: string): Thing | undefined {
    return this.own.get(name) ?? this.outer?.find(name);
  }

  *things(): Iterable<readonly [string, Thing]> {
    yield* this.own;
    if (this.outer !== undefined) yield* this.outer.things();
  }
}
