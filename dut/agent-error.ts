/** What went wrong with an agent; never that a call of the stack failed, which is a result. */
export type AgentErrorCode =
  /** The agent's process ended by itself. */
  | 'AGENT_DIED'
  /** The agent no longer answers requests that it must answer at once. */
  | 'AGENT_HANGS'
  /** The agent did not start. */
  | 'AGENT_NOT_STARTED'
  /** The client was closed. */
  | 'AGENT_CLOSED'
  /** The agent could not carry the request out. */
  | 'AGENT_REFUSED'
  /** The request was not sent: an argument is wrong. */
  | 'BAD_ARGUMENT'
  /** The call was interrupted by `cancel` or `reset`. */
  | 'CANCELLED';

export interface AgentErrorFacts {
  /** Exit status of the agent's process. */
  readonly exitCode?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** The last lines of its standard error. */
  readonly stderr?: readonly string[];
  /** What the user can do. */
  readonly fix?: string;
}

/** A request to an agent that has no result. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stderr: readonly string[];
  readonly fix?: string;

  constructor(code: AgentErrorCode, message: string, { exitCode, signal, stderr = [], fix }: AgentErrorFacts = {}) {
    super(message);
    this.name = 'AgentError';
    this.code = code;
    this.exitCode = exitCode;
    this.signal = signal;
    this.stderr = stderr;
    this.fix = fix;
  }
}
