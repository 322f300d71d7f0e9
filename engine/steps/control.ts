import { nested } from './data';
import type { RawStep, StepDefinition } from './definition';
import { CaseError, StepFailure } from './failure';

const STEPS = { $ref: '#/$defs/steps' };

/** One of two ways. */
export const ifStep: StepDefinition = {
  verb: 'if',
  doc: 'Runs the steps of `then` when the expression is true, else those of `else`.',
  example: "{ if: =dut.stack == 'linux', then: [{ sleep: 1ms }] }",
  value: { $ref: '#/$defs/expression' },
  keys: { then: STEPS, else: STEPS },
  required: ['then'],
  modifiers: ['after'],
  blocks: ['then', 'else'],
  *run(step, context) {
    const condition = context.value(step.value);
    if (typeof condition !== 'boolean')
      throw new CaseError('if: not a condition', {
        code: 'WRONG_TYPE',
        path: ['if'],
        expected: 'true or false',
        got: String(condition),
      });
    yield* nested(step, condition ? 'then' : 'else', context);
  },
};

const DEFAULT_LIMIT = 10_000;

/** The same steps again and again. */
export const repeat: StepDefinition = {
  verb: 'repeat',
  doc: 'Runs `steps` `times` times, `while` a condition holds (tested before), or `until` one does (tested after). Reaching `limit` is a failure.',
  example: '{ repeat: { times: 3, index: i }, steps: [{ sleep: 1ms }] }',
  value: {
    type: 'object',
    additionalProperties: false,
    properties: {
      times: { $ref: '#/$defs/integer', description: 'How often.' },
      while: { $ref: '#/$defs/expression', description: 'Tested before each round.' },
      until: { $ref: '#/$defs/expression', description: 'Tested after each round.' },
      limit: { $ref: '#/$defs/integer', description: 'Most rounds; reaching it is a failure. 10000 unless said.' },
      index: { $ref: '#/$defs/name', description: 'Name of the round’s number, from 0.' },
    },
  },
  keys: { steps: STEPS },
  required: ['steps'],
  modifiers: ['after'],
  blocks: ['steps'],
  names: (step) => {
    const { index } = (step.repeat ?? {}) as RawStep;
    return typeof index === 'string' ? [{ role: 'make', kind: 'value', name: index, path: ['repeat', 'index'] }] : [];
  },
  *run(step, context) {
    const loop = step.value as { times?: unknown; while?: unknown; until?: unknown; limit?: unknown; index?: string };
    const times = loop.times === undefined ? Number.POSITIVE_INFINITY : Number(context.value(loop.times));
    const limit = loop.limit === undefined ? DEFAULT_LIMIT : Number(context.value(loop.limit));
    for (let round = 0; round < times; round += 1) {
      if (loop.while !== undefined && context.value(loop.while) !== true) return;
      if (!Number.isFinite(times) && round >= limit) {
        throw new StepFailure(`still going after ${limit} rounds`, {
          code: 'LIMIT',
          path: ['repeat', 'limit'],
          expected: `an end within ${limit} rounds`,
          got: 'none',
        });
      }
      if (loop.index !== undefined) context.scope.set(loop.index, { kind: 'value', value: round });
      yield* nested(step, 'steps', context);
      if (loop.until !== undefined && context.value(loop.until) === true) return;
    }
  },
};
