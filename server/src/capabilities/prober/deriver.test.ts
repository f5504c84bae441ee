import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { SteppedClock } from '../../../../testkit/stepped-clock.ts';
import { decodePointCode } from '../../core/point-code.ts';
import { type DeriveContext, defineDerivedKind } from '../checks/kind.ts';
import type { WatchedCheck } from '../services/api.ts';
import { startDeriver } from './deriver.ts';

const startMs = Date.UTC(2026, 3, 14, 9);
const timing = { intervalMs: 10_000, timeoutMs: 1_000, retries: 0, downAfter: 1, upAfter: 1 };

function checkOf(key: string, missing: readonly string[] = []): WatchedCheck {
  const [serviceId, checkId] = key.split('/') as [string, string];
  return {
    key,
    serviceId,
    checkId,
    title: checkId,
    kind: 'told',
    ...timing,
    spec: key,
    shownSpec: {},
    secrets: [],
    missing,
  };
}

/** A deriver whose verdict is what the test says, and its results as people read them. */
function rig(verdict: (context: DeriveContext) => 'pass' | 'fail') {
  const clock = new SteppedClock(startMs);
  const rows: { key: string; slotMs: number; is: string; reason: string }[] = [];
  const kind = defineDerivedKind({
    ...{ kind: 'told', title: 'As told', schema: z.unknown(), secretPaths: [], timing, describe: () => '' },
    derive(_, context) {
      const outcome = verdict(context);
      const base = { phases: {}, totalUs: -1, observed: {} };
      return outcome === 'pass'
        ? { ...base, outcome, reason: 'reported' }
        : { ...base, outcome, reason: 'job-failed', evidence: { facts: { what: 'so told' } } };
    },
  });
  const deriver = startDeriver({
    clock,
    kindNamed: () => kind,
    knowledge: { statusOf: () => undefined, jobOf: () => undefined },
    watchedSinceMs: () => startMs,
    onBatch({ keys, slotMs, codes }) {
      for (const [row, key] of keys.entries()) {
        const { outcome, reason, missed } = decodePointCode(codes[row]!);
        rows.push({ key, slotMs: slotMs[row]!, is: missed ? 'missed' : outcome, reason });
      }
    },
  });
  return { clock, rows, deriver };
}

test('each slot is judged once, in order, as of its slot', async () => {
  const judgedAtMs: number[] = [];
  const { clock, rows, deriver } = rig(({ atMs }) => {
    judgedAtMs.push(atMs);
    return 'pass';
  });
  deriver.setChecks([checkOf('shop/backup')], startMs);
  await clock.advance(60_000);
  assert.equal(rows.length, 6);
  assert.deepEqual(
    judgedAtMs,
    rows.map(({ slotMs }) => slotMs),
  );
  for (const [index, { slotMs }] of rows.entries()) {
    if (index > 0) assert.equal(slotMs - rows[index - 1]!.slotMs, 10_000);
  }
});

test('a check that goes on keeps its slots when others come and go', async () => {
  const { clock, rows, deriver } = rig(() => 'pass');
  deriver.setChecks([checkOf('shop/backup')], startMs);
  await clock.advance(25_000);
  deriver.setChecks([checkOf('shop/purge'), checkOf('shop/backup')], startMs + 25_000);
  await clock.advance(25_000);
  const slots = rows.filter(({ key }) => key === 'shop/backup').map(({ slotMs }) => slotMs);
  assert.equal(slots.length, 5);
  assert.ok(slots.every((slotMs, index) => index === 0 || slotMs - slots[index - 1]! === 10_000));
});

test('after a sleep of the machine the newest slot is judged, those before it are missed', async () => {
  const { clock, rows, deriver } = rig(() => 'fail');
  deriver.setChecks([checkOf('shop/backup')], startMs);
  await clock.advance(10_000);
  clock.stall(40_000);
  await clock.advance(1_000);
  assert.deepEqual(
    rows.map(({ is }) => is),
    ['fail', 'missed', 'missed', 'missed', 'fail'],
  );
});

test('a variable that is not set is said, and nothing is judged', async () => {
  const { clock, rows, deriver } = rig(() => assert.fail('judged'));
  deriver.setChecks([checkOf('shop/backup', ['ZONE'])], startMs);
  await clock.advance(10_000);
  assert.deepEqual(
    rows.map(({ is, reason }) => [is, reason]),
    [['unknown', 'not-configured']],
  );
});

test('a kind that fails is our mistake and nobody else’s', async () => {
  const { clock, rows, deriver } = rig(() => {
    throw new TypeError('never shown');
  });
  deriver.setChecks([checkOf('shop/backup')], startMs);
  await clock.advance(10_000);
  assert.deepEqual(
    rows.map(({ is, reason }) => [is, reason]),
    [['unknown', 'internal-error']],
  );
});

test('nothing is judged after the end', async () => {
  const { clock, rows, deriver } = rig(() => 'pass');
  deriver.setChecks([checkOf('shop/backup')], startMs);
  deriver.stop();
  await clock.advance(60_000);
  assert.equal(rows.length, 0);
});
