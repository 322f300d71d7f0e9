import { checksumProblems, describe, diff, type Layer, type LayerTemplate, match } from '../codec';
import type { Connection, Expected, Pins } from '../connections';
import type { ConnectionThing, LoggedFrame, Running, StepContext } from './context';
import type { CheckedStep } from './definition';
import { formatDuration } from './duration';
import { type ShownDifference, StepFailure } from './failure';

/** Where an expectation looks: a connection's frames, or all that came on the test link. */
export interface Source {
  readonly thing: ConnectionThing | undefined;
  readonly cursor: { position: number };
}

/** An expectation ready to be matched against frames of the log. */
export interface Matcher {
  matches(frame: LoggedFrame): boolean;
  /** Differences of a frame's fields from what is expected; bad checksums come first. */
  differences(frame: LoggedFrame): readonly ShownDifference[];
}

/** Most frames that a failure lists. */
const SHOWN_FRAMES = 8;

/** What the author expects, with the connection's pins for what is left unsaid. */
export function matcherFor(connection: Connection | undefined, layers: readonly LayerTemplate[], pins: Pins): Matcher {
  return matcherOf(connection?.expected(layers, pins) ?? { for: () => layers }, connection);
}

/** Matches what a connection has made of an expectation. */
export function matcherOf(expected: Expected, connection: Connection | undefined): Matcher {
  return {
    matches(frame) {
      const view = viewOf(frame, connection);
      return match(expected.for(view), view) && badChecksums(frame).length === 0;
    },
    differences(frame) {
      const view = viewOf(frame, connection);
      return [...checksumDifferences(frame), ...diff(expected.for(view), view)];
    },
  };
}

/** Bad checksums of a frame as differences. */
export function checksumDifferences(frame: LoggedFrame): ShownDifference[] {
  return badChecksums(frame).map((text) => ({ path: 'checksum', expected: 'right', got: text }));
}

/** The frame's layers as the connection's authors see them. */
export function viewOf(frame: LoggedFrame, connection: Connection | undefined): readonly Layer[] {
  return connection === undefined ? frame.packet.layers : connection.view(frame.packet, frame.outgoing);
}

/** The first matching frame from the cursor on, or undefined when none came until the deadline. Moves nothing. */
export function* awaitMatch(
  source: Source,
  matcher: Matcher,
  deadline: number,
  context: StepContext,
): Running<LoggedFrame | undefined> {
  const search = new Search(source.cursor.position, (frame) => matcher.matches(frame), context);
  if (!search.findNow()) yield { ready: () => search.find(), deadline };
  return search.found;
}

/** The very next frame that belongs to the source, or undefined when none came until the deadline. Moves nothing. */
export function* awaitNext(source: Source, deadline: number, context: StepContext): Running<LoggedFrame | undefined> {
  const search = new Search(source.cursor.position, (frame) => belongs(frame, source), context);
  if (!search.findNow()) yield { ready: () => search.find(), deadline };
  return search.found;
}

/** A search through received frames that goes on where it stopped. */
class Search {
  found: LoggedFrame | undefined;

  constructor(
    private position: number,
    private readonly isWanted: (frame: LoggedFrame) => boolean,
    private readonly context: StepContext,
  ) {}

  /** Looks at the frames of the log. */
  find(): boolean {
    const { log } = this.context.wire;
    for (; this.position < log.length; this.position += 1) {
      const frame = log[this.position];
      if (frame === undefined || frame.outgoing || !this.isWanted(frame)) continue;
      this.found = frame;
      return true;
    }
    return false;
  }

  /**
   * Looks also at frames that have arrived but are not in the log. A Linux DUT has answered before the call that sends
   * returns: the step that expects the answer finds it without the way through the pump.
   */
  findNow(): boolean {
    while (!this.find()) if (!this.context.wire.receive()) return false;
    return true;
  }
}

