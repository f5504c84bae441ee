/**
 * `npm test`: installs what the tests need, builds the page, runs every test.
 * `npm test -- PATTERN …` runs the files whose path holds one of the patterns; `--pure` those without real servers.
 */
import { globSync } from 'node:fs';
import { ensureWebBuilt } from './build-web.ts';
import { installDebianPackages } from './debian-packages.ts';
import { root, run } from './run.ts';

const testGlobs = [
  'contract/src/**/*.test.ts',
  'server/src/**/*.test.ts',
  'cli/src/**/*.test.ts',
  'web/**/*.test.ts',
  'testkit/**/*.test.ts',
  'tools/**/*.test.ts',
  'bench/**/*.test.ts',
];

const args = process.argv.slice(2);
const pure = args.includes('--pure');
const patterns = args.filter((arg) => !arg.startsWith('--'));

if (!pure) {
  await installDebianPackages();
  await ensureWebBuilt();
}
const files = testGlobs
  .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' }))
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .filter((file) => !pure || isPure(file))
  .sort();
if (files.length === 0) {
  console.error('No test file matches.');
  process.exit(1);
}
const { exitCode } = await run(process.execPath, [
  '--disable-warning=ExperimentalWarning',
  '--test',
  '--test-reporter=spec',
  '--test-concurrency=2',
  '--test-timeout=240000',
  ...files,
]);
process.exit(exitCode);

/** Decisions and codecs: no server, no browser, seconds in all. */
function isPure(file: string): boolean {
  return /(domain|codecs|availability|words|slots|expectations|duration|quantile|buckets|messages)\.test\.ts$/.test(
    file,
  );
}
