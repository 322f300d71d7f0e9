import type { Branch, Running, StepContext, Thing } from './context';
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
  scope: 'choice',
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
  scope: 'loop',
  lateKeys: ['until'],
  names: (step) => {
    const { index } = (step.repeat ?? {}) as RawStep;
    return typeof index === 'string'
      ? [{ role: 'make', kind: 'value', name: index, path: ['repeat', 'index'], type: 'int' }]
      : [];
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

/** The same steps for each element of a list. */
export const each: StepDefinition = {
  verb: 'each',
  doc: 'Runs `steps` for each element of a list, one after the other or, with `parallel: true`, together; together, the others finish when one fails.',
  example: "{ each: { in: '=[1, 2]', as: n }, steps: [{ sleep: 1ms }] }",
  value: {
    type: 'object',
    additionalProperties: false,
    required: ['in', 'as'],
    properties: {
      in: { $ref: '#/$defs/anything', description: 'The list, or a number for a list from 0.' },
      as: { $ref: '#/$defs/name', description: 'Name of the element.' },
      index: { $ref: '#/$defs/name', description: 'Name of its number, from 0.' },
      parallel: { $ref: '#/$defs/boolean', description: 'All elements at once.' },
    },
  },
  keys: { steps: STEPS },
  required: ['steps'],
  modifiers: ['after'],
  blocks: ['steps'],
  scope: 'inside',
  names: (step) => {
    const { as, index } = (step.each ?? {}) as RawStep;
    const names = [
      { key: 'as', name: as, type: { elementOf: ['each', 'in'] } },
      { key: 'index', name: index, type: 'int' },
    ];
    return names.flatMap(({ key, name, type }) =>
      typeof name === 'string' ? [{ role: 'make', kind: 'value', name, path: ['each', key], type } as const] : [],
    );
  },
  *run(step, context) {
    const loop = step.value as { in: unknown; as: string; index?: string; parallel?: unknown };
    const list = elementsOf(context.value(loop.in));
    const steps = step.blocks?.steps ?? [];
    const branches: Branch[] = [];
    for (const [index, element] of list.entries()) {
      const scope = context.innerScope();
      scope.set(loop.as, asThing(element));
      if (loop.index !== undefined) scope.set(loop.index, { kind: 'value', value: index });
      if (context.value(loop.parallel ?? false) === true) branches.push(context.fork(steps, scope));
      else yield* context.steps(steps, scope);
    }
    yield* join(branches, context);
  },
};

/** Several lists of steps at the same time. */
export const parallel: StepDefinition = {
  verb: 'parallel',
  doc: 'Runs named branches together; the others finish when one fails. Names made in a branch stay inside, but another branch may await or watch its calls.',
  example: '{ parallel: { reader: [{ sleep: 1ms }], writer: [{ sleep: 1ms }] } }',
  value: {
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    additionalProperties: STEPS,
  },
  modifiers: ['after'],
  blocks: ['branches'],
  scope: 'parallel',
  *run(step, context) {
    const branches = Object.values(step.blocks ?? {}).map((steps) => context.fork(steps, context.innerScope()));
    yield* join(branches, context);
  },
};

/** Waits for all branches; the clock goes on from the latest of them. @throws the first failure */
function* join(branches: readonly Branch[], context: StepContext): Running {
  if (branches.length === 0) return;
  try {
    yield { ready: () => branches.every((branch) => branch.done), deadline: Number.POSITIVE_INFINITY };
  } finally {
    for (const branch of branches) branch.stop();
  }
  for (const branch of branches) context.clock.base = Math.max(context.clock.base, branch.clock.base);
  context.clock.planned = context.clock.base;
  const [first, ...others] = branches.flatMap((branch) => (branch.failure === undefined ? [] : [branch.failure]));
  for (const failure of others) context.record(failure);
  if (first !== undefined) throw first;
}

function elementsOf(list: unknown): unknown[] {
  if (Array.isArray(list)) return list;
  if (typeof list === 'number') return Array.from({ length: list }, (_, index) => index);
  const frames = (list as { frames?: readonly unknown[] } | null)?.frames;
  if (frames !== undefined) return [...frames];
  throw new CaseError('each.in: not a list', {
    code: 'WRONG_TYPE',
    path: ['each', 'in'],
    expected: 'a list',
    got: String(list),
  });
}

/** An element that is a frame or a connection is that thing itself. */
function asThing(element: unknown): Thing {
  const { kind } = (element ?? {}) as { kind?: unknown };
  const isThing = typeof kind === 'string' && ['connection', 'socket', 'frame', 'call'].includes(kind);
  return isThing ? (element as Thing) : { kind: 'value', value: element };
}
