import type { Timestamp } from '../../bindings';
import type { DutClient } from '../../dut';
import { type Call, type CallOutcome, LabFailure, type Running } from '../steps';
import { labTime } from './lab-clock';

type Pending = ReturnType<DutClient['call']>;

/** A call on the DUT as steps see it: outcomes in lab time, the agent's failures as the lab's. */
export class AgentCall implements Call {
  constructor(
    readonly name: string,
    private readonly pending: Pending,
    private readonly client: DutClient,
    private readonly epoch: Timestamp,
  ) {}

  get done(): boolean {
    return this.pending.done;
  }

  outcome(): CallOutcome {
    const { result, failure } = this.pending;
    if (failure !== undefined) throw agentFailure(this.name, failure);
    if (result === undefined) throw new Error(`${this.name} has not returned`);
    return {
      ret: result.ret,
      errno: result.errno,
      out: result.out,
      start: labTime(result.start.sec, result.start.nsec, this.epoch),
      end: labTime(result.end.sec, result.end.nsec, this.epoch),
    };
  }

  *asleep(): Running<boolean> {
    const asked = this.client.state(this.pending, STATE_WAIT_MS);
    yield { ready: () => asked.done, deadline: Number.POSITIVE_INFINITY };
    if (asked.failure !== undefined) throw agentFailure('state', asked.failure);
    return asked.result?.out.phase === 'ASLEEP';
  }

  cancel(): void {
    this.pending.cancel();
  }
}

/** How long the agent watches a call that neither sleeps nor returns before it says so, ms. */
const STATE_WAIT_MS = 100;

/** What the agent did wrong, as the lab's failure: verdict `error`. */
export function agentFailure(name: string, failure: { code?: string; message: string }): LabFailure {
  return new LabFailure(`${name}: ${failure.message}`, {
    code: failure.code ?? 'AGENT_FAILED',
    fix: 'this is a fault of the harness or of the machine, not of the stack under test: run the case again',
  });
}
