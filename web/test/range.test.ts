import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Range, spanAt } from '../src/api/range.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const nowMs = Date.UTC(2026, 9, 14, 9, 42, 7);

for (const { why, range, intervalMs, ageMs, spanMs, bucketMs, young } of [
  {
    why: 'an hour of an old check',
    range: '1h',
    intervalMs: 30 * second,
    ageMs: 90 * hour,
    spanMs: hour,
    bucketMs: 30 * second,
  },
  {
    why: 'a check asked less often than the buckets come fills each of its own',
    range: '1h',
    intervalMs: minute,
    ageMs: 90 * hour,
    spanMs: hour,
    bucketMs: minute,
  },
  {
    why: 'one that was just added gets two minutes, not an hour of nothing',
    range: '1h',
    intervalMs: 5 * second,
    ageMs: 4 * second,
    spanMs: 2 * minute,
    bucketMs: 10 * second,
    young: true,
  },
  {
    why: 'one of twenty minutes gets those, by its interval',
    range: '1h',
    intervalMs: 30 * second,
    ageMs: 20 * minute,
    spanMs: 20 * minute,
    bucketMs: 30 * second,
    young: true,
  },
  {
    why: 'a longer range of it is not longer',
    range: '90d',
    intervalMs: 30 * second,
    ageMs: 20 * minute,
    spanMs: 20 * minute,
    bucketMs: 30 * second,
    young: true,
  },
] satisfies {
  why: string;
  range: Range;
  intervalMs: number;
  ageMs: number;
  spanMs: number;
  bucketMs: number;
  young?: true;
}[]) {
  test(`the axis: ${why}`, () => {
    const span = spanAt(range, nowMs, intervalMs, nowMs - ageMs);
    assert.deepEqual([span.bucketMs, span.young], [bucketMs, young ?? false]);
    assert.ok(Math.abs(span.toMs - span.fromMs - spanMs) <= bucketMs, `${span.toMs - span.fromMs}`);
    assert.ok(span.toMs >= nowMs && span.toMs % bucketMs === 0);
  });
}

test('whatever is asked for, the axis has as many places as the server takes', () => {
  for (const range of ['1h', '6h', '24h', '7d', '90d'] as const) {
    for (const intervalMs of [second, 30 * second, 5 * minute, 6 * hour]) {
      for (let ageMs = second; ageMs < 100 * 24 * hour; ageMs *= 3) {
        const { fromMs, toMs, bucketMs } = spanAt(range, nowMs, intervalMs, nowMs - ageMs);
        const places = (toMs - fromMs) / bucketMs;
        assert.ok(
          places >= 10 && places <= 400 && Number.isInteger(places),
          `${range} ${intervalMs} ${ageMs}: ${places}`,
        );
      }
    }
  }
});
