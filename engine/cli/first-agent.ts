import { type StackUnderTest, startLinuxAgent } from '../../dut';

// The agent takes as long to start as the engine to load and the cases to check, so it is started before either.

let first: Promise<StackUnderTest> | undefined;

/** Starts the agent that the first test will use. */
export function startFirstAgent(): void {
  first = startLinuxAgent();
  // Whoever takes it sees why it did not start.
  first.catch(() => undefined);
}

/** The agent that was started ahead, once. */
export function takeFirstAgent(): Promise<StackUnderTest> | undefined {
  const agent = first;
  first = undefined;
  return agent;
}

/** Ends the agent if nobody took it. */
export async function closeFirstAgent(): Promise<void> {
  const agent = takeFirstAgent();
  await agent?.then((client) => client.close()).catch(() => undefined);
}
