/**
 * Three projects: `unit` (no privileges), `lab` (root, namespaces) and `cases` (every case file a suite, one test per row).
 *
 * @jest-config-loader ts-node
 * @jest-config-loader-options {"transpileOnly": true, "compilerOptions": {"module": "commonjs", "moduleResolution": "node10"}}
 */
import type { Config } from 'jest';

const roots = ['engine', 'bindings', 'dut', 'netns', 'bench'].map((folder) => `<rootDir>/${folder}`);

const typescript: Config = {
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // The CEL package is published as ES modules only, which jest cannot require on Node 20.
  transformIgnorePatterns: ['/node_modules/(?!@marcbachmann/cel-js/)', '<rootDir>/dist/'],
};

const config: Config = {
  // Tests of the project `lab` start processes and wait for kernels, on machines that may be busy.
  testTimeout: 60_000,
  projects: [
    {
      displayName: 'unit',
      testEnvironment: 'node',
      roots,
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.lab\\.test\\.ts$'],
      ...typescript,
    },
    { displayName: 'lab', testEnvironment: 'node', roots, testMatch: ['**/*.lab.test.ts'], ...typescript },
    {
      displayName: 'cases',
      testEnvironment: 'node',
      roots: ['<rootDir>/cases'],
      testMatch: ['**/*.case.{yaml,json}'],
      moduleFileExtensions: ['js', 'ts', 'json', 'yaml'],
      testRunner: '<rootDir>/engine/jest/run-suite.ts',
      globalSetup: '<rootDir>/engine/jest/build.ts',
      ...typescript,
    },
  ],
};

export default config;
