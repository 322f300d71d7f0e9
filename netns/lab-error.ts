/** Why a lab could not be made. */
export type LabErrorCode =
  /** iproute2 is not installed. */
  | 'NO_IP_COMMAND'
  /** The kernel does not let this user make network namespaces. */
  | 'NO_PERMISSION'
  /** A limit of the system is reached. */
  | 'SYSTEM_LIMIT'
  /** A value of {@link LabOptions} is not possible. */
  | 'BAD_LAB_OPTION'
  /** A kernel setting does not exist here or does not take the value. */
  | 'BAD_SYSCTL'
  /** `ip` or `tc` refused a command. */
  | 'COMMAND_FAILED';

/** A lab could not be made: what happened is in the message, what to do in {@link fix}. Nothing of the lab remains. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  /** One sentence for the user, in the imperative. */
  readonly fix: string;

  constructor(code: LabErrorCode, message: string, fix: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LabError';
    this.code = code;
    this.fix = fix;
  }
}
