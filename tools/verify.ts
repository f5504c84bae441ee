/** `npm run verify`: what must hold before each commit, in seconds: format, lint, types, layers, unused code, pure tests. */
import { packageBin, run } from './run.ts';

const node = process.execPath;
const steps: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['format and lint', packageBin('@biomejs/biome', 'bin/biome'), ['check', '--error-on-warnings', '.']],
  ['types', packageBin('typescript-7', 'bin/tsc'), ['--noEmit']],
  ['types of the page', packageBin('typescript-7', 'bin/tsc'), ['--noEmit', '-p', 'web']],
  ['layers', node, ['tools/layers.ts']],
  ['unused', node, ['tools/unused.ts']],
  ...(process.argv.includes('--static') ? [] : ([['pure tests', node, ['tools/test.ts', '--pure']]] as const)),
];

let failed = 0;
for (const [name, command, args] of steps) {
  const startedAt = performance.now();
  const { exitCode } = await run(command, args, true);
  if (exitCode !== 0) failed += 1;
  console.log(
    `${exitCode === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`,
  );
}
console.log(`${steps.length - failed} of ${steps.length} steps pass`);
process.exit(failed === 0 ? 0 : 1);
