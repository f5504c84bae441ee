import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveService, boardNowMs as nowMs } from '../../../../testkit/live-services.ts';
import { type DayReader, fastRows } from './fast-enough.ts';

const reader = (count: number): DayReader => ({
  facts: () => ({
    count,
    p50Us: count < 20 ? null : 100_000,
    p95Us: count < 20 ? null : 200_000,
    maxUs: count === 0 ? null : 900_000,
    failCount: 1,
    tellingCount: count,
  }),
  spark: () => [],
});

test('what is in trouble comes first, then what customers use, then what the shop depends on most', () => {
  const services = [
    liveService({ service: { serviceId: 'p0-inside', facesCustomers: false, criticality: 'P0' } }),
    liveService({ service: { serviceId: 'p2-outside', criticality: 'P2' } }),
    liveService({ service: { serviceId: 'p1-outside', criticality: 'P1' } }),
    liveService({ service: { serviceId: 'slow', criticality: 'P4' }, checks: [{ status: 'degraded' }] }),
    liveService({ service: { serviceId: 'down', criticality: 'P4' }, checks: [{ status: 'down' }] }),
  ];
  const order = fastRows(services, reader(100), nowMs).map(({ serviceId }) => serviceId);
  assert.deepEqual(order, ['down', 'slow', 'p1-outside', 'p2-outside', 'p0-inside']);
});

test('a reading of this machine has no answer time', () => {
  const services = [liveService({ checks: [{ kind: 'host' }] }), liveService({ checks: [{ kind: 'tcp' }] })];
  assert.equal(fastRows(services, reader(100), nowMs).length, 1);
});

test('a check is named where its service has several, and there are six rows at most', () => {
  const services = [liveService({ checks: Array.from({ length: 8 }, () => ({})) })];
  const rows = fastRows(services, reader(100), nowMs);
  assert.equal(rows.length, 6);
  assert.equal(rows[0]?.title, 'Parts shop: Check 0');
});

for (const { why, count, figure } of [
  { why: 'p95 of twenty results', count: 20, figure: ['p95', 200_000] },
  {
    why: 'under twenty it would be the slowest by another name, so it is called that',
    count: 19,
    figure: ['slowest', 900_000],
  },
  { why: 'before the first there is none', count: 0, figure: ['slowest', null] },
] satisfies { why: string; count: number; figure: [string, number | null] }[]) {
  test(`the figure: ${why}`, () => {
    const [row] = fastRows([liveService()], reader(count), nowMs);
    assert.deepEqual([row?.figureName, row?.figureUs], figure);
  });
}

test('the limit is the one the check declares', () => {
  const services = [liveService({ checks: [{ spec: { expect: { latency: { total: 300 } } } }] }), liveService()];
  assert.deepEqual(
    fastRows(services, reader(100), nowMs).map(({ limitUs }) => limitUs),
    [300_000, null],
  );
});
