import type { Expression } from '../expressions';
import type { StepContext, Wait } from './context';

/** A JSON Schema fragment; `$ref`s of the form `#/$defs/NAME` point into the case schema (see engine/loader/case-schema.ts). */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Keys that may stand beside a verb, with one meaning for all verbs that allow them (design/language.md §2 rule 10). */
export type Modifier = 'as' | 'on' | 'after' | 'at' | 'within' | 'since' | 'for' | 'track' | 'soft' | 'patience';

/** What a name stands for. `value` is what `let`, `vars` and rows make; its CEL type is known from its value. */
export type NameKind = 'connection' | 'socket' | 'frame' | 'frames' | 'call' | 'value';

/** An authored value in which every string that begins with `=` has become an {@link Expression}; `isStatic` tells that none has. */
export type Template = unknown;

/** One step of a case after the check: names are known, expressions compiled, static values normalised. */
export interface CheckedStep {
  readonly verb: string;
  readonly definition: StepDefinition;
  /** The verb's own value. */
  readonly value: Template;
  /** All keys beside the verb, modifiers included, as authored (expressions compiled). */
  readonly keys: Readonly<Record<string, Template>>;
  /** `file` and `path` of the step; a deeper place is `{ ...where, path: [...where.path, key] }`. */
  readonly where: Where;
  /** The connection this step works on: `on:` or the only one there is. */
  readonly on?: string;
  /** The socket this step works on: `fd:` or the only one there is. Unset for steps without a socket. */
  readonly fd?: string;
  /** The name that the step makes: `as:` or the default name of the kind (`conn`, `server`, `sock`). */
  readonly as?: string;
  /** Nested steps by key (`then`, `else`, `steps`, or a branch's name). */
  readonly blocks?: Readonly<Record<string, readonly CheckedStep[]>>;
}

/** A place in a case: the path of keys and indexes from the document's root. */
export interface Where {
  readonly file: string;
  readonly path: readonly (string | number)[];
}

/** A step as authored: the verb and all keys beside it; expressions are strings that begin with `=`. */
export type RawStep = Readonly<Record<string, unknown>>;

/** What must exist for a step: found by `on`/`fd`, else the only connection, the only socket that does not listen, or the only listener. */
export type Need = 'connection' | 'socket' | 'listener';

/** What a step's `as:` names; with `defaultName` the thing is made and named so also without `as:`. `listens` marks a listening socket. */
export interface Made {
  readonly kind: NameKind;
  readonly defaultName?: string;
  readonly listens?: boolean;
}

/** A name that a step uses or makes, for the static check. `path` is relative to the step. */
export interface NameMention {
  readonly role: 'use' | 'make';
  readonly kind: NameKind;
  readonly name: string;
  readonly path: readonly (string | number)[];
  /** For a socket that is made: whether it listens. */
  readonly listens?: boolean;
  /** For a `value` whose `path` holds the name itself (a loop's index): its CEL type, or the list that it runs over. */
  readonly type?: string | { readonly elementOf: readonly (string | number)[] };
}

/** A mistake that a step's own check finds in static values; `path` is relative to the step. */
export interface StepProblem {
  readonly code: string;
  readonly message: string;
  readonly path: readonly (string | number)[];
  readonly at?: 'key' | 'value';
  readonly expected?: string;
  readonly got?: string;
  readonly fix?: string;
}

/** One verb: the only place that knows its schema, its documentation, its static check and what it does. */
export interface StepDefinition {
  readonly verb: string;
  /** One sentence for the editor's hover and the reference page. */
  readonly doc: string;
  /** A YAML step that is valid where a connection `conn` and a socket `sock` exist. */
  readonly example: string;
  /** Schema of the verb's value. */
  readonly value: JsonSchema;
  /** Schemas of further keys beside the verb (not modifiers). */
  readonly keys?: Readonly<Record<string, JsonSchema>>;
  /** Keys of `keys` that must be there. */
  readonly required?: readonly string[];
  readonly modifiers: readonly Modifier[];
  /** Whether the step needs a connection (`on`, else the only one) or a socket (`fd`, else the only one that does not listen). */
  readonly needs?: Need | ((step: RawStep) => Need | undefined);
  /** What the step's `as:` names. A function where it depends on the step (a DUT call makes a socket or a call result). */
  readonly makes?: Made | ((step: RawStep) => Made | undefined);
  /** Keys that hold nested step lists; a map of named lists (parallel) is given as `branches`. */
  readonly blocks?: readonly string[];
  /**
   * Which names made in nested steps are visible after the step: `inside` none (unless said), `choice` those that all
   * blocks make (if), `loop` all (repeat), `parallel` none, but a sibling branch may await or watch a branch's calls.
   */
  readonly scope?: 'inside' | 'choice' | 'loop' | 'parallel';
  /** Keys of the verb's value that are evaluated after the nested steps, so see their names (repeat's `until`). */
  readonly lateKeys?: readonly string[];
  /** Whether the step makes its socket listen. */
  listens?(step: RawStep): boolean;
  /** Names mentioned elsewhere than in on/fd/as, e.g. `await: NAME`. Given the raw step (verb and keys, as authored). */
  names?(step: RawStep): readonly NameMention[];
  /** Static mistakes beyond the schema. Given the raw step; values that are expressions are strings beginning with `=`. */
  check?(step: RawStep): readonly StepProblem[];
  /** Parses what is static before the test starts, so that nothing of it is left to do between two frames. */
  prepare?(step: CheckedStep): void;
  /** Runs the step: yields while it waits; see engine/runner. */
  run(step: CheckedStep, context: StepContext): Generator<Wait, void, void>;
}

/** True for values that hold an {@link Expression} somewhere. */
export type MaybeExpression<T> = T | Expression;
