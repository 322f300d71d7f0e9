/** How a test ended; never mixed (design/architecture.md "Verdicts"). */
export type Verdict = 'pass' | 'fail' | 'error' | 'skip' | 'known-failure' | 'unexpected-pass';

/** Why a test failed, or could not be judged. */
export interface Failure {
  /** Stable name of the kind, e.g. FRAME_MISSING. */
  readonly code: string;
  /** One line: what differed. */
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Place in the case, e.g. `steps[3].expect.tcp.ack`. */
  readonly path: string;
  /** The verb and what stands beside it, shortened. */
  readonly step?: string;
  readonly expected?: string;
  readonly got?: string;
  /** Fields of the nearest frame, or of a call's result, that are not as expected. */
  readonly differences: readonly { readonly path: string; readonly expected: string; readonly got: string }[];
  /** Further lines, ready to print: how long it waited, which frames came. */
  readonly details: readonly string[];
  readonly fix?: string;
}

/** One test of one stack, judged. */
export interface TestResult {
  readonly test: {
    readonly id: string;
    readonly file: string;
    readonly title: string;
    readonly name: string;
    readonly row: string | null;
    readonly stack: string;
    readonly requirements: readonly string[];
    readonly tags: readonly string[];
    readonly origin: readonly string[];
  };
  readonly verdict: Verdict;
  /** Why it was skipped or is known to fail. */
  readonly reason?: string;
  readonly durationMs: number;
  /** The first of `failures`. */
  readonly failure?: Failure;
  readonly failures: readonly Failure[];
  readonly seed: number;
}

/** What a run came to. */
export interface RunSummary {
  readonly tests: number;
  readonly pass: number;
  readonly fail: number;
  readonly error: number;
  readonly skip: number;
  readonly known_failure: number;
  readonly unexpected_pass: number;
  readonly duration_ms: number;
  readonly seed: number;
  readonly stacks: readonly string[];
  /** Tests that were planned but did not run: `--fail-fast`, an interrupt, an environment that broke. */
  readonly not_run: number;
}
