import { test } from 'node:test';
import fc from 'fast-check';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { CheckRecount } from '../../../../testkit/simulation/recount.ts';
import { availabilityOf, foldTimelines } from './availability.ts';
import {
  type CheckState,
  type Cover,
  initialCheckState,
  type Judgement,
  judge,
  lapse,
  type StatusSettings,
  serviceStatus,
} from './domain.ts';

const settings: StatusSettings = { intervalMs: 30_000, timeoutMs: 5_000, graceMs: 19_000, downAfter: 2, upAfter: 2 };

/** p pass, P as many passes as it takes, d degraded, f fail, s suspect, . a slot without any result */
function play(letters: string): { state: CheckState; changes: string[]; covers: number } {
  let state = initialCheckState;
  const changes: string[] = [];
  let covers = 0;
  for (const [slot, letter] of [...letters].entries()) {
    if (letter === '.') continue;
    const outcome = 'pPs'.includes(letter) ? 'pass' : letter === 'd' ? 'degraded' : 'fail';
    const slotMs = (slot + 1) * 30_000;
    const reason = letter === 'P' ? 'passed-in-a-row' : 'expectations-met';
    const result = { slotMs, outcome, telling: letter !== 's', reason, sentence: '' } as const;
    const judged = judge(state, result, settings, slotMs + 100);
    state = judged.next;
    if (judged.cover !== undefined) covers += 1;
    for (const change of judged.changes) changes.push(`${change.to}@${change.effectiveAtMs / 30_000}`);
  }
  return { state, changes, covers };
}

for (const { why, results, changes, covers = 0 } of [
  { why: 'the first answer is enough: a fresh board is not kept waiting', results: 'p', changes: ['up@1'] },
  { why: 'one failure must not page', results: 'pfp', changes: ['up@1'] },
  { why: 'two in a row are down, since the first of them', results: 'pff', changes: ['up@1', 'down@2'] },
  { why: 'a long outage is one change', results: 'pffffff', changes: ['up@1', 'down@2'] },
  { why: 'one answer is no recovery', results: 'pffpf', changes: ['up@1', 'down@2'] },
  { why: 'two answers are, since the first of them', results: 'pffpp', changes: ['up@1', 'down@2', 'up@4'] },
  { why: 'one that was confirmed within its slot is', results: 'pffP', changes: ['up@1', 'down@2', 'up@4'] },
  { why: 'and after a pass that was not, since that one', results: 'pffpP', changes: ['up@1', 'down@2', 'up@4'] },
  {
    why: 'one slow answer between an outage and passes is no news of slowness',
    results: 'pffdpp',
    changes: ['up@1', 'down@2', 'up@5'],
  },
  { why: 'slow answers after an outage are', results: 'pffdd', changes: ['up@1', 'down@2', 'degraded@4'] },
  { why: 'slow twice is degraded', results: 'pdd', changes: ['up@1', 'degraded@2'] },
  { why: 'slow then failing is trouble, not yet an outage', results: 'pdf', changes: ['up@1', 'degraded@2'] },
  { why: 'a suspect result neither advances a run …', results: 'pfsp', changes: ['up@1'], covers: 1 },
  { why: '… nor resets it', results: 'pfsf', changes: ['up@1', 'down@2'], covers: 1 },
  { why: 'a row of suspects is a doubt, not an outage', results: 'pss', changes: ['up@1', 'unknown@2'], covers: 1 },
  {
    why: 'a gap is unknown from where the last result stopped speaking',
    results: 'p...p',
    changes: ['up@1', 'unknown@2.1666666666666665', 'up@5'],
  },
  {
    why: 'what is heard after a doubt is dated to where it is heard again, not to before the doubt',
    results: 'pfssf',
    changes: ['up@1', 'unknown@3', 'down@5'],
    covers: 1,
  },
  {
    why: 'a suspect result and then silence: nothing was known from the suspect slot on',
    results: 'ps...p',
    changes: ['up@1', 'unknown@2', 'up@6'],
    covers: 1,
  },
  {
    why: 'after an outage and a gap one answer is not yet a recovery',
    results: 'ff...p',
    changes: ['down@1', 'unknown@3.1666666666666665'],
  },
]) {
  test(why, (t) => {
    const played = play(results);
    t.assert.deepEqual(played.changes, changes);
    t.assert.equal(played.covers, covers);
  });
}

test('a slot inside a run is covered though the status is unknown: the run may yet reach back over it', (t) => {
  const { changes, covers } = play('pss' + 'fsf');
  t.assert.deepEqual(changes, ['up@1', 'unknown@2', 'down@4']);
  t.assert.equal(covers, 2);
});

