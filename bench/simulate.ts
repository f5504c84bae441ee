/**
 * `npm run simulate -- --seeds N [--from S] [--hours H] [--json]`: runs N seeds of the simulation (testkit/simulation),
 * after trying that it sees deliberate faults. `--seed S` runs one seed alone, to the byte as it ran before. The last
 * line is the verdict in JSON, with `--json` the only one on the standard output; a failing seed says how to see it again.
 */
import { parseArgs } from 'node:util';
import { faults, simulateWith } from '../testkit/simulation/faults.ts';
import { type RunReport, simulate } from '../testkit/simulation/simulate.ts';
import { atMost, report } from './bench-report.ts';

const { values: args } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    hours: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const hours = Number(args.hours);
const from = Number(args.seed ?? args.from);
const count = args.seed === undefined ? Number(args.seeds) : 1;
/** A fault that is not seen within so many seeds would hardly be seen at all. */
const seedsForFaults = 30;

const say = (line: string): void => (args.json ? console.error(line) : console.log(line));

function show({ seed, figures, violations, digest }: RunReport): void {
  say(`seed ${seed}: ${violations.length === 0 ? 'ok' : 'BROKEN'} ${JSON.stringify(figures)} ${digest}`);
  for (const { rule, what, atMs } of violations.slice(0, 10)) say(`  ${atMs} ms ${rule}: ${what}`);
  if (violations.length > 0) say(`See it again: npm run simulate -- --seed ${seed} --hours ${hours}`);
}

let broken = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const run = await simulate(seed, { hours });
  if (run.violations.length > 0) broken += 1;
  show(run);
}

let differing = 0;
let unseen = 0;
if (args.seed === undefined) {
  const [first, second] = [await simulate(from, { hours }), await simulate(from, { hours })];
  if (first.digest !== second.digest) differing += 1;
  for (const fault of faults) {
    const spoilt = await simulateWith(fault);
    let seen: number | undefined;
    for (let seed = 1; seed <= seedsForFaults && seen === undefined; seed += 1) {
      if ((await spoilt(seed, { hours })).violations.length > 0) seen = seed;
    }
    if (seen === undefined) unseen += 1;
    say(`deliberate fault ${fault.name}: ${seen === undefined ? 'UNSEEN' : `seen by seed ${seen}`}`);
  }
}
report('simulate', [
  atMost('seeds that broke an invariant', broken, 0),
  ...(args.seed === undefined
    ? [atMost('runs that differ from themselves', differing, 0), atMost('deliberate faults unseen', unseen, 0)]
    : []),
]);
