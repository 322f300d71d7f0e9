import type { CheckedStep, NameMention, RawStep, StepDefinition } from './definition';
import { durationNs } from './duration';
import { CaseError, SkipTest, StepFailure } from './failure';
import { begin } from './timing';
import { show } from './values';

const NAMED_VALUES = {
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: true,
};

/** New names for values. */
export const letStep: StepDefinition = {
  verb: 'let',
  doc: 'Gives names to values, in order; a later one may use an earlier one.',
  example: '{ let: { size: 1000, half: =size / 2 } }',
  value: NAMED_VALUES,
  modifiers: [],
  names: (step) => mentions(step, 'let', 'make'),
  // biome-ignore lint/correctness/useYield: a step that does not wait
  *run(step, context) {
    for (const [name, template] of Object.entries(step.value as Record<string, unknown>))
      context.scope.set(name, { kind: 'value', value: context.value(template) });
  },
};

/** New values for names of `let`. */
export const set: StepDefinition = {
  verb: 'set',
  doc: 'Gives new values to names of `let`, in order.',
  example: '{ set: { size: =size + 1 } }',
  value: NAMED_VALUES,
  modifiers: [],
  names: (step) => mentions(step, 'set', 'use'),
  // biome-ignore lint/correctness/useYield: a step that does not wait
  *run(step, context) {
    for (const [name, template] of Object.entries(step.value as Record<string, unknown>)) {
      const thing = context.scope.get(name);
      if (thing?.kind !== 'value')
        throw new CaseError(`set: ${name} is not a name of let`, { code: 'WRONG_KIND', path: ['set', name] });
      thing.value = context.value(template);
    }
  },
};

/** A condition that must hold. */
export const assert: StepDefinition = {
  verb: 'assert',
  doc: 'Demands that an expression, or each of a list, is true.',
  example: "{ assert: '=1 + 1 == 2' }",
  value: {
    anyOf: [{ $ref: '#/$defs/expression' }, { type: 'array', items: { $ref: '#/$defs/expression' }, minItems: 1 }],
  },
  keys: { message: { $ref: '#/$defs/string', description: 'What to say when it does not hold.' } },
  modifiers: ['soft'],
  *run(step, context) {
    const conditions = Array.isArray(step.value) ? step.value : [step.value];
    conditions.forEach((condition: { source?: string }, index) => {
      const value = context.value(condition);
      if (value === true) return;
      const source = condition.source ?? String(condition);
      const path = Array.isArray(step.value) ? ['assert', index] : ['assert'];
      if (typeof value !== 'boolean')
        throw new CaseError(`assert: ${source} is no condition`, {
          code: 'WRONG_TYPE',
          path,
          expected: 'true or false',
          got: show(value),
        });
      const message = step.keys.message === undefined ? `${source} is false` : String(context.value(step.keys.message));
      throw new StepFailure(message, {
        code: 'ASSERTION',
        path,
        expected: source,
        got: 'false',
        differences: context.operands(condition),
      });
    });
  },
};

/** Time that passes. */
export const sleep: StepDefinition = {
  verb: 'sleep',
  doc: 'Lets time pass. Prefer `after`, `at` and `within`, which name the event that the time counts from.',
  example: '{ sleep: 100ms }',
  value: { $ref: '#/$defs/duration' },
  modifiers: [],
  *run(step, context) {
    yield { ready: () => false, deadline: context.now() + durationNs(context.value(step.value), ['sleep']) };
    context.clock.base = Math.max(context.clock.base, context.now());
    context.clock.planned = context.clock.base;
  },
};

/** The end of a test that does not apply. */
export const skip: StepDefinition = {
  verb: 'skip',
  doc: 'Ends the test with the verdict `skip` and a reason.',
  example: '{ skip: this stack has no SACK }',
  value: { $ref: '#/$defs/string' },
  modifiers: [],
  // biome-ignore lint/correctness/useYield: a step that does not wait
  *run(step, context) {
    throw new SkipTest(String(context.value(step.value)));
  },
};

function mentions(step: RawStep, verb: string, role: NameMention['role']): NameMention[] {
  return Object.keys((step[verb] ?? {}) as object).map((name) => ({ role, kind: 'value', name, path: [verb, name] }));
}

/** Starts a step's nested steps after its `after:`. */
export function* nested(
  step: CheckedStep,
  key: string,
  context: Parameters<StepDefinition['run']>[1],
): ReturnType<StepDefinition['run']> {
  yield* begin(step, context);
  yield* context.steps(step.blocks?.[key] ?? []);
}
