import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults, simulateWith } from './faults.ts';
import { type RunReport, simulate } from './simulate.ts';
import { simulateYears } from './years.ts';

/** Enough for every deliberate fault below to be seen; `npm run simulate -- --seeds N` tries others. */
const seeds = [3, 4, 5, 7, 8];
const hours = 0.4;

function assertClean({ seed, violations }: RunReport, tried: string): void {
  const [first] = violations;
  const told = first && `${first.rule}: ${first.what}`;
  assert.equal(violations.length, 0, `${told}\nSee it again: npm run simulate -- --seed ${seed} ${tried}`);
}

/** Seeds that once found a mistake of the production's, and the hours that it takes. */
const remembered = [{ seed: 2_418, hours: 1, why: 'a message in flight is not sent after what overtook it' }];

for (const { seed, hours, why } of remembered) {
  test(`seed ${seed}: ${why}`, async () => {
    assertClean(await simulate(seed, { hours }), `--hours ${hours}`);
  });
}

for (const seed of seeds) {
  test(`seed ${seed}: nothing told is lost, nothing repeated unmarked, and every figure can be counted again`, async () => {
    assertClean(await simulate(seed, { hours }), `--hours ${hours}`);
  });
}

test('a seed gives the same run, to the last message', async () => {
  const first = await simulate(5, { hours });
  assert.ok(first.figures.arrivals > 0);
  assert.equal((await simulate(5, { hours })).digest, first.digest);
});

test('a clock that is set by hours makes no alert and changes no uptime', async () => {
  // A restart takes the new wall time for true, as it must: so none here.
  const steady = await simulate(8, { hours, without: ['crash', 'wall-clock'] });
  const stepped = await simulate(8, { hours, without: ['crash'] });
  assert.ok(stepped.figures.clockSteps > 0);
  assertClean(stepped, `--hours ${hours}`);
  assert.deepEqual(stepped.transitions, steady.transitions);
  assert.deepEqual(stepped.told, steady.told);
});

test('over weeks with long absences raw points, hours and days are as their results say, and no older than they are kept', async () => {
  const years = 0.15;
  const { violations } = await simulateYears(1, { years });
  const [first] = violations;
  assert.equal(
    violations.length,
    0,
    `${first?.rule}: ${first?.what}\nSee it again: npm run simulate -- --seed 1 --years ${years}`,
  );
});

for (const fault of faults) {
  test(`the simulation sees it when ${fault.why}`, async (t) => {
    const spoilt = await simulateWith(fault);
    for (const seed of seeds) {
      const { violations } = await spoilt(seed, { hours });
      if (violations.length === 0) continue;
      t.diagnostic(`seed ${seed}: ${violations[0]!.rule}: ${violations[0]!.what}`);
      return;
    }
    assert.fail(`${fault.name} went unseen`);
  });
}
