import type { Environment } from '@marcbachmann/cel-js';
import { cel, celNames, makeEnvironment } from './cel';
import { EvaluationFailure, Expression, type Where } from './expression';
import { expressionFunctions, randomFunctions } from './functions';
import { nearest } from './nearest';
import { type ExpressionProblem, explainSyntax, explainType, foreignFunctions } from './problems';
import { type Parts, partsOf } from './syntax';
import { Conversions, type ExpressionType, type ObjectType } from './types';

/** What expressions may speak about, beside a case's own names. */
export interface Vocabulary {
  readonly types: readonly ObjectType[];
  /** Constants of POSIX and of protocols; names of errnos are texts. */
  readonly constants: Readonly<Record<string, number | bigint | string>>;
  /** The object type of an engine's object, for places where the check knows no type. */
  readonly typeOf?: (value: object) => string | undefined;
}

/** The names that an expression may use at its place in the case. */
export interface VisibleNames {
  typeOf(name: string): ExpressionType | undefined;
  all(): Iterable<string>;
  /** What to say about a name that is not visible, where more is known than "unknown". */
  explain?(name: string): Partial<Pick<ExpressionProblem, 'code' | 'message' | 'expected' | 'fix'>> | undefined;
}

/** An expression, or why it is none. */
export type Compiled =
  | { readonly expression: Expression; readonly problem?: undefined }
  | { readonly expression?: undefined; readonly problem: ExpressionProblem };

/** One vocabulary's environment, made when the first expression needs it. */
export class ExpressionLanguage {
  readonly conversions: Conversions;
  #environment: Environment | undefined;
  #dynamic: unknown;

  constructor(readonly vocabulary: Vocabulary) {
    this.conversions = new Conversions(vocabulary.types, vocabulary.typeOf ?? (() => undefined));
  }

  /** A compiler for the expressions of one document; `types` are that document's own, such as its rows. */
  compiler(types: readonly ObjectType[] = []): ExpressionCompiler {
    return new ExpressionCompiler(this, types);
  }

  /** A copy of the environment in which names can be declared. */
  environment(): Environment {
    this.#environment ??= makeEnvironment(this.vocabulary.types, this.conversions);
    return this.#environment.clone();
  }

  /** CEL's own object for the type `dyn`, which its interface gives no name. */
  get dynamic(): unknown {
    if (this.#dynamic === undefined) {
      const parsed = this.environment().parse('dyn(0)');
      parsed.check();
      this.#dynamic = (parsed.ast as { checkedType?: unknown }).checkedType;
    }
    return this.#dynamic;
  }
}

/** An environment and the types that names have been declared with in it. */
interface Declared {
  readonly environment: Environment;
  readonly types: Map<string, ExpressionType>;
}

/**
 * Compiles and checks expressions. Names are declared in CEL as expressions use them; where two scopes of a document
 * give one name different types, a second environment is made.
 */
export class ExpressionCompiler {
  readonly #declared: Declared[] = [];
  readonly #conversions: Conversions;

  constructor(
    private readonly language: ExpressionLanguage,
    private readonly types: readonly ObjectType[],
  ) {
    this.#conversions =
      types.length === 0
        ? language.conversions
        : new Conversions(types, language.vocabulary.typeOf ?? (() => undefined), language.conversions);
  }

