import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inNamespace } from '../bindings';
import { LabError } from './lab-error';

/** A tool of iproute2. */
export type Tool = 'ip' | 'tc';

/**
 * Runs commands by one process of `ip` or `tc` in a network namespace, and stops at the first that fails.
 *
 * @param peerFd the child sees this descriptor as 3, so a command can name its namespace as {@link PEER_NAMESPACE}
 * @throws {LabError} NO_IP_COMMAND, COMMAND_FAILED with the command and what the tool said
 */
export async function runBatch(
  tool: Tool,
  namespaceFd: number,
  commands: readonly string[],
  peerFd?: number,
): Promise<void> {
  const path = findTool(tool);
  // A child process belongs to the namespace that its parent's thread is in at the moment of the fork.
  const child = inNamespace(namespaceFd, () =>
    spawn(path, ['-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe', peerFd ?? 'ignore'] }),
  );
  let complaint = '';
  const { stdin, stderr } = child;
  if (!stdin || !stderr) throw new Error('unreachable: both are pipes');
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  // A tool that fails early may not read all its input; its exit status says enough.
  stdin.on('error', () => {});
  stdin.end(`${commands.join('\n')}\n`);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  if (status === 0) return;
  const line = /Command failed -:(\d+)/.exec(complaint)?.[1];
  const command = line === undefined ? 'batch' : (commands[Number(line) - 1] ?? 'batch');
  const said = complaint.replace(/Command failed -:\d+\s*/, '').trim();
  throw new LabError(
    'COMMAND_FAILED',
    `${tool} ${command}: ${said === '' ? `exit status ${status}` : said}`,
    said.includes('Operation not permitted')
      ? 'run as root, or under `unshare -Urnm`'
      : `check the lab's options; if they are right, this kernel or this version of ${tool} lacks what the command needs`,
  );
}

/** How a command names the namespace of `peerFd`. */
export const PEER_NAMESPACE = '/proc/self/fd/3';

/**
 * Where the tool is. Directories of system tools count also if the user's PATH lacks them. @throws {LabError}
 * NO_IP_COMMAND
 */
export function findTool(tool: Tool): string {
  const known = found.get(tool);
  if (known) return known;
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin']) {
    const path = join(directory, tool);
    if (directory === '' || !isExecutable(path)) continue;
    found.set(tool, path);
    return path;
  }
  throw new LabError(
    'NO_IP_COMMAND',
    `the command ${tool} of iproute2 is not installed`,
    'install iproute2, for example by: apt-get install iproute2',
  );
}

const found = new Map<Tool, string>();

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
