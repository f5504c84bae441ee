/**
 * `npm run simulate -- --seeds N [--from S] [--hours H] [--json]`: runs N seeds of the simulation (testkit/simulation),
 * after trying that it sees deliberate faults. With `--years Y` each seed is Y years of rare faults instead
 * (testkit/simulation/years.ts). `--seed S` runs one seed alone, to the byte as it ran before. The last
 * line is the verdict in JSON, with `--json` the only one on the standard output; a failing seed says how to see it again.
 */
import { parseArgs } from 'node:util';
import { faults, simulateWith } from '../testkit/simulation/faults.ts';
import { type RunReport, simulate } from '../testkit/simulation/simulate.ts';
import { simulateYears, type YearsReport } from '../testkit/simulation/years.ts';
import { atMost, report } from './bench-report.ts';

const { values: args } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    hours: { type: 'string', default: '1' },
    years: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const hours = Number(args.hours);
const span = args.years === undefined ? `--hours ${hours}` : `--years ${args.years}`;
const run = async (seed: number): Promise<RunReport | YearsReport> =>
  args.years === undefined ? await simulate(seed, { hours }) : await simulateYears(seed, { years: Number(args.years) });
const from = Number(args.seed ?? args.from);
const count = args.seed === undefined ? Number(args.seeds) : 1;
/** A fault that is not seen within so many seeds would hardly be seen at all. */
const seedsForFaults = 30;

const say = (line: string): void => (args.json ? console.error(line) : console.log(line));

function show({ seed, figures, violations, digest }: RunReport | YearsReport): void {
  say(`seed ${seed}: ${violations.length === 0 ? 'ok' : 'BROKEN'} ${JSON.stringify(figures)} ${digest}`);
  for (const { rule, what, atMs } of violations.slice(0, 10)) say(`  ${atMs} ms ${rule}: ${what}`);
  if (violations.length > 0) say(`See it again: npm run simulate -- --seed ${seed} ${span}`);
}

let broken = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const outcome = await run(seed);
  if (outcome.violations.length > 0) broken += 1;
  show(outcome);
}

let differing = 0;
let unseen = 0;
if (args.seed === undefined) {
  const [first, second] = [await run(from), await run(from)];
  if (first.digest !== second.digest) differing += 1;
  for (const fault of args.years === undefined ? faults : []) {
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
  ...(args.seed === undefined ? [atMost('runs that differ from themselves', differing, 0)] : []),
  ...(args.seed === undefined && args.years === undefined ? [atMost('deliberate faults unseen', unseen, 0)] : []),
]);