  /** Checks `source` (without the `=`) where `names` are visible. Everything is checked but the run itself. */
  compile(source: string, where: Where, names: VisibleNames): Compiled {
    let parts: Parts;
    try {
      parts = partsOf(this.#environments()[0].environment.parse(source).ast);
    } catch (error) {
      return { problem: explainSyntax(source, error) };
    }
    const problem = this.#checkWords(source, parts, names);
    if (problem !== undefined) return { problem };

    const inputs = new Map<string, ExpressionType>();
    for (const { name } of parts.names) {
      const type = names.typeOf(name);
      if (type !== undefined) inputs.set(name, type);
    }
    const environment = this.#environmentFor(inputs, parts);
    const run = environment.parse(source);
    // CEL has no type for "a value or null"; as `dyn`, a null may stand in one branch of `? :`.
    for (const node of partsOf(run.ast).nulls) (node as { checkedType?: unknown }).checkedType = this.language.dynamic;
    const checked = run.check();
    if (checked.error !== undefined) {
      return { problem: explainType(source, checked.error, (typeName) => this.#fieldsOf(typeName)) };
    }
    const usesRandom = parts.functions.some(({ name }) => randomFunctions.has(name));
    const expression = new Expression(source, where, plainType(checked.type), {
      run,
      inputs: [...inputs].map(([name, type]) => [name, this.#conversions.toCel(type)] as const),
      usesRandom,
      parsePart: (part) => environment.parse(part),
    });
    return inputs.size === 0 && !usesRandom ? tried(expression) : { expression };
  }

  #checkWords(source: string, parts: Parts, names: VisibleNames): ExpressionProblem | undefined {
    for (const { start, end } of parts.tooLarge) {
      const got = source.slice(start, end);
      return { code: 'VALUE_TOO_LARGE', message: `${got} does not fit into a signed 64-bit integer`, start, end, got };
    }
    for (const { name, start, end } of parts.names) {
      if (names.typeOf(name) !== undefined || name in this.language.vocabulary.constants || celNames.has(name))
        continue;
      const candidates = [...names.all(), ...Object.keys(this.language.vocabulary.constants)];
      const near = nearest(name, candidates);
      return {
        code: 'UNKNOWN_NAME',
        message: `nothing here is called "${name}"`,
        start,
        end,
        expected: [...names.all()].length === 0 ? 'a constant' : `one of ${[...names.all()].join(', ')}, or a constant`,
        got: name,
        fix: near === undefined ? `make it with "as: ${name}" or "let" in an earlier step` : `write ${near}`,
        ...names.explain?.(name),
      };
    }
    for (const { name, start, end } of parts.functions) {
      const foreign = foreignFunctions[name];
      if (foreign === undefined && knownFunctions().has(name)) continue;
      const near = nearest(name, knownFunctions());
      return {
        code: 'UNKNOWN_NAME',
        message: `there is no function "${name}"`,
        start,
        end,
        expected: `one of ${expressionFunctions.map((each) => each.name).join(', ')}`,
        got: name,
        fix: foreign ?? (near === undefined ? undefined : `write ${near}`),
      };
    }
    return undefined;
  }

  #environments(): [Declared, ...Declared[]] {
    const [first, ...others] = this.#declared;
    if (first !== undefined) return [first, ...others];
    return [this.#addEnvironment()];
  }

  #addEnvironment(): Declared {
    const environment = this.language.environment();
    for (const { name, fields } of this.types) {
      const celFields = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.type]));
      environment.registerType(name, { ctor: this.#conversions.viewClass(name), fields: celFields });
    }
    const declared: Declared = { environment, types: new Map() };
    this.#declared.push(declared);
    return declared;
  }

  #environmentFor(inputs: ReadonlyMap<string, ExpressionType>, parts: Parts): Environment {
    const fits = ({ types }: Declared): boolean =>
      [...inputs].every(([name, type]) => (types.get(name) ?? type) === type);
    const { environment, types } = this.#environments().find(fits) ?? this.#addEnvironment();
    for (const [name, type] of inputs) {
      if (types.has(name)) continue;
      environment.registerVariable(name, type);
      types.set(name, type);
    }
    for (const { name } of parts.names) {
      const value = this.language.vocabulary.constants[name];
      if (value === undefined || types.has(name)) continue;
      const isText = typeof value === 'string';
      environment.registerConstant(name, isText ? 'string' : 'int', isText ? value : BigInt(value));
      types.set(name, isText ? 'string' : 'int');
    }
    return environment;
  }

  #fieldsOf(typeName: string): readonly string[] {
    const type = [...this.language.vocabulary.types, ...this.types].find(({ name }) => name === typeName);
    return type === undefined ? [] : Object.keys(type.fields);
  }
}

let functionNames: ReadonlySet<string> | undefined;

function knownFunctions(): ReadonlySet<string> {
  if (functionNames === undefined) {
    const own = new (cel().Environment)()
      .getDefinitions()
      .functions.filter(({ receiverType }) => receiverType === null);
    functionNames = new Set([...own, ...expressionFunctions].map(({ name }) => name));
  }
  return functionNames;
}

/** An expression without names always has the same value, so its failure is already known. */
function tried(expression: Expression): Compiled {
  try {
    expression.evaluate({});
    return { expression };
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const { reason, start, end } = error;
    return { problem: { code: 'EXPRESSION_FAILED', message: reason, start, end } };
  }
}

function plainType(type: string | undefined): ExpressionType {
  if (type === undefined || type === 'null' || type.startsWith('dyn')) return 'dyn';
  if (type === 'list') return 'list<dyn>';
  if (type === 'map') return 'map<dyn, dyn>';
  return type.includes('<A>') || type.includes('<T>') ? 'list<dyn>' : type;
}
