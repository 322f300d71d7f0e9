import { nearestName, oneOf } from '../fields';
import type { JsonSchema, Modifier, RawStep, StepDefinition } from '../steps';
import { callKeys } from './call-schemas';
import { caseKeys, defaultsKeys, stepKeys, takesCall, usedSchemas } from './case-schema';
import type { SourceDocument } from './document';
import { arrangeProblems, type Mistake, type Problem, problemAt } from './problem';
import { describeValue, schemaMistakes } from './schema-problems';
import { modifierSchemas, sharedSchemas } from './shared-schemas';
import { checkedBy, validatorFor } from './validators';
import type { Vocabulary } from './vocabulary';

/**
 * Checks the shape of a case: keys, types, units, constants, fields; all mistakes at once, one a line. Names and the
 * types of expressions are engine/plan's business.
 */
export function validateCase(document: SourceDocument, vocabulary: Vocabulary): Problem[] {
  const check = new ShapeCheck(document, formsFor(vocabulary));
  check.case();
  return arrangeProblems(check.mistakes.map((mistake) => problemAt(document, mistake)));
}

/** The same for a folder's `defaults.yaml`. */
export function validateDefaults(document: SourceDocument, vocabulary: Vocabulary): Problem[] {
  const forms = formsFor(vocabulary);
  const check = new ShapeCheck(document, forms);
  check.mapping(forms.defaults, 'defaults.yaml');
  return arrangeProblems(check.mistakes.map((mistake) => problemAt(document, mistake)));
}

/** All schemas that the check uses: those whose validators are compiled ahead. */
export function checkSchemas(vocabulary: Vocabulary): JsonSchema[] {
  const forms = formsFor(vocabulary);
  const schemas = [forms.case, forms.defaults];
  for (const definition of vocabulary.definitions) {
    if (!takesCall(definition)) schemas.push(forms.step(definition));
    else for (const call of vocabulary.calls) schemas.push(forms.step(definition, call.name));
  }
  return schemas;
}

type Path = readonly (string | number)[];

/** The schemas of a vocabulary as the check needs them: made on first use, without texts, parts of other checks left out. */
interface Forms {
  readonly vocabulary: Vocabulary;
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly calls: ReadonlySet<string>;
  readonly case: JsonSchema;
  readonly defaults: JsonSchema;
  step(definition: StepDefinition, call?: string): JsonSchema;
}

const formsByVocabulary = new WeakMap<Vocabulary, Forms>();

function formsFor(vocabulary: Vocabulary): Forms {
  const known = formsByVocabulary.get(vocabulary);
  if (known !== undefined) return known;
  const shared = sharedSchemas(vocabulary);
  const steps = new Map<string, JsonSchema>();
  let caseForm: JsonSchema | undefined;
  let defaultsForm: JsonSchema | undefined;
  const forms: Forms = {
    vocabulary,
    definitions: new Map(vocabulary.definitions.map((definition) => [definition.verb, definition])),
    calls: new Set(vocabulary.calls.map((call) => call.name)),
    get case() {
      caseForm ??= closed(caseKeys(vocabulary), ['title'], shared);
      return caseForm;
    },
    get defaults() {
      defaultsForm ??= closed(defaultsKeys(vocabulary), [], shared);
      return defaultsForm;
    },
    step(definition, call) {
      const key = call === undefined ? definition.verb : `${definition.verb} ${call}`;
      let form = steps.get(key);
      if (form === undefined) {
        const word = vocabulary.calls.find((candidate) => candidate.name === call);
        const keys = { ...stepKeys(definition), ...(word === undefined ? {} : callKeys(word, vocabulary)) };
        const own = ownFields(definition, vocabulary);
        for (const field of own) if (field in keys) keys[field] = {};
        form = closed(keys, definition.required ?? [], shared);
        steps.set(key, form);
      }
      return form;
    },
  };
  formsByVocabulary.set(vocabulary, forms);
  return forms;
}

/** Fields that stand flat beside a frame verb: the verb's own check sees to them, with the codec's words. */
function ownFields(definition: StepDefinition, vocabulary: Vocabulary): string[] {
  const reference = /^#\/\$defs\/layer_(send|expect)_tcp$/.exec(String(definition.keys?.tcp?.$ref));
  if (reference === null) return [];
  const mode = reference[1] === 'send' ? 'send' : 'expect';
  return Object.keys((vocabulary.layerSchema('tcp', mode).properties ?? {}) as object);
}

/** A closed object as a schema of its own: only the `$defs` that it needs. */
function closed(
  keys: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
  shared: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const schema: JsonSchema = { type: 'object', properties: withoutTexts(keys), required, additionalProperties: false };
  return { ...schema, $defs: withoutTexts(usedSchemas(schema, shared)) };
}

