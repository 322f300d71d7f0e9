import { describe, diff } from '../codec';
import type { Running, StepContext } from './context';
import type { CheckedStep, StepDefinition } from './definition';
import { durationNs, formatDuration } from './duration';
import { awaitMatch, matcherFor, missingFrame, type Source, shownFrames, take, viewOf } from './expectation';
import { StepFailure } from './failure';
import { type AuthoredFrame, checkFrame, type FrameMode, frameKeys, frameOf, layersOf, prepareFrame } from './frames';
import { connectionOf } from './things';
import { DEFAULT_WITHIN, frameEvent, judgeTime, patienceOf, timeWindow } from './timing';

const MODE: FrameMode = 'expect';

/** Where a frame step looks: its connection, or the whole link for an explicit stack. */
export function sourceOf(step: CheckedStep, context: StepContext): Source {
  if (step.on === undefined) return { thing: undefined, cursor: context.linkCursor };
  const thing = connectionOf(step.on, context);
  return { thing, cursor: thing.cursor };
}

/** What an expectation is called in messages: its flags or its layers. */
export function nameOf(step: CheckedStep, frame: AuthoredFrame): string {
  if (typeof step.value === 'string') return `${step.verb} ${step.value}`;
  return `${step.verb} ${frame.layers.map((layer) => layer.layer).join('/')}`;
}

/** Waits for a frame that matches; skips others. */
export const expect: StepDefinition = {
  verb: 'expect',
  doc: 'Waits for the first frame that matches, from the connection’s cursor on; others are skipped and shown on failure. What is not given is ignored, except what the connection pins: addresses, ports, the next sequence number and, if ACK is set, the acknowledgment number.',
  example: '{ expect: ACK, ack: 1001, as: reply }',
  value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/expectLayers' }] },
  keys: {
    ...frameKeys(MODE),
    must: {
      $ref: '#/$defs/expectLayers',
      description: 'What the matched frame has to satisfy: values in `expect` filter, values here check.',
    },
    arrives: {
      $ref: '#/$defs/boolean',
      description: 'False turns the step into expect_none of the same frame, for the time of `within`.',
    },
  },
  modifiers: ['as', 'on', 'at', 'within', 'since', 'soft'],
  needs: (step) => (Array.isArray(step.expect) ? undefined : 'connection'),
  makes: { kind: 'frame' },
  check: (step) => checkFrame(step, 'expect', MODE),
  prepare: (step) => prepareFrame(step, 'expect', MODE),
  *run(step, context) {
    const source = sourceOf(step, context);
    const over = source.thing?.connection.over ?? context.over ?? 'ipv4';
    const authored = frameOf(step, MODE, over, context);
    const what = nameOf(step, authored);
    if (step.keys.arrives !== undefined && context.value(step.keys.arrives) === false) {
      const within =
        step.keys.within === undefined ? DEFAULT_WITHIN : durationNs(context.value(step.keys.within), ['within']);
      yield* demandNone(what, authored, source, within, context);
      return;
    }
    const window = timeWindow(step, context);
    const matcher = matcherFor(source.thing?.connection, authored.layers, 'all');
    const started = context.now();
    const frame = yield* awaitMatch(source, matcher, started + patienceOf(step, context, window), context);
    if (frame === undefined) throw missingFrame(what, matcher, source, context.now() - started, context);
    if (step.as !== undefined)
      context.scope.set(step.as, { kind: 'frame', frame, connection: source.thing?.connection });
    const mustLayers =
      step.keys.must === undefined ? undefined : layersOf(step.keys.must, MODE, over, ['must'], context);
    const view = viewOf(frame, source.thing?.connection);
    const differences = mustLayers === undefined ? [] : diff(mustLayers, view);
    take(frame, source, step);
    try {
      judgeTime(what, frame.time, window, step, context);
    } finally {
      frameEvent(context, frame.time);
    }
    const first = differences[0];
    if (first !== undefined) {
      throw new StepFailure(`the frame came, but ${first.path} is ${first.got}, and must be ${first.expected}`, {
        code: 'MUST_DIFFERS',
        path: ['must'],
        expected: first.expected,
        got: first.got,
        differences,
        details: [`the frame: ${describe(view)}`],
      });
    }
  },
};

