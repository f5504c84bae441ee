import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { Outcome } from '../../../../contract/src/vocabulary.ts';
import { decodePointCode, encodePointCode } from '../../core/point-code.ts';
import { systemClock } from '../../platform/clock.ts';
import { openSqliteStore } from '../../storage/sqlite/sqlite-store.ts';
import { checkColumns } from '../../storage/store.ts';
import { newestResults } from './newest-results.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 3, 14, 9, 40);
const agoMs = (hours: number) => nowMs - hours * hourMs;
const key = 'shop/page';

interface Point {
  readonly atMs: number;
  readonly outcome: Outcome;
  readonly suspect?: boolean;
}

/** Every ten minutes for nine days all is well, but for the given points. */
async function watched(troubles: readonly Point[]) {
  const dataDir = await mkdtemp(`${tmpdir()}/pitwall-newest-`);
  const clock = { ...systemClock, nowMs: () => nowMs };
  const store = await openSqliteStore({ dataDir, clock, ballastBytes: 0 });
  const points: Point[] = [];
  for (let atMs = agoMs(9 * 24); atMs < nowMs; atMs += hourMs / 6) points.push({ atMs, outcome: 'pass' });
  for (const trouble of troubles)
    points.splice(
      points.findIndex((one) => one.atMs === trouble.atMs),
      1,
      trouble,
    );
  const seriesId = await store.write(async (tx) => {
    const ids = await tx.series.register([{ kind: 'check', key, unit: 's', scale: 1_000_000 }], points[0]!.atMs);
    const id = ids.get(key)!;
    const codes = points.map(({ outcome, suspect = false }) => {
      const reason = outcome === 'pass' ? 'expectations-met' : 'wrong-status';
      return encodePointCode({ outcome, reason, suspect, attempts: 1, missed: false });
    });
    await tx.series.append({
      columns: checkColumns,
      seriesIds: points.map(() => id),
      atMs: points.map((point) => point.atMs),
      codes,
      values: points.flatMap(() => [1_000, -1, -1, -1, -1, -1]),
    });
    return id;
  });
  return {
    newest: (outcome: Outcome | undefined, limit: number, untilMs = nowMs + 1) =>
      newestResults(store.series, { seriesId, untilMs, watchedSinceMs: points[0]!.atMs, outcome, limit }),
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

const troubles: readonly Point[] = [
  { atMs: agoMs(8 * 24), outcome: 'fail' },
  { atMs: agoMs(30), outcome: 'fail', suspect: true },
  { atMs: agoMs(2), outcome: 'degraded' },
  { atMs: agoMs(1), outcome: 'fail' },
];

for (const { why, outcome, limit, untilMs, expected } of [
  { why: 'failures are found over days of good results', outcome: 'fail', limit: 10, expected: [1, 30, 192] },
  { why: 'a suspect failure is one too, though it decides nothing', outcome: 'fail', limit: 2, expected: [1, 30] },
  { why: 'the next page begins where the last ended', outcome: 'fail', limit: 2, untilMs: agoMs(30), expected: [192] },
  { why: 'what never came to be is an empty list', outcome: 'unknown', limit: 10, expected: [] },
  {
    why: 'without a filter the newest come, whatever they are',
    outcome: undefined,
    limit: 7,
    expected: [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 7 / 6],
  },
] as const)
  test(why, async () => {
    await using shop = await watched(troubles);
    const found = shop.newest(outcome, limit, untilMs);
    assert.deepEqual(
      found.map(({ slotMs }) => slotMs),
      expected.map((hours) => agoMs(hours)),
    );
    if (outcome !== undefined) {
      for (const { code } of found) assert.equal(decodePointCode(code).outcome, outcome);
    }
  });

test('pages follow each other without a gap or a repeat', async () => {
  await using shop = await watched(troubles);
  const all = shop.newest('pass', 5_000).map(({ slotMs }) => slotMs);
  const paged: number[] = [];
  for (let untilMs = nowMs + 1; ; untilMs = paged.at(-1)!) {
    const page = shop.newest('pass', 100, untilMs);
    if (page.length === 0) break;
    paged.push(...page.map(({ slotMs }) => slotMs));
  }
  assert.deepEqual(paged, all);
  assert.equal(all.length, 9 * 24 * 6 - troubles.length);
});
