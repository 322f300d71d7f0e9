/** Exit codes of the command line. */
export const ExitCode = {
  /** Every test ended as expected. */
  asExpected: 0,
  /** A fail, an error or an unexpected pass. */
  notAsExpected: 1,
  /** A bad document or bad usage; nothing ran. */
  badInput: 2,
  /** The environment cannot run tests. */
  environment: 3,
  /** Ended by SIGINT, as shells say it. */
  interrupted: 130,
} as const;

/** The command line asks for something that is not there; the message is for the person who wrote it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
