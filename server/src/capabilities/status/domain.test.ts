import { test } from 'node:test';
import { type CheckState, initialCheckState, judge, lapse, type StatusSettings, serviceStatus } from './domain.ts';

const settings: StatusSettings = { intervalMs: 30_000, timeoutMs: 5_000, graceMs: 18_000, downAfter: 2, upAfter: 2 };

/** p pass, d degraded, f fail, s suspect, . a slot without any result */
function play(letters: string): { state: CheckState; changes: string[]; covers: number } {
  let state = initialCheckState;
  const changes: string[] = [];
  let covers = 0;
  for (const [slot, letter] of [...letters].entries()) {
    if (letter === '.') continue;
    const outcome = letter === 'p' || letter === 's' ? 'pass' : letter === 'd' ? 'degraded' : 'fail';
    const slotMs = (slot + 1) * 30_000;
    const result = { slotMs, outcome, telling: letter !== 's', reason: 'expectations-met', sentence: '' } as const;
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

test('a service is what its worst check is: down before degraded before unknown before up', (t) => {
  t.assert.equal(serviceStatus(['up', 'unknown', 'degraded', 'down']), 'down');
  t.assert.equal(serviceStatus(['up', 'unknown', 'degraded']), 'degraded');
  t.assert.equal(serviceStatus(['up', 'unknown']), 'unknown');
  t.assert.equal(serviceStatus([]), 'unknown');
});