/** Demands silence: nothing that matches, for a time. */
export const expectNone: StepDefinition = {
  verb: 'expect_none',
  doc: 'Demands that nothing matching comes for the time of `for`; frames from the cursor on count too. Only addresses and ports are pinned, so name as little as possible.',
  example: '{ expect_none: { tcp: {} }, for: 200ms }',
  value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/expectLayers' }] },
  keys: frameKeys(MODE),
  required: ['for'],
  modifiers: ['on', 'for', 'after', 'soft'],
  needs: (step) => (Array.isArray(step.expect_none) ? undefined : 'connection'),
  check: (step) => checkFrame(step, 'expect_none', MODE),
  prepare: (step) => prepareFrame(step, 'expect_none', MODE),
  *run(step, context) {
    const source = sourceOf(step, context);
    const authored = frameOf(step, MODE, source.thing?.connection.over ?? context.over ?? 'ipv4', context);
    yield* demandNone(
      nameOf(step, authored),
      authored,
      source,
      durationNs(context.value(step.keys.for), ['for']),
      context,
    );
  },
};

/** Takes all frames of a time into a list. */
export const collect: StepDefinition = {
  verb: 'collect',
  doc: 'Takes all matching frames that come in the time of `for` into a list, which expressions read.',
  example: '{ collect: [{ ip: {} }, { icmp: {} }], for: 100ms, as: errors }',
  value: { anyOf: [{ $ref: '#/$defs/tcpFlags' }, { $ref: '#/$defs/expectLayers' }] },
  keys: frameKeys(MODE),
  required: ['for'],
  modifiers: ['as', 'on', 'for', 'after', 'soft'],
  needs: (step) => (Array.isArray(step.collect) ? undefined : 'connection'),
  makes: { kind: 'frames' },
  check: (step) => checkFrame(step, 'collect', MODE),
  *run(step, context) {
    const source = sourceOf(step, context);
    const authored = frameOf(step, MODE, source.thing?.connection.over ?? context.over ?? 'ipv4', context);
    const matcher = matcherFor(source.thing?.connection, authored.layers, 'addresses');
    yield { ready: () => false, deadline: context.now() + durationNs(context.value(step.keys.for), ['for']) };
    const { connection } = source.thing ?? {};
    const frames = context.wire.log
      .slice(source.cursor.position)
      .filter((frame) => !frame.outgoing && matcher.matches(frame));
    for (const frame of frames) {
      take(frame, source, step);
      frameEvent(context, frame.time);
    }
    if (step.as !== undefined)
      context.scope.set(step.as, {
        kind: 'frames',
        frames: frames.map((frame) => ({ kind: 'frame', frame, connection })),
      });
  },
};

/** Moves a cursor to the end of the log. */
export const drain: StepDefinition = {
  verb: 'drain',
  doc: 'Moves the connection’s cursor to the end of the log: what came so far is no longer looked at.',
  example: '{ drain: conn }',
  value: { $ref: '#/$defs/name' },
  modifiers: ['after'],
  names: (step) => [{ role: 'use', kind: 'connection', name: String(step.drain), path: ['drain'] }],
  // biome-ignore lint/correctness/useYield: a step that does not wait
  *run(step, context) {
    connectionOf(String(step.value), context).cursor.position = context.wire.log.length;
  },
};

/** Fails when a matching frame is in the log from the cursor on, or comes within the time. */
function* demandNone(
  what: string,
  authored: AuthoredFrame,
  source: Source,
  forNs: number,
  context: StepContext,
): Running {
  const matcher = matcherFor(source.thing?.connection, authored.layers, 'addresses');
  const frame = yield* awaitMatch(source, matcher, context.now() + forNs, context);
  if (frame === undefined) return;
  const connection = source.thing?.connection;
  const text = describe(viewOf(frame, connection));
  throw new StepFailure(`a frame came that must not come: ${text}`, {
    code: 'UNEXPECTED_FRAME',
    expected: `no frame that matches ${what.replace('expect_none ', '')} for ${formatDuration(forNs)}`,
    got: text,
    details: shownFrames('the frame', [frame], connection),
  });
}
