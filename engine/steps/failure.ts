import type { Where } from './definition';

/** One field that is not as expected, ready to be shown. */
export interface ShownDifference {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** What a step tells about a failure beside its message. */
export interface FailureFacts {
  /** Stable name of the kind, e.g. FRAME_MISSING. */
  readonly code: string;
  /** Keys below the step where the expectation stands. */
  readonly path?: readonly (string | number)[];
  readonly expected?: string;
  readonly got?: string;
  readonly differences?: readonly ShownDifference[];
  /** Further lines of text: how long it waited, which frames came. */
  readonly details?: readonly string[];
}

/** The stack under test did not do what the step demands: verdict `fail`. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  /** Set by the runner: the step that failed. */
  where?: Where;
  constructor(
    message: string,
    readonly facts: FailureFacts,
  ) {
    super(message);
  }
}

/** The case itself is wrong in a way that shows only when it runs: verdict `error`. */
export class CaseError extends Error {
  override readonly name = 'CaseError';
  where?: Where;
  constructor(
    message: string,
    readonly facts: FailureFacts & { readonly fix?: string },
  ) {
    super(message);
  }
}

/** The lab or the agent failed, not the stack and not the case: verdict `error`. */
export class LabFailure extends Error {
  override readonly name = 'LabFailure';
  where?: Where;
  constructor(
    message: string,
    readonly facts: FailureFacts & { readonly fix?: string },
  ) {
    super(message);
  }
}

/** Ends the test with the verdict `skip`. */
export class SkipTest extends Error {
  override readonly name = 'SkipTest';
}
