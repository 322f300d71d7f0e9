/*
 * The device under test: the contract with an agent that makes socket calls beside the stack (posix.proto), the client
 * for the engine, the agent for POSIX systems, and the stacks that can be started.
 *
 * posix.proto is the one place that knows the calls; calls.ts reads its descriptors and comments, and schema, argument
 * checks and docs come from there. messages.ts encodes by the same descriptors.
 *
 * One more call: a member of Request.call (and of Reply.output, if it writes to memory) with its messages in
 * posix.proto, `node dist/dut/proto-descriptor.js`, and an entry in agent/call-table.ts. One more stack: a file in
 * stacks/.
 */
export { AgentError, type AgentErrorCode } from './agent-error';
export type { RawOption } from './arguments';
export {
  type CallDescriptor,
  callDescriptor,
  callDescriptors,
  type OutputDescriptor,
  type ParamDescriptor,
  type ParamKind,
  type Returns,
} from './calls';
export type { CallPhase, CallResult, DutClient, PendingCall } from './client';
export { linuxStack, startLinuxAgent } from './stacks/linux';
export type { Stack, StackProbe, StackUnderTest } from './stacks/stack';
