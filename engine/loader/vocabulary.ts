import type { JsonSchema, StepDefinition } from '../steps';

/**
 * All words that a case may use, with their schemas and docs. The loader only reflects them: a new verb, call, layer or
 * constant appears here by being in its own list.
 */
export interface Vocabulary {
  readonly definitions: readonly StepDefinition[];
  readonly calls: readonly CallWord[];
  readonly layers: readonly LayerWord[];
  /** Schema of one layer's fields: a closed object. */
  layerSchema(layer: string, mode: FrameMode): JsonSchema;
  readonly constants: readonly ConstantWords[];
  readonly options: readonly OptionWord[];
  readonly errnos: readonly DocumentedName[];
  /** Members of struct tcp_info. */
  readonly tcpInfo: readonly DocumentedName[];
  /** Names that `stacks:` may list. */
  readonly stacks: readonly string[];
}

/** Whether a frame is sent (plain values) or expected (matchers too). */
export type FrameMode = 'send' | 'expect';

/** A call on the device under test; the part of dut/'s descriptor that the schema needs. */
export interface CallWord {
  readonly name: string;
  readonly doc: string;
  readonly params: readonly ParameterWord[];
  readonly outputs: readonly OutputWord[];
}

/** An argument of a call. */
export interface ParameterWord {
  readonly key: string;
  readonly doc: string;
  /** What kind of value it takes; an unknown kind takes anything. */
  readonly kind: string;
  /** Names of constant groups or of single constants. */
  readonly constants?: readonly string[];
  /** The call cannot be made without it, given or filled in. */
  readonly required?: boolean;
}

/** What a call gives back under a name. */
export interface OutputWord {
  readonly key: string;
  readonly doc: string;
}

/** A protocol header. */
export interface LayerWord {
  readonly key: string;
  /** Its name in the standard. */
  readonly name: string;
  readonly doc: string;
}

/** A group of C constants. */
export interface ConstantWords {
  readonly name: string;
  readonly doc: string;
  readonly isFlags: boolean;
  readonly values: Readonly<Record<string, number>>;
  readonly docs: Readonly<Record<string, string | undefined>>;
}

/** An option of getsockopt and setsockopt. */
export interface OptionWord {
  readonly name: string;
  readonly doc: string;
  /** The C type of its value, as in bindings/. */
  readonly type: string;
  /** Names of constant groups or of single constants that its value may be. */
  readonly constants?: readonly string[];
}

/** A name with its explanation: an error number, a member of a structure. */
export interface DocumentedName {
  readonly name: string;
  readonly doc: string;
}
