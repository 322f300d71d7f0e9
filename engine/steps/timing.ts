import type { Running, StepContext } from './context';
import type { CheckedStep } from './definition';
import { durationNs, formatDuration } from './duration';
import { CaseError, StepFailure } from './failure';

/** When an event has to happen, ns; `undefined` where anything goes. */
export interface TimeWindow {
  readonly min: number;
  readonly max: number;
  readonly text: string;
}

/** Default of `within`, ns (design/language.md §3). */
export const DEFAULT_WITHIN = 1e9;

/** Default tolerance, ns. */
export const DEFAULT_TOLERANCE = 4e6;

/** Share of the waiting time by which a window is widened, as packetdrill's percentage is. */
const RELATIVE_TOLERANCE = 0.125;

/** Waits until the step may start: `after:` counts from the base, in a burst of sends from the planned time. */
export function* begin(step: CheckedStep, context: StepContext): Running {
  const { after } = step.keys;
  if (after === undefined) return;
  const value = context.value(after);
  if (value === undefined || value === null) return;
  const target = startBase(step, context, context.clock.planned) + durationNs(value, ['after']);
  context.clock.planned = target;
  if (context.now() < target) yield { ready: () => false, deadline: target };
}

/** The base that `at` and `after` of the step count from: `since:` or the latest event. */
export function startBase(step: CheckedStep, context: StepContext, otherwise: number): number {
  const { since } = step.keys;
  if (since === undefined) return otherwise;
  if (since === 'start') return 0;
  const thing = context.scope.get(String(since));
  if (thing?.kind === 'frame') return thing.frame.time;
  if (thing?.kind === 'call') {
    if (thing.call.done) return thing.call.outcome().start;
    throw new CaseError(`${String(since)} has not returned, so its start is not known yet`, {
      code: 'CALL_NOT_DONE',
      path: ['since'],
    });
  }
  throw new CaseError(`since: ${String(since)} is neither a frame nor a call`, { code: 'WRONG_KIND', path: ['since'] });
}

/** The `at:` of a step, or `otherwise` where it says none. */
export function timeWindow(step: CheckedStep, context: StepContext, otherwise?: TimeWindow): TimeWindow | undefined {
  if (step.keys.at === undefined) return otherwise;
  const at = context.value(step.keys.at);
  if (at === 'any') return undefined;
  if (at === undefined || at === null) return otherwise;
  if (typeof at === 'object' && ('min' in at || 'max' in at)) {
    const { min, max } = at as { min?: unknown; max?: unknown };
    const low = min === undefined ? 0 : durationNs(min, ['at', 'min']);
    const high = max === undefined ? Number.POSITIVE_INFINITY : durationNs(max, ['at', 'max']);
    const text =
      max === undefined ? `at least ${formatDuration(low)}` : `${formatDuration(low)} to ${formatDuration(high)}`;
    return { min: low, max: high, text };
  }
  const exact = durationNs(at, ['at']);
  return { min: exact, max: exact, text: formatDuration(exact) };
}

/** How far a window is widened, ns. */
export function widening(window: TimeWindow, step: CheckedStep, context: StepContext): number {
  const own =
    step.keys.tolerance === undefined
      ? context.tolerance
      : durationNs(context.value(step.keys.tolerance), ['tolerance']);
  const wait = Number.isFinite(window.max) ? window.max : window.min;
  return Math.max(own, wait * RELATIVE_TOLERANCE);
}

/**
 * Judges when an event came: the upper bound counts from the base, the lower one from the start of the calls just made.
 * @throws StepFailure EARLY or LATE.
 */
export function judgeTime(
  what: string,
  time: number,
  window: TimeWindow | undefined,
  step: CheckedStep,
  context: StepContext,
): void {
  if (window === undefined) return;
  const base = startBase(step, context, context.clock.base);
  const lowerBase = step.keys.since === undefined ? Math.min(base, context.clock.callsStart ?? base) : base;
  const slack = widening(window, step, context);
  const waited = time - base;
  const isLate = waited > window.max + slack;
  if (!isLate && time - base >= window.min - slack) return;
  if (!isLate && time - lowerBase >= window.min - slack) return;
  throw new StepFailure(
    `${what} came ${isLate ? 'late' : 'early'}: ${formatDuration(waited)} after the event before it`,
    {
      code: isLate ? 'LATE' : 'EARLY',
      path: step.keys.at === undefined ? [] : ['at'],
      expected: `${window.text} (± ${formatDuration(slack)})`,
      got: formatDuration(waited),
    },
  );
}

/** How long the step waits for its event, ns from now. */
export function patienceOf(step: CheckedStep, context: StepContext, window: TimeWindow | undefined): number {
  if (step.keys.within !== undefined) {
    const within = context.value(step.keys.within);
    if (within !== undefined && within !== null) return durationNs(within, ['within']);
  }
  if (window === undefined || !Number.isFinite(window.max))
    return DEFAULT_WITHIN + (window === undefined ? 0 : window.min);
  return window.max + widening(window, step, context) + DEFAULT_WITHIN;
}

/** Tells the clock of a frame that was sent or taken. */
export function frameEvent(context: StepContext, time: number): void {
  const { clock } = context;
  clock.base = Math.max(clock.base, time);
  clock.planned = clock.base;
  clock.callsStart = undefined;
}

/** Tells the clock of a call that has returned. */
export function callEvent(context: StepContext, start: number, end: number): void {
  const { clock } = context;
  clock.base = Math.max(clock.base, end);
  clock.planned = clock.base;
  clock.callsStart ??= start;
}
