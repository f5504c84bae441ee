/**
 * `npm run kill-loop -- --kills 1000`: kills a real Pitwall under load again and again and says what was lost.
 * `--seed N` replays the same decisions; `--sealings N` is how many kills must fall inside the sealing of an hour.
 */
import { parseArgs } from 'node:util';
import { runKillLoop } from '../testkit/kill-loop/kill-loop.ts';
import { atMost, report } from './bench-report.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '60' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    sealings: { type: 'string' },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const insideSealing = Number(values.sealings ?? Math.ceil(kills / 3));
console.log(`seed ${seed}, ${kills} kills, ${insideSealing} of them inside the sealing of an hour`);
const outcome = await runKillLoop({ seed, kills, insideSealing, say: console.log });
for (const { kind, evidence } of outcome.findings.slice(0, 60)) console.log(`${kind}: ${evidence}`);
console.log({ kills: outcome.kills, ...outcome.counts });
const found = (...kinds: readonly string[]): number =>
  outcome.findings.filter(({ kind }) => kinds.includes(kind)).length;
if (outcome.findings.length > 0) {
  console.log(`Again with: npm run kill-loop -- --kills ${kills} --seed ${seed} --sealings ${insideSealing}`);
}
report('kill-loop', [
  atMost('transitions that somebody was told of and that are lost', found('told but not stored'), 0),
  atMost('transitions that somebody should have been told of and was not', found('not told'), 0),
  atMost('repeats without their mark', found('unmarked repeat'), 0),
  atMost('breaks of the ledger', found('ledger broken'), 0),
  atMost(
    'results that the target never saw, or answered otherwise',
    found('stored but never asked', 'stored otherwise than answered'),
    0,
  ),
  atMost('requests neither stored nor missed', found('asked but not stored'), 0),
  atMost('slots without a row', found('slot without a row'), 0),
  atMost(
    'changes that do not chain, uptimes that do not add up',
    found('changes do not chain', 'uptime does not add up'),
    0,
  ),
  atMost('hours that differ from their points', found('sealed hour differs'), 0),
  atMost('age of the oldest result that a kill lost, ms', outcome.counts.oldestLostMs ?? Number.NaN, 1_000),
  atMost('kills that were still to fall inside a sealing', Math.max(0, insideSealing - outcome.insideSealing), 0),
]);
