/**
 * The verbs of the case language, one definition a file (close relatives share one): name, schema fragment, doc, static
 * check and run. A run function is a generator that yields what it waits for (`Wait`); the runner's pump resumes it as
 * soon as that is there, so that between a matched frame and the next send there is neither timer nor promise.
 *
 * One more verb: a file here, a line in `stepDefinitions`, a test beside it, and `npm run generate` for the schema.
 */
import { awaitStep, blocked } from './await';
import { connection } from './connection';
import { each, ifStep, parallel, repeat } from './control';
import { assert, letStep, set, skip, sleep } from './data';
import type { StepDefinition } from './definition';
import { exec, sysctl } from './device';
import { dut } from './dut';
import { collect, drain, expect, expectNone } from './expect';
import { expectNext } from './expect-next';
import { established, handshake } from './handshake';
import { send } from './send';
import { bound, listener } from './sockets';
import { tcpInfo } from './tcp-info';

/** All verbs, in the order in which the reference shows them. */
export const stepDefinitions: readonly StepDefinition[] = [
  listener,
  bound,
  connection,
  handshake,
  established,
  dut,
  awaitStep,
  blocked,
  send,
  expect,
  expectNext,
  expectNone,
  collect,
  drain,
  tcpInfo,
  letStep,
  set,
  assert,
  sleep,
  skip,
  ifStep,
  repeat,
  each,
  parallel,
  exec,
  sysctl,
];

export { DEFAULT_PATIENCE } from './calls';
export type {
  Branch,
  Call,
  CallOutcome,
  CallThing,
  ConnectionThing,
  Cursor,
  FramesThing,
  FrameThing,
  LabFacts,
  LoggedFrame,
  Running,
  Scope,
  SocketThing,
  StepClock,
  StepContext,
  Thing,
  ValueThing,
  Wait,
  Wire,
} from './context';
export type {
  CheckedStep,
  JsonSchema,
  Made,
  MaybeExpression,
  Modifier,
  NameKind,
  NameMention,
  Need,
  RawStep,
  StepDefinition,
  StepProblem,
  Template,
  Where,
} from './definition';
export { durationNs, formatDuration, parseDuration } from './duration';
export { formatTime, shownFrames, viewOf } from './expectation';
export { CaseError, type FailureFacts, LabFailure, type ShownDifference, SkipTest, StepFailure } from './failure';
export { frameKeys } from './frames';
export { DEFAULT_TOLERANCE } from './timing';
export { show } from './values';
