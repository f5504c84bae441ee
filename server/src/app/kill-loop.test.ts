/** `kill -9` in a loop under load; by hand and for longer: `npm run kill-loop -- --kills 1000`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runKillLoop } from '../../../testkit/kill-loop/kill-loop.ts';

const seed = 2_026;
const kills = 60;
const insideSealing = 20;
/** Two minutes where nothing else runs. */
const longestMs = 600_000;

test('killed sixty times, twenty of them inside the sealing of an hour: nothing told is lost, no repeat is unmarked', {
  timeout: longestMs,
}, async (t) => {
  const outcome = await runKillLoop({ seed, kills, insideSealing, say: (line) => t.diagnostic(line) });
  const replay = `npm run kill-loop -- --kills ${kills} --seed ${seed} --sealings ${insideSealing}`;
  assert.deepEqual(outcome.findings, [], `Again with: ${replay}`);
  assert.ok(outcome.insideSealing >= insideSealing, `${outcome.insideSealing} kills fell inside a sealing`);
  assert.ok(outcome.counts.messagesDue! > 100, 'too few messages for the loop to mean anything');
  assert.ok(outcome.counts.oldestLostMs! <= 1_000, 'a kill may lose the last second at most');
});
