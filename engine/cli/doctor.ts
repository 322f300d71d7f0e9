import pc from 'picocolors';
import { linuxStack } from '../../dut';
import { probe } from '../../netns';
import { wantsColor } from '../reports';
import { ExitCode } from './exit';

/** `packetcase doctor`: tries what a run needs, and tells what to do about what is missing. */
export async function doctor(): Promise<number> {
  const c = pc.createColors(wantsColor(process.stdout));
  const lines = [...(await probe()), ...(await linuxStack.probe())];
  for (const { name, ok, detail, fix } of lines) {
    process.stdout.write(`${ok ? c.green('ok     ') : c.red('MISSING')}  ${name.padEnd(16)} ${detail}\n`);
    if (fix !== undefined) process.stdout.write(`         ${' '.repeat(16)} ${fix}\n`);
  }
  const missing = lines.filter(({ ok }) => !ok).length;
  process.stdout.write(missing === 0 ? 'this machine can run tests\n' : 'this machine cannot run tests yet\n');
  return missing === 0 ? ExitCode.asExpected : ExitCode.environment;
}
