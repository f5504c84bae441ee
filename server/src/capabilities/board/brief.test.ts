/** What an agent reads of a shop with three hundred services in trouble must fit what it can keep in mind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BoardView, boardBrief } from '../../../../contract/src/operations/board.ts';
import type { ServiceView } from '../../../../contract/src/views.ts';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { briefOf } from './brief.ts';

const mostBytes = 8 * 1024;
const noTime = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };

function service(serviceId: string, status: Status, more: Partial<ServiceView> = {}): ServiceView {
  return {
    ...{ serviceId, title: `The ${serviceId}`, tile: null, criticality: 'P1', facesCustomers: true, origin: 'config' },
    ...{ status, sinceMs: 1_000, word: `${status} 3 min`, sentence: 'It does not answer. '.repeat(50), summary: 'ok' },
    strip: { firstDayMs: 0, days: '', trouble: [] },
    uptime: { fromMs: 0, toMs: 1, ...noTime, ratio: null, unknownRatio: null },
    ...more,
  };
}

function board(services: ServiceView[]): BoardView {
  const advice = { title: 'Mend it', why: 'Long. '.repeat(200), evidence: null };
  return {
    atMs: 2_000,
    verdict: { parts: [{ text: 'Much is down.', status: 'down' }], facts: [], next: null },
    upNow: { line: '', groups: [{ title: null, services }] },
    whatNext: Array.from({ length: 40 }, () => ({
      ...advice,
      next: { label: 'Look', kind: 'open', target: '/services/shop' } as const,
    })),
    banners: [],
    pitwall: { line: 'Pitwall itself is well', address: '', dataDir: '', dataBytes: 0, version: '' },
  } as unknown as BoardView;
}

test('three hundred services down are ten, the most important first, and a count of the others', () => {
  const services = Array.from({ length: 300 }, (_, i) => service(`part-${i}`, 'down'));
  const view = board([service('well', 'up'), ...services, service('checkout', 'down', { criticality: 'P0' })]);
  const brief = boardBrief.output.parse(briefOf(view, [], 10));
  assert.deepEqual([brief.wrong[0]!.serviceId, brief.wrong.length, brief.moreWrong], ['checkout', 10, 291]);
  assert.deepEqual(brief.counts, { up: 1, degraded: 0, down: 301, unknown: 0, maintenance: 0 });
  assert.equal(brief.next[0]!.how, 'get_service {"serviceId":"shop"}');
  const bytes = JSON.stringify(brief).length;
  assert.ok(bytes <= mostBytes, `${bytes} bytes`);
});

for (const { why, status, named } of [
  { why: 'what is under maintenance is not wrong', status: 'maintenance', named: 0 },
  { why: 'what nobody knows of is not right either', status: 'unknown', named: 1 },
] as const) {
  test(why, () => {
    assert.equal(briefOf(board([service('shop', status)]), [], 10).wrong.length, named);
  });
}
