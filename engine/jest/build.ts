import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Jest's global set-up of the project `cases`: suites run the compiled engine, so it has to be fresh. */
export default function buildEngine(): void {
  execFileSync(process.execPath, [join(__dirname, '../../setup.js'), 'build'], { stdio: 'inherit' });
}
