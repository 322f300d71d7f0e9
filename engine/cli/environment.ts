import { release } from 'node:os';
import { startLinuxAgent } from '../../dut';
import { createLab, sweep } from '../../netns';
import type { Environment } from '../runner';
import { takeAgent, takeLab } from './head-start';

/** Labs and the stack of the Linux kernel that this machine runs: what the engine itself must not know. */
export const linuxEnvironment: Environment = {
  createLab: (options) => takeLab(options) ?? createLab(options),
  startStack: () => {
    sweep();
    return takeAgent() ?? startLinuxAgent();
  },
  stackVersion: () => release(),
};
