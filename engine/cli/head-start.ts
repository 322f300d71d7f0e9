import { type StackUnderTest, startLinuxAgent } from '../../dut';
import { createLab, type Lab } from '../../netns';

// An agent takes as long to start as the engine to load and the cases to check, and a lab is made by another process:
// both are started before either. Most cases take the lab that nobody asked anything special of.

let agent: Promise<StackUnderTest> | undefined;
let lab: Promise<Lab> | undefined;

/** Starts the agent and the lab that the first test will probably use. */
export function startAhead(): void {
  agent = startLinuxAgent();
  lab = createLab();
  // Whoever takes them sees why they did not start.
  agent.catch(() => undefined);
  lab.catch(() => undefined);
}

/** The agent that was started ahead, once. */
export function takeAgent(): Promise<StackUnderTest> | undefined {
  const taken = agent;
  agent = undefined;
  return taken;
}

/** The lab that was made ahead, once, for who wants it as it is. */
export function takeLab(options: object): Promise<Lab> | undefined {
  if (Object.keys(options).length > 0) return undefined;
  const taken = lab;
  lab = undefined;
  return taken;
}

/** Ends what nobody took. */
export async function endUnused(): Promise<void> {
  await Promise.all([takeAgent()?.then((client) => client.close()), takeLab({})?.then((made) => made.close())]).catch(
    () => undefined,
  );
}
