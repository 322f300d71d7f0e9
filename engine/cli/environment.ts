import { release } from 'node:os';
import { startLinuxAgent } from '../../dut';
import { createLab, sweep } from '../../netns';
import type { Environment } from '../runner';
import { takeFirstAgent } from './first-agent';

/** Labs and the stack of the Linux kernel that this machine runs: what the engine itself must not know. */
export const linuxEnvironment: Environment = {
  createLab,
  startStack: () => {
    sweep();
    return takeFirstAgent() ?? startLinuxAgent();
  },
  stackVersion: () => release(),
};
