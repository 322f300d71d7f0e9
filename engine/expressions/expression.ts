import type { ParseResult } from '@marcbachmann/cel-js';
import { type RandomSource, withRandom } from './functions';
import { explainRun } from './problems';
import { operandsOf, sourceOf } from './syntax';
import { type Converter, type ExpressionType, fromCel } from './types';

/** A place in a document: the path of keys and indexes from its root. */
export interface Where {
  readonly file: string;
  readonly path: readonly (string | number)[];
}

/** An expression failed when it ran; offsets are into its source. */
export class EvaluationFailure extends Error {
  override readonly name = 'EvaluationFailure';
  readonly code = 'EXPRESSION_FAILED';

  constructor(
    readonly expression: Expression,
    /** What went wrong, without the source. */
    readonly reason: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(`${expression}: ${reason}`);
  }
}

/** A part of a condition and the value that it has. */
export interface Operand {
  readonly source: string;
  readonly value: unknown;
}

/** What the compiler knows of an expression. */
export interface CompiledSource {
  readonly run: ParseResult;
  readonly inputs: readonly (readonly [name: string, convert: Converter])[];
  readonly usesRandom: boolean;
  /** Parses a part of the source where the same names are known. */
  readonly parsePart: (source: string) => ParseResult;
}

/** A checked expression of a case, compiled once and evaluated as often as its step runs. */
export class Expression {
  readonly #compiled: CompiledSource;

  /** Made by {@link ExpressionCompiler}. */
  constructor(
    /** The CEL text, without the `=` in front. */
    readonly source: string,
    readonly where: Where,
    /** Type of the result, `dyn` when only a run can tell. */
    readonly type: ExpressionType,
    compiled: CompiledSource,
  ) {
    this.#compiled = compiled;
  }

  /** The names of the case that it reads. */
  get names(): readonly string[] {
    return this.#compiled.inputs.map(([name]) => name);
  }

  /** Whether its value is the same always, so known before a run. */
  get isConstant(): boolean {
    return this.#compiled.inputs.length === 0 && !this.#compiled.usesRandom;
  }

  /**
   * Computes the value. Integers come back as numbers, as bigint beyond 2^53; times as {@link Timestamp}, lengths of
   * time as {@link Duration}, bytes as Uint8Array.
   *
   * @param names the engine's values of at least {@link names}: plain values and the objects that object types read.
   * @param random the test's generator, needed only where `random()` is called.
   * @throws EvaluationFailure
   */
  evaluate(names: Readonly<Record<string, unknown>>, random?: RandomSource): unknown {
    const { run, usesRandom } = this.#compiled;
    try {
      const context = this.#context(names);
      return fromCel(usesRandom ? withRandom(random, () => run(context)) : run(context));
    } catch (error) {
      throw this.#failure(error as Error);
    }
  }

  /**
   * The values of a condition's operands, for a failure that says why it does not hold: `a.x`, `b.y + 1` of
   * `a.x == b.y + 1`. An operand that has no value is left out.
   */
  operands(names: Readonly<Record<string, unknown>>, random?: RandomSource): Operand[] {
    const { run, parsePart } = this.#compiled;
    return operandsOf(run.ast).flatMap((node): Operand[] => {
      const source = sourceOf(node, this.source);
      try {
        const context = this.#context(names);
        return [{ source, value: fromCel(withRandom(random, () => parsePart(source)(context))) }];
      } catch {
        return [];
      }
    });
  }

  #context(names: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const context: Record<string, unknown> = {};
    for (const [name, convert] of this.#compiled.inputs) context[name] = convert(names[name]);
    return context;
  }

  /** As it stands in the case. */
  toString(): string {
    return `=${this.source}`;
  }

  toJSON(): string {
    return this.toString();
  }

  #failure(error: Error): EvaluationFailure {
    const { summary, range } = error as { summary?: string; range?: { start: number; end: number } };
    return new EvaluationFailure(
      this,
      explainRun(summary ?? error.message),
      range?.start ?? 0,
      range?.end ?? this.source.length,
    );
  }
}
