#!/usr/bin/env node
/*
 * Makes a fresh clone ready, for `npm start` and `npm test`: system packages, npm packages, the compiled code in dist/.
 * Looks first and does only what is missing, so it costs nothing when all is there. Uses Node's own modules only, since
 * it runs before any package is installed.
 *
 *   node setup.js start   what a run of cases needs
 *   node setup.js test    that, and what only the tests need
 *   node setup.js bench   what a run needs, and the benchmarks
 *   node setup.js build   only the compiled code
 */
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = __dirname;
const sourceFolders = ['engine', 'bindings', 'dut', 'netns', 'bench'];
const stamp = path.join(root, 'dist', '.built');
const environmentCannot = 3;

/** What has to be on the machine: how it is looked for, the Debian package that brings it, and what it is for. */
const systemNeeds = [
  {
    name: 'g++',
    found: () => onPath('g++') || onPath('clang++'),
    apt: 'g++',
    use: 'compiles ffi-napi',
    when: nativeIsMissing,
  },
  { name: 'make', found: () => onPath('make'), apt: 'make', use: 'compiles ffi-napi', when: nativeIsMissing },
  {
    name: 'python3',
    found: () => onPath('python3'),
    apt: 'python3',
    use: 'runs node-gyp, and scapy',
    when: nativeIsMissing,
  },
  { name: 'ip', found: () => onPath('ip'), apt: 'iproute2', use: 'makes the lab' },
  {
    name: 'tcpdump',
    found: () => onPath('tcpdump'),
    apt: 'tcpdump',
    use: 'captures for the benchmarks',
    only: 'bench',
  },
  {
    name: 'tshark',
    found: () => onPath('tshark'),
    apt: 'tshark',
    use: 'tests the codec against another decoder',
    only: 'test',
  },
  {
    name: 'scapy',
    found: hasScapy,
    apt: 'python3-scapy',
    use: 'tests the codec against another encoder',
    only: 'test',
  },
];

function main(task) {
  if (!['start', 'test', 'bench', 'build'].includes(task)) stop(2, 'usage: node setup.js start|test|bench|build');
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(environmentCannot, `Node 20.19 or later is needed; this is ${process.version}`);
  if (task !== 'build') {
    if (process.platform !== 'linux')
      stop(environmentCannot, `network namespaces need Linux; this is ${process.platform}`);
    installSystemPackages(task);
    installNpmPackages();
  }
  build();
}

function installSystemPackages(task) {
  const missing = systemNeeds.filter(
    (need) => (!need.only || need.only === task) && (!need.when || need.when()) && !need.found(),
  );
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => need.apt))];
  const list = missing.map((need) => `  ${need.name.padEnd(8)} ${need.use} (Debian package ${need.apt})`).join('\n');
  if (process.getuid() !== 0 || !onPath('apt-get')) {
    stop(
      environmentCannot,
      `these are missing on this machine:\n${list}\ninstall them, for example: sudo apt-get install ${packages.join(' ')}`,
    );
  }
  say(`installing ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], { env });
  run('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...packages], { env });
  const still = missing.filter((need) => !need.found());
  if (still.length > 0)
    stop(environmentCannot, `still missing after apt-get: ${still.map((need) => need.name).join(', ')}`);
}

function installNpmPackages() {
  if (npmPackagesAreInstalled()) return;
  say('installing npm packages');
  const env = { ...process.env };
  // node-gyp takes the headers that came with this Node, where there are any, instead of downloading them.
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  if (!env.npm_config_nodedir && fs.existsSync(path.join(prefix, 'include/node/node_api.h')))
    env.npm_config_nodedir = prefix;
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { env });
}

/** Whether node_modules holds what package-lock.json asks for, in its versions, and the native addons are compiled. */
function npmPackagesAreInstalled() {
  if (nativeIsMissing()) return false;
  const wanted = readJson('package-lock.json').packages;
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (!installed) return false;
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || (installed[name] ? installed[name].version === entry.version : entry.optional),
  );
}

function nativeIsMissing() {
  const folders = ['node_modules/ffi-napi', 'node_modules/ref-napi'];
  return !folders.every((folder) =>
    ['build/Release', 'prebuilds'].some((place) => fs.existsSync(path.join(root, folder, place))),
  );
}

/** Compiles the sources into dist/ when one of them is newer than the last complete build. */
function build() {
  const sources = sourceFolders.flatMap((folder) => filesIn(path.join(root, folder)));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => path.join(root, name));
  const builtAt = fs.statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const list = sources.map((file) => path.relative(root, file)).sort();
  const builtList = builtAt > 0 ? fs.readFileSync(stamp, 'utf8').split('\n') : [];
  const isNewer = (file) => fs.statSync(file).mtimeMs >= builtAt;
  if (builtList.join() === list.join() && ![...sources, ...settings].some(isNewer)) return;
  say('compiling');
  const startedAt = new Date();
  const isGone = (name) => !fs.existsSync(path.join(root, name));
  if (builtList.some(isGone)) fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  for (const file of sources.filter((name) => /\.(proto|json)$/.test(name))) {
    fs.copyFileSync(file, path.join(root, 'dist', path.relative(root, file)));
  }
  for (const step of ['dist/engine/compile-validators.js', 'dist/engine/cli/write-bundle.js'])
    run(process.execPath, [path.join(root, step)]);
  fs.writeFileSync(stamp, list.join('\n'));
  fs.utimesSync(stamp, startedAt, startedAt);
}

/** The files that decide what dist/ holds: no tests, no fixtures. */
function filesIn(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === '__fixtures__' ? [] : filesIn(place);
    return /\.(ts|proto|json)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [place] : [];
  });
}

function onPath(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && fs.existsSync(path.join(folder, command)));
}

/** Debian's scapy belongs to Debian's python3, which need not be the first one on the path. */
function hasScapy() {
  const script = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("scapy") is None)';
  const has = (python) => spawnSync(python, ['-c', script], { stdio: 'ignore' }).status === 0;
  return has('/usr/bin/python3') || has('python3');
}

function readJson(name) {
  const file = path.join(root, name);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status !== 0) stop(1, `failed: ${command} ${args.join(' ')}${error ? ` (${error.message})` : ''}`);
}

function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function stop(code, text) {
  process.stderr.write(`set-up: ${text}\n`);
  process.exit(code);
}

main(process.argv[2]);
