import type { DutClient } from '../client';

/** A TCP/IP stack that cases can run on: how to find out whether it can be used here, and how to start it. */
export interface Stack {
  /** As in `--stack` and in the `stacks:` of a case. */
  readonly name: string;
  /** One sentence for the reference page. */
  readonly doc: string;
  /** What the stack needs, and whether it is there; for `packetcase doctor`. */
  probe(): Promise<readonly StackProbe[]>;
  /** Starts the stack with its agent. @throws {AgentError} AGENT_NOT_STARTED */
  start(): Promise<StackUnderTest>;
}

export interface StackProbe {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do if it is not ok. */
  readonly fix?: string;
}

/** A started stack. */
export interface StackUnderTest extends DutClient {
  /** Of the agent's process. */
  readonly pid: number;
  /** Whose constants and structures these are, such as linux-x64. */
  readonly platform: string;
  /** Release of the kernel or stack; `dut.version` in cases. */
  readonly release: string;
}
