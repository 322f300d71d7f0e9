import { oneOf } from '../fields';
import type { JsonSchema, RawStep, StepDefinition } from '../steps';
import { callKeys, requiredCallKeys } from './call-schemas';
import { caseKeys, defaultsKeys, stepKeys, takesCall } from './case-schema';
import type { SourceDocument } from './document';
import { frameMistakes, frameReference } from './frame-check';
import { nearestName } from './nearest';
import { arrangeProblems, type Mistake, type Problem, problemAt } from './problem';
import { describeValue, schemaMistakes, wordFix } from './schema-problems';
import { quoted } from './syntax';
import { checkedBy, Validators } from './validators';
import { modifierSchemas, valueSchemas } from './value-schemas';
import type { CallWord, OptionWord, Vocabulary } from './vocabulary';

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

/** The validators of all that a case can say as source, so that no run has to compile one. */
export function buildValidators(vocabulary: Vocabulary): string {
  const forms = formsFor(vocabulary);
  const schemas = new Set([forms.case, forms.defaults]);
  for (const definition of vocabulary.definitions) {
    if (!takesCall(definition)) {
      schemas.add(forms.step(definition));
      continue;
    }
    for (const call of vocabulary.calls) {
      schemas.add(forms.step(definition, call));
      if (!call.params.some((parameter) => parameter.kind === 'optionValue')) continue;
      for (const option of vocabulary.options) schemas.add(forms.step(definition, call, option));
    }
  }
  return forms.validators.compileAhead([...schemas]);
}

type Path = readonly (string | number)[];

/** The schemas of a vocabulary as the check needs them: made on first use, without texts, parts of other checks left out. */
interface Forms {
  readonly vocabulary: Vocabulary;
  readonly shared: Readonly<Record<string, JsonSchema>>;
  readonly validators: Validators;
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly calls: ReadonlyMap<string, CallWord>;
  readonly case: JsonSchema;
  readonly defaults: JsonSchema;
  step(definition: StepDefinition, call?: CallWord, option?: OptionWord): JsonSchema;
}

const formsByVocabulary = new WeakMap<Vocabulary, Forms>();

function formsFor(vocabulary: Vocabulary): Forms {
  const known = formsByVocabulary.get(vocabulary);
  if (known !== undefined) return known;
  const shared = Object.fromEntries(
    Object.entries(valueSchemas(vocabulary))
      .filter(([name]) => replacement(`#/$defs/${name}`) === undefined)
      .map(([name, schema]) => [name, withoutTexts(schema)]),
  );
  const steps = new Map<string, JsonSchema>();
  let caseForm: JsonSchema | undefined;
  let defaultsForm: JsonSchema | undefined;
  const forms: Forms = {
    vocabulary,
    shared,
    validators: new Validators(shared),
    definitions: new Map(vocabulary.definitions.map((definition) => [definition.verb, definition])),
    calls: new Map(vocabulary.calls.map((call) => [call.name, call])),
    get case() {
      caseForm ??= closed(caseKeys(), ['title']);
      return caseForm;
    },
    get defaults() {
      defaultsForm ??= closed(defaultsKeys(), []);
      return defaultsForm;
    },
    step(definition, call, option) {
      // Options of one type share a form.
      const key = `${definition.verb} ${call?.name} ${option?.type} ${option?.constants}`;
      let form = steps.get(key);
      if (form === undefined) {
        const keys = {
          ...stepKeys(definition, vocabulary),
          ...(call === undefined ? {} : callKeys(call, vocabulary, option)),
        };
        const required = [...(definition.required ?? []), ...(call === undefined ? [] : requiredCallKeys(call))];
        form = closed(keys, required);
        steps.set(key, form);
      }
      return form;
    },
  };
  formsByVocabulary.set(vocabulary, forms);
  return forms;
}

function closed(keys: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  return withoutTexts({ type: 'object', properties: keys, required, additionalProperties: false });
}

const texts: ReadonlySet<string> = new Set([
  'description',
  'markdownDescription',
  'markdownEnumDescriptions',
  'examples',
  'doNotSuggest',
  'default',
]);

/** References whose values are checked by code: steps by this file, frames by the codec. */
function replacement(reference: string): JsonSchema | undefined {
  if (reference === '#/$defs/call') return {};
  if (reference === stepsReference) return { title: 'a list of steps', [checkedBy]: reference };
  return frameReference.test(reference) ? { [checkedBy]: reference } : undefined;
}

const stepsReference = '#/$defs/steps';

/** A schema without texts; references lead to the shared schemas or, where code checks the value, to nothing. */
function withoutTexts(schema: JsonSchema): JsonSchema {
  const reference = schema.$ref;
  if (typeof reference === 'string') {
    return replacement(reference) ?? { $ref: reference.replace('#/$defs/', '') };
  }
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (texts.has(keyword)) continue;
    // The keys of `properties` are names, not keywords.
    if (keyword === 'properties') kept[keyword] = mapValues(value as Record<string, JsonSchema>, withoutTexts);
    else if (Array.isArray(value)) kept[keyword] = value.map((item) => (isMapping(item) ? withoutTexts(item) : item));
    else kept[keyword] = isMapping(value) ? withoutTexts(value) : value;
  }
  return kept;
}

