/**
 * Run by the build after the compiler: packs the command and the agent, with the libraries that they load, into one file
 * each, and keeps V8's compiled code beside it. Reading and compiling some three hundred files takes longer than most
 * cases run. `node dist/engine/cli/write-bundle.js`
 *
 * Everything works without the bundle, only slower; the launcher falls back to the plain files, and V8 ignores compiled
 * code of another version.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { Script } from 'node:vm';
import { build, type Plugin } from 'esbuild';

/** What is packed: the name of the launcher, and the compiled file that it stands for. */
const ENTRIES = [
  { name: 'packetcase', file: 'engine/cli/main.js' },
  { name: 'agent', file: 'dut/agent.js' },
];

const dist = resolve(__dirname, '../..');
const folder = join(dist, 'bundle');

/** Parameters of the function that a bundle is wrapped in, in the order in which the launcher gives them. */
const PARAMETERS = 'exports, require, module, __filename, __dirname, __dist';

/** In a bundle `__dirname` has to stay that of the file that says it, and large tables stay files. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /requirement-table\.json$/ }, ({ path, resolveDir }) => ({
      path: `./../${relative(dist, join(resolveDir, path))}`,
      external: true,
    }));
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist)) return undefined;
      const place = `(__dist + ${JSON.stringify(`/${relative(dist, dirname(path))}`)})`;
      return {
        contents: readFileSync(path, 'utf8')
          .replace(/^#!.*/, '')
          .replace(/\b__dirname\b/g, place),
        loader: 'js',
      };
    });
  },
};

async function main(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const { name, file } of ENTRIES) {
    await build({
      entryPoints: [join(dist, file)],
      outfile: join(folder, `${name}.bundle.js`),
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      external: ['ffi-napi', 'ref-napi', 'esbuild'],
      logLevel: 'error',
      plugins: [keepPlaces],
    });
    writeFileSync(join(folder, `${name}.js`), launcher(name), { mode: 0o755 });
  }
  await keepCompiledCode();
}

/** The file that is started: loads the bundle with its compiled code. */
function launcher(name: string): string {
  return `#!/usr/bin/env node
// Written by engine/cli/write-bundle.ts.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');
const dist = path.dirname(__dirname);
const bundle = path.join(__dirname, '${name}.bundle.js');
const cache = bundle + '.cache';
const cachedData = fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
const source = '(function (${PARAMETERS}) {' + fs.readFileSync(bundle, 'utf8') + '\\n})';
const script = new Script(source, { filename: bundle, cachedData });
script.runInThisContext()(exports, require, module, bundle, __dirname, dist);
`;
}

/** Runs the way of a case in this process, without a lab, and keeps what V8 has compiled for it. */
async function keepCompiledCode(): Promise<void> {
  for (const { name } of ENTRIES) {
    const bundle = join(folder, `${name}.bundle.js`);
    const script = new Script(`(function (${PARAMETERS}) {${readFileSync(bundle, 'utf8')}\n})`, { filename: bundle });
    const module: { exports: Packed } = { exports: {} };
    script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, folder, dist);
    module.exports.preload?.();
    await module.exports.rehearse?.();
    writeFileSync(`${bundle}.cache`, script.createCachedData());
  }
}

/** What an entry offers to the build. */
interface Packed {
  preload?(): void;
  rehearse?(): Promise<void>;
}

void main();
