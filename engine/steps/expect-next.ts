import { describe, diff, type Layer, type LayerTemplate, match } from '../codec';
import { type Connection, type Expected, findLayer, findTemplate } from '../connections';
import type { LoggedFrame, Running, StepContext } from './context';
import type { CheckedStep, StepDefinition } from './definition';
import { nameOf, sourceOf } from './expect';
import {
  awaitNext,
  badChecksums,
  checksumDifferences,
  type Matcher,
  matcherOf,
  missingFrame,
  type Source,
  shownFrames,
  take,
  viewOf,
} from './expectation';
import { type ShownDifference, StepFailure } from './failure';
import { type AuthoredFrame, checkFrame, frameKeys, frameOf, prepareFrame } from './frames';
import { frameEvent, judgeTime, patienceOf, type TimeWindow, timeWindow } from './timing';

const SYN = 0x02;

/** Flags in which the segments of one write may differ: PSH, FIN, CWR. */
const LAST_SEGMENT_FLAGS = 0x08 | 0x01 | 0x80;

/** Options that a segment may have unsaid: those of negotiated timestamps and their padding. */
const UNSAID_OPTIONS: ReadonlySet<string> = new Set(['nop', 'timestamps', 'eol']);

const AT_ONCE: TimeWindow = { min: 0, max: 0, text: 'at once' };

/** The strict expectation: the very next frame, at its time, with nothing unsaid. */
export const expectNext: StepDefinition = {
  verb: 'expect_next',
  doc: 'The strict one: the very next frame of the connection, at its time (`at`, default 0s), with nothing unsaid: no payload unless `payload`, and in a segment without SYN no options but negotiated timestamps unless `options`. A payload may come in several segments in sequence; `segments: 1` demands one. `present` lifts any of this.',
  example: '{ expect_next: PSH-ACK, payload: 1000 }',
  value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/expectLayers' }] },
  keys: {
    ...frameKeys('expect'),
    segments: {
      type: 'integer',
      minimum: 1,
      description: 'How many segments the payload must come in; unsaid: any number.',
    },
  },
  modifiers: ['as', 'on', 'at', 'within', 'since', 'soft'],
  needs: (step) => (Array.isArray(step.expect_next) ? undefined : 'connection'),
  makes: { kind: 'frame' },
  check: (step) => checkFrame(step, 'expect_next', 'expect'),
  prepare: (step) => prepareFrame(step, 'expect_next', 'expect'),
  *run(step, context) {
    const source = sourceOf(step, context);
    const authored = frameOf(step, 'expect', source.thing?.connection.over ?? context.over ?? 'ipv4', context);
    const window = timeWindow(step, context, AT_ONCE);
    const frame = yield* takeNext(
      expectNextFrame(nameOf(step, authored), authored, source, window, step, context),
      step,
      context,
    );
    if (step.as !== undefined)
      context.scope.set(step.as, { kind: 'frame', frame, connection: source.thing?.connection });
  },
};

/** A strict expectation made ready. */
export interface NextFrame {
  readonly what: string;
  readonly source: Source;
  readonly window: TimeWindow | undefined;
  readonly expected: Expected;
  readonly matcher: Matcher;
  /** From when on it waits, and until when; lab time. */
  readonly started: number;
  readonly deadline: number;
}

/** Makes a strict expectation ready, from the connection's state and the time as they are now. */
export function expectNextFrame(
  what: string,
  authored: AuthoredFrame,
  source: Source,
  window: TimeWindow | undefined,
  step: CheckedStep,
  context: StepContext,
): NextFrame {
  const expected = source.thing?.connection.expected(authored.layers, 'all') ?? { for: () => authored.layers };
  const started = context.now();
  const deadline = started + patienceOf(step, context, window);
  return { what, source, window, expected, matcher: matcherOf(expected, source.thing?.connection), started, deadline };
}

/**
 * Takes the next frame, or the segments that make up the expected payload, and judges them.
 * @throws StepFailure when nothing came, when another frame came, or at the wrong time.
 */
