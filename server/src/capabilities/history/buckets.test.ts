import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../../../contract/src/vocabulary.ts';
import { encodePointCode } from '../../core/point-code.ts';
import { checkColumns, type PointBatch } from '../../storage/store.ts';
import { bucketPoints, fewestForP95, figuresOf } from './buckets.ts';

interface Given {
  readonly atMs: number;
  readonly outcome?: Outcome;
  readonly suspect?: boolean;
  readonly totalUs?: number;
  readonly connectUs?: number;
}

function pointsOf(given: readonly Given[]): PointBatch {
  return {
    columns: checkColumns,
    seriesIds: given.map(() => 1),
    atMs: given.map(({ atMs }) => atMs),
    codes: given.map(({ outcome = 'pass', suspect = false }) =>
      encodePointCode({ outcome, suspect, missed: false, attempts: 1, reason: 'connected' }),
    ),
    values: given.flatMap(({ totalUs = 100, connectUs = -1 }) => [totalUs, -1, connectUs, -1, -1, -1]),
  };
}

test('a failed request’s time never enters a latency figure', () => {
  const columns = bucketPoints(pointsOf([{ atMs: 1 }, { atMs: 2, outcome: 'fail', totalUs: 5_000_000 }]), 0, 10, 1);
  assert.deepEqual([columns.count, columns.failCount, columns.maxUs], [[2], [1], [100]]);
});

test('a suspect failure is unknown, not a failure', () => {
  const columns = bucketPoints(pointsOf([{ atMs: 1, outcome: 'fail', suspect: true }]), 0, 10, 1);
  assert.deepEqual([columns.failCount, columns.unknownCount, columns.p50Us], [[0], [1], [null]]);
});

test('a bucket holds its first instant and not its last; what lies outside is left out', () => {
  const points = pointsOf([{ atMs: 9 }, { atMs: 10 }, { atMs: 19 }, { atMs: 20 }, { atMs: 30 }]);
  assert.deepEqual(bucketPoints(points, 10, 10, 2).count, [2, 1]);
});

test('percentiles are by nearest rank: a value that was measured', () => {
  const points = pointsOf([10, 20, 30, 40].map((totalUs, atMs) => ({ atMs, totalUs })));
  const { p50Us, p95Us } = bucketPoints(points, 0, 10, 1);
  assert.deepEqual([p50Us, p95Us], [[20], [40]]);
});

test('a phase that did not happen does not pull its mean down', () => {
  const points = pointsOf([{ atMs: 1, connectUs: 30 }, { atMs: 2 }, { atMs: 3, connectUs: 50 }]);
  assert.deepEqual(bucketPoints(points, 0, 10, 1).phases?.connectUs, [40]);
});

test('no p95 of so few results that it would be one of the two slowest by chance', () => {
  const some = (count: number) => pointsOf(Array.from({ length: count }, (_, atMs) => ({ atMs, totalUs: atMs })));
  assert.equal(figuresOf(some(fewestForP95 - 1)).p95Us, null);
  assert.equal(figuresOf(some(fewestForP95)).p95Us, 18);
});

test('a check that is judged takes no time, so it has no figure of any', () => {
  const points = pointsOf([
    { atMs: 1, totalUs: -1 },
    { atMs: 2, totalUs: -1, outcome: 'degraded' },
  ]);
  const { count, p50Us, maxUs } = bucketPoints(points, 0, 10, 1);
  assert.deepEqual([count, p50Us, maxUs], [[2], [null], [null]]);
  const { maxUs: longestUs, tellingCount } = figuresOf(points);
  assert.deepEqual([longestUs, tellingCount], [null, 2]);
});
