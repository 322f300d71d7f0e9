#!/usr/bin/env node
// The command `packetcase`: reads the command line, hands a command its options, and turns what happened into an exit
// code. A command's file, and the engine with it, is loaded only when that command runs: start-up is part of how long a
// single case takes.
//
// One more command: a file with one exported function, and its `.command(…)` here.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { ExitCode, UsageError } from './exit';
import * as parse from './option-values';

/** Reads `argv` (without node and script), runs the command and gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.asExpected;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.asExpected : ExitCode.badInput;
    if (error instanceof UsageError) {
      process.stderr.write(`error: ${error.message}\n`);
      return ExitCode.badInput;
    }
    throw error;
  }
}

function buildProgram(exit: (code: number) => void): Command {
  const program = new Command('packetcase')
    .description('Packet-level conformance tests of TCP/IP stacks, written as YAML.')
    .version(packageVersion())
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes:
  0  every test ended as expected
  1  a test failed, could not be judged, or passed although it is listed as failing
  2  a document or the command line is wrong; nothing ran
  3  this machine cannot run tests (packetcase doctor tells why)`,
    );

  selection(program.command('run'))
    .description('run cases')
    .addOption(
      new Option('--jobs <n>', 'tests that run at the same time (default: half of the cores)').argParser(
        parse.positiveInteger,
      ),
    )
    .option('--reporter <name[=file]>', 'pretty, json; may be given several times (default: pretty)', parse.reporter)
    .option('--fail-fast', 'stop at the first test that does not end as expected')
    .addOption(new Option('--repeat <n>', 'run every test this often').argParser(parse.positiveInteger).default(1))
    .addOption(
      new Option('--time-scale <factor>', 'widen all tolerances, for slow machines').argParser(parse.factor).default(1),
    )
    .option('--tolerance <duration>', 'tolerance of cases that set none', parse.duration)
    .option('--no-exec', 'refuse steps that run commands or change kernel parameters (exec, sysctl)')
    .action(async (paths, options) => {
      const ahead = require('./head-start') as typeof import('./head-start');
      if (options.jobs === undefined || options.jobs === 1) ahead.startAhead();
      try {
        exit(await (require('./run') as typeof import('./run')).run(paths, options));
      } finally {
        await ahead.endUnused();
      }
    });

  selection(program.command('check'))
    .description('find mistakes in cases without running them')
    .addOption(
      new Option('--print <what>', 'print the checked tests, or the problems for a program').choices([
        'plan',
        'problems',
      ]),
    )
    .action(async (paths, options) => exit((require('./check') as typeof import('./check')).check(paths, options)));

  selection(program.command('list'))
    .description('list the tests that would run')
    .option('--json', 'as JSON')
    .action(async (paths, options) => exit((require('./list') as typeof import('./list')).list(paths, options)));

  program
    .command('schema')
    .description('print the JSON Schema of case files')
    .option('--write', 'write it to schemas/ instead')
    .action(async (options) => exit((require('./schema') as typeof import('./schema')).schema(options)));

  program
    .command('doctor')
    .description('tell whether this machine can run tests, and what is missing')
    .action(async () => exit(await (require('./doctor') as typeof import('./doctor')).doctor()));

  return program;
}

/** Options that choose tests, the same for all commands that load cases. */
function selection(command: Command): Command {
  return command
    .argument(
      '[path...]',
      'case files or folders with *.case.yaml and *.case.json (default: cases, if there is such a folder)',
    )
    .addOption(
      new Option('--stack <names>', 'stacks under test, with commas between')
        .argParser(parse.stacks)
        .default(['linux'], 'linux'),
    )
    .option('--filter <regexp>', 'only tests whose name matches', parse.regularExpression)
    .option('--tag <tag>', 'only tests with this tag; may be given several times', parse.collect)
    .option(
      '--seed <n>',
      'start of all random numbers (default: a new one each time, shown in the report)',
      parse.seed,
    );
}

/** From package.json, which is one folder further away for the compiled code. */
function packageVersion(): string {
  const file = ['../..', '../../..'].map((up) => join(__dirname, up, 'package.json')).find(existsSync);
  return file === undefined ? 'unknown' : (require(file) as { version: string }).version;
}

/** Loads what a case needs on its way, for the build, which keeps the compiled code (write-bundle.ts). */
export function preload(): void {
  require('./head-start');
  require('./run');
}

/** Does what a case does before and between its frames, with the shipped cases, for the same purpose. */
export async function rehearse(): Promise<void> {
  const { openCases } = require('..') as typeof import('..');
  const { warmUp } = require('../runner') as typeof import('../runner');
  const folder = join(__dirname, '../../../cases');
  if (existsSync(folder)) openCases([folder], { stacks: ['linux'] });
  await warmUp(() => true);
}

/** The whole process: runs the command line and sets the exit code. */
export function start(): void {
  // The reader of a pipe may leave early (`packetcase list | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.asExpected);
    throw error;
  });
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      process.stderr.write(`packetcase itself failed; please report this.\n${error.stack}\n`);
      process.exitCode = ExitCode.environment;
    },
  );
}

if (require.main === module) start();