/** Takes a frame: the cursor moves past it, and the connection learns from it. */
export function take(frame: LoggedFrame, source: Source, step: CheckedStep): void {
  source.cursor.position = frame.index + 1;
  frame.step = step.where;
  if (source.thing !== undefined) {
    frame.connection = source.thing.connection;
    source.thing.connection.taken(frame.packet);
  }
}

/** Whether a frame is one that the source's steps look at; Ethernet multicast noise of the kernel is not. */
export function belongs(frame: LoggedFrame, source: Source): boolean {
  return source.thing === undefined ? !isMulticast(frame) : source.thing.connection.owns(frame.packet);
}

/** Frames from the cursor on that belong to the source. */
export function framesSince(source: Source, context: StepContext): LoggedFrame[] {
  const frames: LoggedFrame[] = [];
  for (const frame of context.wire.log.slice(source.cursor.position)) {
    if (!frame.outgoing && belongs(frame, source)) frames.push(frame);
  }
  return frames;
}

/**
 * The failure of an expectation that nothing matched: "no frame came" reads differently from "another frame came".
 * `waitedNs` is how long the step looked.
 */
export function missingFrame(
  what: string,
  matcher: Matcher,
  source: Source,
  waitedNs: number,
  context: StepContext,
): StepFailure {
  const frames = framesSince(source, context);
  const connection = source.thing?.connection;
  const waited = `waited ${formatDuration(waitedNs)}`;
  const elsewhere = context.wire.log
    .slice(source.cursor.position)
    .filter((frame) => !frame.outgoing && !frames.includes(frame));
  if (frames.length === 0) {
    return new StepFailure(
      `${what} did not come: nothing came at all${connection === undefined ? '' : ` on ${connection.name}`}`,
      {
        code: 'NOTHING_CAME',
        expected: what,
        got: 'no frame',
        details: [waited, ...shownFrames('frames that belong to nothing here', elsewhere, undefined)],
      },
    );
  }
  let nearest: LoggedFrame | undefined;
  let differences: readonly ShownDifference[] = [];
  for (const frame of frames) {
    const own = matcher.differences(frame);
    if (nearest === undefined || own.length < differences.length) {
      nearest = frame;
      differences = own;
    }
  }
  const first = differences[0];
  const cause = first === undefined ? '' : `: ${first.path} is ${first.got}, expected ${first.expected}`;
  return new StepFailure(
    `${what} did not come; ${frames.length === 1 ? 'another frame came' : `${frames.length} other frames came`}${cause}`,
    {
      code: 'FRAME_MISSING',
      expected: what,
      got: nearest === undefined ? 'no frame' : describe(viewOf(nearest, connection)),
      differences,
      details: [
        waited,
        ...shownFrames(
          connection === undefined ? 'frames that came' : `frames that came on ${connection.name}`,
          frames,
          connection,
        ),
      ],
    },
  );
}

/** A list of frames for a failure, the latest last, with times since the first one. */
export function shownFrames(
  title: string,
  frames: readonly LoggedFrame[],
  connection: Connection | undefined,
): string[] {
  if (frames.length === 0) return [];
  const shown = frames.slice(-SHOWN_FRAMES);
  const more = frames.length > shown.length ? ` (the last ${shown.length} of ${frames.length})` : '';
  return [
    `${title}${more}:`,
    ...shown.map((frame) => `  ${formatTime(frame.time)}  ${describe(viewOf(frame, connection))}`),
  ];
}

/** Lab time as seconds with microseconds. */
export function formatTime(time: number): string {
  return `${(time / 1e9).toFixed(6)}s`;
}

/** What is wrong with a frame's checksums, verified once. */
export function badChecksums(frame: LoggedFrame): readonly string[] {
  frame.badChecksums ??= checksumProblems(frame.packet).map(
    (problem) => `${problem.layer} has ${problem.got}, right is ${problem.expected}`,
  );
  return frame.badChecksums;
}

function isMulticast(frame: LoggedFrame): boolean {
  return ((frame.packet.bytes[0] ?? 0) & 1) === 1;
}
