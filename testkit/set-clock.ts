/**
 * Preloaded with `--import` into a Pitwall under test: every thread of it then reads its wall clock as an offset that a
 * file holds from the real one, so that a test can choose the hour, or set the clock while Pitwall runs. Durations stay
 * as they are: the monotonic clock is not touched.
 */
import { readFileSync } from 'node:fs';
import { env } from 'node:process';

export const offsetFileVariable = 'PITWALL_TEST_CLOCK_OFFSET_FILE';

const file = env[offsetFileVariable];
if (file !== undefined) {
  const now = Date.now.bind(Date);
  Date.now = () => now() + Number(readFileSync(file, 'utf8'));
}