const texts: ReadonlySet<string> = new Set([
  'description',
  'markdownDescription',
  'markdownEnumDescriptions',
  'examples',
  'doNotSuggest',
  'default',
]);

/** References whose values are checked by code: steps by this file, frames by the verbs' own checks through the codec. */
function replacement(reference: string): JsonSchema | undefined {
  if (reference === '#/$defs/steps') return { type: 'array', [checkedBy]: 'steps' };
  return /^#\/\$defs\/(layer_|sendLayers$|expectLayers$|tcpFlags$|tcpOptions$|call$)/.test(reference) ? {} : undefined;
}

function withoutTexts(schema: unknown): JsonSchema {
  return strip(schema) as JsonSchema;
}

function strip(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(strip);
  if (typeof part !== 'object' || part === null) return part;
  const { $ref } = part as JsonSchema;
  const replaced = typeof $ref === 'string' ? replacement($ref) : undefined;
  if (replaced !== undefined) return replaced;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(part)) {
    // Keys of `properties` are names, not keywords.
    if (key === 'properties' || key === '$defs')
      kept[key] = Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, strip(inner)]));
    else if (!texts.has(key)) kept[key] = strip(value);
  }
  return kept;
}

class ShapeCheck {
  readonly mistakes: Mistake[] = [];

  constructor(
    private readonly document: SourceDocument,
    private readonly forms: Forms,
  ) {}

  case(): void {
    this.mapping(this.forms.case, 'a case');
    const { data } = this.document;
    if (!isMapping(data)) return;
    if (data.steps !== undefined && data.tests !== undefined) {
      this.mistakes.push({
        code: 'STEPS_AND_TESTS',
        message: 'a case has either steps or tests',
        path: ['tests'],
        at: 'key',
        expected: 'one of steps, tests',
        got: 'both',
        fix: 'move steps into one of the tests, or into setup if each test begins with them',
      });
    }
    if (data.steps === undefined && data.tests === undefined) {
      this.mistakes.push({
        code: 'MISSING_KEY',
        message: 'a case needs steps',
        path: [],
        expected: 'steps: a list of steps, or tests: a list of tests',
        got: oneOf(Object.keys(data)).replace(/^one of/, 'only'),
        fix: 'add steps:',
      });
    }
  }

  /** The document as a whole. */
  mapping(form: JsonSchema, what: string): void {
    const { data } = this.document;
    if (isMapping(data)) {
      this.value(form, data, [], what);
      return;
    }
    this.mistakes.push({
      code: 'NOT_A_CASE',
      message: `${what} is a mapping of keys`,
      path: [],
      expected: 'title: … and steps: …',
      got: Array.isArray(data) ? 'a list' : `the text ${JSON.stringify(String(data).slice(0, 40))}`,
      fix: Array.isArray(data) ? 'put the list under steps:' : 'check that this file is a case',
    });
  }

  private value(schema: JsonSchema, value: unknown, path: Path, what: string): void {
    const sourceOf = (at: Path): string | undefined => this.document.sourceOf(at);
    const { mistakes, deferred } = schemaMistakes(validatorFor(schema)(value), { schema, value, path, what, sourceOf });
    for (const mistake of mistakes) this.mistakes.push(this.withHint(mistake));
    for (const { path: at, value: list } of deferred) if (Array.isArray(list)) this.steps(list, at);
  }

  private steps(list: readonly unknown[], path: Path): void {
    list.forEach((step, index) => {
      this.step(step, [...path, index]);
    });
  }

  private step(step: unknown, path: Path): void {
    if (!isMapping(step)) {
      const source = this.document.sourceOf(path);
      const isVerb = typeof step === 'string' && this.forms.definitions.has(step);
      this.mistakes.push({
        code: 'WRONG_TYPE',
        message: 'a step is a mapping that begins with a verb',
        path,
        expected: `a verb and its value: ${oneOf([...this.forms.definitions.keys()])}`,
        got: describeValue(step, source),
        fix: isVerb ? `write ${step}: {}` : undefined,
      });
      return;
    }
    const verbs = Object.keys(step).filter((key) => this.forms.definitions.has(key));
    const owner = verbs.find((verb) => verbs.every((other) => other === verb || this.takesKey(verb, other)));
    if (verbs.length === 0) this.unknownVerb(step, path);
    else if (owner === undefined) {
      const [first, second] = verbs;
      this.mistakes.push({
        code: 'TWO_VERBS',
        message: `a step has one verb, and ${first} and ${second} are both verbs`,
        path: [...path, second as string],
        at: 'key',
        expected: 'one verb',
        got: verbs.join(' and '),
        fix: `begin a new step with "- ${second}:"`,
      });
    } else this.verb(this.forms.definitions.get(owner) as StepDefinition, step, path);
  }

