/** Checks who imports whom, and fails when it examined nothing: an empty list is always green. */
import { packageBin, run } from './run.ts';

const folders = ['contract/src', 'server/src', 'cli/src', 'web/src', 'testkit', 'bench', 'tools'];
/** Well below what there is, well above what a broken reader sees. */
const fewestModules = 60;

const { exitCode, output } = await run(
  process.execPath,
  [
    packageBin('dependency-cruiser', 'bin/dependency-cruiser.mjs'),
    ...folders,
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
  ],
  true,
);
const seen = /\((\d+) modules?, (\d+) dependencies/.exec(output);
const modules = Number(seen?.[1] ?? 0);
if (exitCode === 0 && modules < fewestModules) {
  console.error(`The layer check saw ${modules} modules, expected at least ${fewestModules}: it examined nothing.`);
  process.exit(1);
}
if (exitCode === 0) console.log(`Layers hold: ${modules} modules, ${seen?.[2]} dependencies.`);
process.exit(exitCode);