export function* takeNext(
  { what, source, window, expected, matcher, started, deadline }: NextFrame,
  step: CheckedStep,
  context: StepContext,
): Running<LoggedFrame> {
  const connection = source.thing?.connection;
  const first = yield* awaitNext(source, deadline, context);
  if (first === undefined) throw missingFrame(what, matcher, source, context.now() - started, context);
  const firstView = viewOf(first, connection);
  const template = expected.for(firstView);
  take(first, source, step);
  let last = first;
  let view: readonly Layer[] = firstView;
  const size = expectedSize(template);
  let segments = 1;
  if (size !== undefined && connection !== undefined && step.keys.segments !== 1) {
    while (dataOf(view).length < size && dataOf(view).length > 0) {
      const next = yield* awaitNext(source, deadline, context);
      if (next === undefined) break;
      const joined = join(view, viewOf(next, connection), dataOf(firstView).length * segments);
      if (joined === undefined) break;
      take(next, source, step);
      last = next;
      view = joined;
      segments += 1;
    }
  }
  const isRight = match(template, view) && badChecksums(last).length === 0;
  const strange = unsaid(template, view);
  if (!isRight || strange.length > 0) {
    frameEvent(context, last.time);
    throw anotherFrame(
      what,
      [...strange, ...checksumDifferences(last), ...diff(template, view)],
      view,
      last,
      connection,
    );
  }
  try {
    judgeTime(what, last.time, window, step, context);
  } finally {
    frameEvent(context, last.time);
  }
  if (typeof step.keys.segments === 'number' && segments !== step.keys.segments) {
    throw new StepFailure(`the payload came in ${segments} segments`, {
      code: 'SEGMENT_COUNT',
      path: ['segments'],
      expected: String(step.keys.segments),
      got: String(segments),
    });
  }
  return last;
}

function anotherFrame(
  what: string,
  differences: readonly ShownDifference[],
  view: readonly Layer[],
  frame: LoggedFrame,
  connection: Connection | undefined,
): StepFailure {
  const [first] = differences;
  const cause = first === undefined ? '' : `: ${first.path} is ${first.got}, expected ${first.expected}`;
  return new StepFailure(`the next frame is another one${cause}`, {
    code: 'NEXT_DIFFERS',
    expected: what,
    got: describe(view),
    differences,
    details: shownFrames('the frame', [frame], connection),
  });
}

/** What is there although the author did not say it. */
function unsaid(template: readonly LayerTemplate[], view: readonly Layer[]): ShownDifference[] {
  const tcp = findLayer(view, 'tcp');
  const differences: ShownDifference[] = [];
  const data = dataOf(view);
  if (findTemplate(template, 'payload') === undefined && data.length > 0)
    differences.push({ path: 'payload', expected: 'none', got: `${data.length} bytes` });
  if (tcp === undefined || findTemplate(template, 'tcp')?.fields.options !== undefined) return differences;
  if (((tcp.flags as number) & SYN) !== 0) return differences;
  const strange = (tcp.options as readonly { name: string }[]).filter((option) => !UNSAID_OPTIONS.has(option.name));
  if (strange.length > 0)
    differences.push({
      path: 'tcp.options',
      expected: 'none but timestamps',
      got: strange.map((option) => option.name).join(', '),
    });
  return differences;
}

/** The view of two segments in sequence as one; undefined when the second does not continue the first. */
function join(view: readonly Layer[], next: readonly Layer[], offset: number): readonly Layer[] | undefined {
  const tcp = findLayer(view, 'tcp');
  const following = findLayer(next, 'tcp');
  if (tcp === undefined || following === undefined) return undefined;
  const data = dataOf(view);
  if (offset !== data.length) return undefined;
  if (following.seq !== ((tcp.seq as number) + data.length) >>> 0) return undefined;
  if ((((tcp.flags as number) ^ (following.flags as number)) & ~LAST_SEGMENT_FLAGS) !== 0) return undefined;
  return view.map((layer) => {
    if (layer === tcp) return { ...following, seq: tcp.seq };
    if (layer.layer === 'payload') return { ...layer, data: Buffer.concat([data, dataOf(next)]) };
    return layer;
  });
}

function expectedSize(template: readonly LayerTemplate[]): number | undefined {
  const data = findTemplate(template, 'payload')?.fields.data;
  return data instanceof Uint8Array ? data.length : undefined;
}

function dataOf(view: readonly Layer[]): Buffer {
  const payload = view[view.length - 1];
  return payload?.layer === 'payload' ? (payload.data as Buffer) : Buffer.alloc(0);
}