  private takesKey(verb: string, key: string): boolean {
    return key in (this.forms.definitions.get(verb)?.keys ?? {});
  }

  private unknownVerb(step: RawStep, path: Path): void {
    const verbs = [...this.forms.definitions.keys()];
    const keys = Object.keys(step);
    const modifiers = Object.keys(modifierSchemas);
    const suspects = keys.filter((key) => !modifiers.includes(key));
    const suspect = suspects.find((key) => nearestName(key, verbs) !== undefined) ?? suspects[0];
    if (suspect === undefined) {
      this.mistakes.push({
        code: 'MISSING_VERB',
        message: 'this step has no verb',
        path,
        expected: oneOf(verbs),
        got: keys.length === 0 ? 'an empty mapping' : `only ${keys.join(', ')}`,
        fix: 'name what the step does, or indent its keys under the step before',
      });
      return;
    }
    const nearest = nearestName(suspect, verbs);
    const isCall = this.forms.calls.has(suspect);
    this.mistakes.push({
      code: 'UNKNOWN_VERB',
      message: `there is no verb "${suspect}"`,
      path: [...path, suspect],
      at: 'key',
      expected: oneOf(verbs),
      got: suspect,
      fix: isCall ? `write dut: ${suspect}` : nearest === undefined ? undefined : `write ${nearest}`,
    });
  }

  private verb(definition: StepDefinition, step: RawStep, path: Path): void {
    const { verb } = definition;
    const before = this.mistakes.length;
    if (takesCall(definition)) {
      const name = step[verb];
      if (typeof name !== 'string' || !this.forms.calls.has(name)) {
        this.unknownCall(name, [...path, verb]);
        return;
      }
      this.value(this.forms.step(definition, name), step, path, `the call ${name}`);
    } else this.value(this.forms.step(definition), step, path, `the step ${verb}`);
    this.ownCheck(definition, step, path, this.mistakes.length > before);
  }

  private unknownCall(name: unknown, path: Path): void {
    const calls = [...this.forms.calls];
    const nearest = typeof name === 'string' ? nearestName(name, calls) : undefined;
    this.mistakes.push({
      code: typeof name === 'string' ? 'UNKNOWN_CALL' : 'WRONG_TYPE',
      message: typeof name === 'string' ? `there is no call "${name}"` : 'the value of dut is the name of a call',
      path,
      expected: oneOf(calls),
      got: describeValue(name, this.document.sourceOf(path)),
      fix:
        nearest === undefined
          ? isMapping(name)
            ? `write { dut: ${Object.keys(name)[0]}, … } with the arguments beside it`
            : undefined
          : `write ${nearest}`,
    });
  }

  /** The verb's own check of static values. It may rely on the schema, so a wrong shape may make it stumble. */
  private ownCheck(definition: StepDefinition, step: RawStep, path: Path, isWrong: boolean): void {
    let problems: ReturnType<NonNullable<StepDefinition['check']>>;
    try {
      problems = definition.check?.(step) ?? [];
    } catch (error) {
      if (isWrong) return;
      throw error;
    }
    for (const problem of problems) this.mistakes.push(this.withHint({ ...problem, path: [...path, ...problem.path] }));
  }

  /** Adds what only a look at the neighbourhood can tell. */
  private withHint(mistake: Mistake): Mistake {
    const key = mistake.path[mistake.path.length - 1];
    const isStrange =
      mistake.code === 'UNKNOWN_KEY' || mistake.code === 'UNKNOWN_FIELD' || mistake.code === 'UNKNOWN_LAYER';
    if (isStrange && typeof key === 'string') {
      const stepPath = stepOf(mistake.path);
      const isInside = stepPath !== undefined && mistake.path.length > stepPath.length + 1;
      if (isInside && key in modifierSchemas) {
        const verb = mistake.path[stepPath.length];
        return {
          ...mistake,
          at: 'key',
          fix: `${key as Modifier} stands beside ${String(verb)}, not inside it`,
        };
      }
      if (mistake.path.length === 1 && this.forms.definitions.has(key)) {
        return { ...mistake, fix: `${key} is a step: write "- ${key}:" under steps:` };
      }
      return { ...mistake, at: 'key' };
    }
    return mistake;
  }
}

/** The path of the step that a place lies in. */
function stepOf(path: Path): Path | undefined {
  for (let i = path.length - 1; i > 0; i--) {
    if (typeof path[i] === 'number' && ['steps', 'setup', 'finally', 'then', 'else'].includes(String(path[i - 1]))) {
      return path.slice(0, i + 1);
    }
  }
  return undefined;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