function mapValues<In, Out>(map: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
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
      this.add({
        code: 'STEPS_AND_TESTS',
        message: 'a case has either steps or tests',
        path: ['tests'],
        at: 'key',
        expected: 'one of steps, tests',
        got: 'both',
        fix: 'move steps into one of the tests, or into setup if each test begins with them',
      });
    }
    const isMisspelt = this.mistakes.some(({ fix }) => fix === 'write steps' || fix === 'write tests');
    if (data.steps === undefined && data.tests === undefined && !isMisspelt) {
      this.add({
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
    this.add({
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
    const errors = this.forms.validators.validate(schema, value);
    const { mistakes, deferred } = schemaMistakes(errors, { value, path, what, sourceOf, shared: this.forms.shared });
    for (const mistake of mistakes) this.add(mistake);
    for (const { checker, path: at, value: inner } of deferred) {
      if (checker !== stepsReference) {
        for (const mistake of frameMistakes(checker, inner, at)) this.add(this.withSource(mistake));
      } else if (Array.isArray(inner)) this.steps(inner, at);
      else if (typeof inner !== 'string' || !inner.startsWith('=')) {
        this.add({
          code: 'WRONG_TYPE',
          message: 'steps stand in a list',
          path: at,
          expected: 'a list of steps',
          got: describeValue(inner, sourceOf(at)),
          fix: isMapping(inner) ? 'write "- " before each step' : undefined,
        });
      }
    }
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
      this.add({
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
      this.add({
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
      this.add({
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
    this.add({
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
      const call = this.forms.calls.get(String(step[verb]));
      if (call === undefined) {
        this.unknownCall(step[verb], [...path, verb]);
        return;
      }
      this.value(this.forms.step(definition, call, this.optionOf(call, step)), step, path, `the call ${call.name}`);
    } else this.value(this.forms.step(definition), step, path, `the step ${verb}`);
    if (this.mistakes.length === before) this.ownCheck(definition, step, path);
  }

  private optionOf(call: CallWord, step: RawStep): OptionWord | undefined {
    const parameter = call.params.find((candidate) => candidate.kind === 'option');
    if (parameter === undefined) return undefined;
    return this.forms.vocabulary.options.find((option) => option.name === step[parameter.key]);
  }

  private unknownCall(name: unknown, path: Path): void {
    const calls = [...this.forms.calls.keys()];
    const nearest = typeof name === 'string' ? nearestName(name, calls) : undefined;
    this.add({
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

  /** The verb's own check of static values; it may rely on the shape. */
  private ownCheck(definition: StepDefinition, step: RawStep, path: Path): void {
    for (const problem of definition.check?.(step) ?? []) {
      this.add(this.withSource({ ...problem, path: [...path, ...problem.path] }));
    }
  }

  private add(mistake: Mistake): void {
    this.mistakes.push({ ...mistake, fix: this.strangeKeyFix(mistake) ?? mistake.fix ?? fixFor(mistake) });
  }

  /** What is meant by a key that stands in the wrong place. */
  private strangeKeyFix({ code, path }: Mistake): string | undefined {
    const key = path[path.length - 1];
    if (!strangeKeys.has(code) || typeof key !== 'string') return undefined;
    const step = stepOf(path);
    if (step !== undefined && path.length > step.length + 1 && key in modifierSchemas) {
      return `${key} stands beside ${String(path[step.length])}, not inside it`;
    }
    if (path.length === 1 && this.forms.definitions.has(key)) return `${key} is a step: write "- ${key}:" under steps:`;
    return undefined;
  }

  /** A value as the author wrote it, where a check knew only what YAML made of it: `12e4` is 120000. */
  private withSource(mistake: Mistake): Mistake {
    const source = mistake.at === 'key' ? undefined : this.document.sourceOf(mistake.path);
    if (source === undefined) return mistake;
    const fix = mistake.fix?.startsWith('quote it') ? `quote it: ${quoted(source)}` : mistake.fix;
    return { ...mistake, got: source, fix: wordFix(source) ?? fix };
  }
}

const strangeKeys: ReadonlySet<string> = new Set(['UNKNOWN_KEY', 'UNKNOWN_FIELD', 'UNKNOWN_LAYER']);

/** What to do where nothing better is known. */
function fixFor({ expected }: Mistake): string | undefined {
  if (expected === undefined) return undefined;
  if (expected.startsWith('one of')) return 'write one of these names';
  return /^at (most|least)/.test(expected) ? `write a value of ${expected}` : `write ${expected}`;
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
