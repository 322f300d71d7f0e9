import type { Mode, ParseContext } from './parse-context';

/** A JSON Schema fragment; `$ref`s of the form `#/$defs/NAME` point into the case schema. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The type of a field in expressions. */
export type ExpressionType = 'int' | 'bool' | 'string' | 'bytes' | 'list' | 'map';

/** A whole number of `bits` on the wire, most significant bit first; the value is the wire's number times `scale`. */
export interface BitsLayout {
  readonly bits: number;
  /** 1 unless said; Wireshark shows some lengths in bytes that the wire has in words. */
  readonly scale?: number;
}

/** Whole octets: a fixed count, or `rest` for all up to the end of the header. */
export interface OctetsLayout<T> {
  readonly octets: number | 'rest';
  /** Reads `[start, end)`; never throws, and keeps malformed content so that `encode` gives the same octets. */
  decode(bytes: Buffer, start: number, end: number): T;
  /** Writes `octetLength(value)` octets at `start`. */
  encode(value: T, bytes: Buffer, start: number): void;
  octetLength(value: T): number;
}

export type Layout<T> = BitsLayout | OctetsLayout<T>;

/** What a matcher key such as `min` means for a kind. */
export interface MatcherDefinition {
  readonly doc: string;
  readonly schema: JsonSchema;
  /** Undefined when a problem was noted. */
  parse(authored: unknown, context: ParseContext): { text: string; test: (actual: unknown) => boolean } | undefined;
}

/**
 * How one sort of field value is written by an author, lies on the wire, is compared and shown. Protocols only name kinds;
 * codec walks them. Values are canonical: one JavaScript value for one meaning, so that `===` is enough for all numbers.
 */
export interface FieldKind<T = unknown> {
  readonly name: string;
  /** What an author may write, for the reference page. */
  readonly doc: string;
  readonly layout: Layout<T>;
  readonly expressionType: ExpressionType;
  /** Matcher keys beyond those that every kind knows (`in`, `not`, `where`). */
  readonly matchers: Readonly<Record<string, MatcherDefinition>>;
  /** The canonical value, or undefined after noting a problem. */
  parse(authored: unknown, context: ParseContext): T | undefined;
  /** As an author writes it. `fields` are the layer's other values, for names that depend on them. */
  format(value: T, fields?: Readonly<Record<string, unknown>>): string;
  /** Whether an actual value is what was expected; parts that `expected` leaves unset are not compared. */
  equals(expected: T, actual: T): boolean;
  /** Schema of the literals; expressions and matchers are added by codec. */
  schema(mode: Mode): JsonSchema;
  /** The value as expressions see it: number, text, bytes, list or map. */
  toExpression(value: T): unknown;
  /** For kinds of variable length: the value that means "nothing there". */
  readonly empty?: T;
  /** Authored values that are valid in both modes, for docs and for the laws' random layers. */
  readonly examples: readonly unknown[];
}

/** A kind of any value type, for tables that hold them all. */
// biome-ignore lint/suspicious/noExplicitAny: FieldKind is invariant in T; only codec, which never mixes kinds, sees this type
export type AnyKind = FieldKind<any>;

export function isBits(layout: Layout<unknown>): layout is BitsLayout {
  return 'bits' in layout;
}