test('a cover ends where the next slot begins, also under another schedule', (t) => {
  const { state } = play('ps');
  const next = { slotMs: 70_000, outcome: 'pass', telling: true, reason: 'connected', sentence: '' } as const;
  const judged = judge(state, next, { ...settings, intervalMs: 10_000 }, 70_100);
  t.assert.deepEqual(judged.coverEnds, { slotMs: 60_000, atMs: 70_000 });
});

const anyRun = fc.record({
  letters: fc.array(fc.constantFrom('p', 'p', 'P', 'd', 'f', 'f', 'b', '.', '.'), { maxLength: 40 }),
  downAfter: fc.integer({ min: 1, max: 4 }),
  upAfter: fc.integer({ min: 1, max: 4 }),
});
const outcomeOf = { p: 'pass', P: 'pass', d: 'degraded', f: 'fail', b: 'unknown' } as const;

test('changes and uptime equal a recount that looks back over the results at every step', (t) => {
  fc.assert(
    fc.property(anyRun, ({ letters, downAfter, upAfter }) => {
      const own = { ...settings, downAfter, upAfter };
      const recount = new CheckRecount({ ...own, retries: 2 });
      const changes: { atMs: number; from: string; status: Status }[] = [];
      const covers: Cover[] = [];
      let state = initialCheckState;
      const note = ({ next, changes: some, cover }: Judgement): void => {
        state = next;
        for (const { effectiveAtMs, from, to } of some) changes.push({ atMs: effectiveAtMs, from, status: to });
        if (cover !== undefined) covers.push(cover);
      };
      for (const [slot, letter] of letters.entries()) {
        const slotMs = (slot + 1) * own.intervalMs;
        // Somebody looks just before each slot, as the recorder does each second.
        note(lapse(state, own, slotMs - 1));
        recount.look(slotMs - 1);
        if (letter === '.') continue;
        const outcome = outcomeOf[letter as keyof typeof outcomeOf];
        const telling = outcome !== 'unknown';
        const reason = letter === 'P' ? 'passed-in-a-row' : 'connected';
        note(judge(state, { slotMs, outcome, telling, reason, sentence: '' }, own, slotMs + 1));
        recount.hear(slotMs, letter as keyof typeof outcomeOf);
      }
      const endMs = (letters.length + 9) * own.intervalMs;
      note(lapse(state, own, endMs));
      recount.look(endMs);
      const expected = recount.changes.map(({ effectiveAtMs, from, to }) => ({
        atMs: effectiveAtMs,
        from,
        status: to,
      }));
      t.assert.deepEqual(changes, expected);
      const watched = { changes: [{ atMs: 0, status: 'unknown' as const }, ...changes], covers };
      const counted = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };
      for (let atMs = 0; atMs < endMs; atMs += 1_000) counted[`${recount.statusAt(atMs)}Ms`] += 1_000;
      t.assert.deepEqual(availabilityOf(foldTimelines([watched], 0, endMs)), counted);
    }),
    { numRuns: 300 },
  );
});

test('silence is judged after the grace that slow attempts need, and dated to when the last result stopped speaking', (t) => {
  const { state } = play('p');
  t.assert.deepEqual(lapse(state, settings, 65_000 + settings.graceMs).changes, []);
  const [change] = lapse(state, settings, 65_001 + settings.graceMs).changes;
  t.assert.equal(change?.to, 'unknown');
  t.assert.equal(change?.effectiveAtMs, 65_000);
});

test('a repeated or late result changes nothing', (t) => {
  const { state } = play('pf');
  const again = { slotMs: 60_000, outcome: 'fail', telling: true, reason: 'timeout', sentence: '' } as const;
  t.assert.equal(judge(state, again, settings, 60_200).next, state);
});

test('slots whose results died with a full disk are unknown, also before the change that was told meanwhile', (t) => {
  const told = { status: 'down', sinceMs: 90_000, lastKnown: 'down' } as const;
  const resumed: CheckState = { ...play('p').state, ...told };
  const missed = {
    slotMs: 60_000,
    outcome: 'unknown',
    telling: false,
    reason: 'missed-not-running',
    sentence: '',
  } as const;
  const { changes, cover } = judge(resumed, missed, { ...settings, downAfter: 1 }, 200_000);
  t.assert.deepEqual([changes[0]?.to, changes[0]?.effectiveAtMs], ['unknown', 90_000]);
  t.assert.deepEqual([cover?.fromMs, cover?.toMs], [60_000, 90_000]);
});

test('a service is what its worst check is: down before degraded before unknown before up', (t) => {
  t.assert.equal(serviceStatus(['up', 'unknown', 'degraded', 'down']), 'down');
  t.assert.equal(serviceStatus(['up', 'unknown', 'degraded']), 'degraded');
  t.assert.equal(serviceStatus(['up', 'unknown']), 'unknown');
  t.assert.equal(serviceStatus([]), 'unknown');
});
