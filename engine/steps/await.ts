import { awaitCall, DEFAULT_PATIENCE } from './calls';
import type { StepDefinition } from './definition';
import { durationNs } from './duration';
import { StepFailure } from './failure';
import { callOf } from './things';
import { callEvent, judgeTime, patienceOf, timeWindow } from './timing';

/** The end of a call in the background. */
export const awaitStep: StepDefinition = {
  verb: 'await',
  doc: 'Waits until a call in the background returns, and judges its result.',
  example: '{ await: pending, at: { max: 100ms } }',
  value: { $ref: '#/$defs/name' },
  modifiers: ['at', 'within', 'since', 'patience', 'soft'],
  names: (step) => [{ role: 'use', kind: 'call', name: String(step.await), path: ['await'] }],
  *run(step, context) {
    const name = String(step.value);
    const thing = callOf(name, context);
    const window = timeWindow(step, context);
    const patience =
      step.keys.patience !== undefined
        ? durationNs(context.value(step.keys.patience), ['patience'])
        : window === undefined && step.keys.within === undefined
          ? DEFAULT_PATIENCE
          : patienceOf(step, context, window);
    const outcome = yield* awaitCall(thing.call, patience, context);
    thing.judged = true;
    try {
      thing.judge(outcome);
      judgeTime(`${thing.call.name}'s return`, outcome.end, window, step, context);
    } finally {
      callEvent(context, outcome.start, outcome.end);
    }
  },
};

/** A call that sleeps in the DUT's kernel. */
export const blocked: StepDefinition = {
  verb: 'blocked',
  doc: 'Demands that a call in the background sleeps in the DUT’s kernel, as the kernel shows it; with `for`, that it still does after that time.',
  example: '{ blocked: pending, for: 100ms }',
  value: { $ref: '#/$defs/name' },
  modifiers: ['for', 'after', 'soft'],
  names: (step) => [{ role: 'use', kind: 'call', name: String(step.blocked), path: ['blocked'] }],
  *run(step, context) {
    const name = String(step.value);
    const { call } = callOf(name, context);
    while (!call.done && !(yield* call.asleep()));
    if (!call.done && step.keys.for !== undefined)
      yield { ready: () => call.done, deadline: context.now() + durationNs(context.value(step.keys.for), ['for']) };
    if (!call.done) return;
    const outcome = call.outcome();
    const got = outcome.errno === '' ? `it returned ${outcome.ret}` : `it failed with ${outcome.errno}`;
    throw new StepFailure(`${call.name} is not blocked: ${got}`, { code: 'NOT_BLOCKED', expected: 'blocked', got });
  },
};
