import type { Scope, Thing } from '../steps';

/** Names of a test or of a branch inside it: what a branch makes stays inside, what the test made is seen from inside. */
export class NameScope implements Scope {
  private readonly own = new Map<string, Thing>();

  constructor(private readonly outer?: Scope) {}

  get(name: string): Thing | undefined {
    return this.own.get(name) ?? this.outer?.get(name);
  }

  set(name: string, thing: Thing): void {
    this.own.set(name, thing);
  }

  *things(): Iterable<readonly [string, Thing]> {
    yield* this.own;
    if (this.outer !== undefined) yield* this.outer.things();
  }
}
