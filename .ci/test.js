/*
 * All checks of the project: the linter with the type check, then every jest project. Ends in one plain line with the
 * counts, in which the linter is one test and a suite that could not run is one failed test.
 */
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.dirname(__dirname);

function main() {
  const lintPassed = run('npm', ['run', '--silent', 'lint']);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'packetcase-test-'));
  const report = path.join(folder, 'jest.json');
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const jestPassed = run(process.execPath, [jest, '--json', `--outputFile=${report}`, ...process.argv.slice(2)]);
  const result = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : { numPassedTests: 0 };
  fs.rmSync(folder, { recursive: true });

  const failedTests = (result.numFailedTests ?? 0) + (result.numRuntimeErrorTestSuites ?? 0);
  const failed = (jestPassed ? failedTests : Math.max(failedTests, 1)) + (lintPassed ? 0 : 1);
  const passed = result.numPassedTests + (lintPassed ? 1 : 0);
  const skipped = result.numPendingTests ?? 0;
  process.stdout.write(`\n${lintPassed ? '' : 'lint failed, see above\n'}`);
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  process.exitCode = failed === 0 && passed > 1 ? 0 : 1;
}

/** stdout of jest carries its JSON report, which the file holds as well. */
function run(command, args) {
  const stdout = args.includes('--json') ? 'ignore' : 'inherit';
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'] }).status === 0;
}

main();
