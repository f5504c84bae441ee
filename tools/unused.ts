/** Finds files, exports and dependencies that nobody uses, and fails when it examined nothing. */
import { packageBin, run } from './run.ts';

/** Well below what there is, well above what a broken configuration sees. */
const fewestFiles = 300;

const { exitCode, output } = await run(
  process.execPath,
  [packageBin('knip', 'bin/knip.js'), '--no-progress', '--debug'],
  true,
);
const seen = new Set(output.match(/(?:server|contract|cli|web|testkit)\/[\w./-]+\.tsx?/g)).size;
if (exitCode === 0 && seen < fewestFiles) {
  console.error(`The search for unused code saw ${seen} files, expected at least ${fewestFiles}: it examined nothing.`);
  process.exit(1);
}
if (exitCode === 0) console.log(`Nothing is unused: ${seen} files.`);
process.exit(exitCode);
