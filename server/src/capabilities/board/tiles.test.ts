import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import { builtIn, downService, boardNowMs as nowMs, shownService } from '../../../../testkit/live-services.ts';
import { fastFills, fastLine, groupServices, promises, safeToLose, upLine } from './tiles.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const own = [builtIn('pitwall', 'Pitwall'), builtIn('host', 'This host')];

for (const { why, services, line } of [
  { why: 'a calm day has one number', services: [shownService(), shownService()], line: '2 of 2 up' },
  { why: 'Pitwall and this host are counted where they are all', services: own, line: '2 of 2 up' },
  {
    why: 'beside services of the shop they are not counted, as in the sentence above',
    services: [...own, shownService(), downService()],
    line: '1 of 2 up, 1 down',
  },
  {
    why: 'but one that is in trouble is',
    services: [builtIn('host', 'This host', { status: 'degraded' }), shownService()],
    line: '1 of 2 up, 1 slow or degraded',
  },
  {
    why: 'each kind of trouble is counted apart',
    services: [
      shownService(),
      downService(),
      shownService({ status: 'degraded' }),
      shownService({ status: 'unknown' }),
      shownService({ status: 'maintenance' }),
    ],
    line: '1 of 5 up, 1 down, 1 slow or degraded, 1 unknown, 1 in maintenance',
  },
]) {
  test(`up now: ${why}`, () => assert.equal(upLine(services), line));
}

for (const { why, services, groups } of [
  { why: 'what Pitwall watches of itself needs no heading', services: own, groups: [[null, 2]] },
  {
    why: 'without tiles, what customers use comes first and Pitwall last',
    services: [...own, shownService({ facesCustomers: false }), shownService()],
    groups: [
      ['Customers use', 1],
      ['Running', 1],
      ['Pitwall', 2],
    ],
  },
  {
    why: 'with tiles, in the order operators know; what has none is what they run on',
    services: [...own, shownService(), shownService({ tile: 'fulfillment' }), shownService({ tile: 'cx' })],
    groups: [
      ['CX', 1],
      ['Fulfillment', 1],
      ['Running', 1],
      ['Pitwall', 2],
    ],
  },
] satisfies { why: string; services: ReturnType<typeof shownService>[]; groups: [string | null, number][] }[]) {
  test(`groups: ${why}`, () =>
    assert.deepEqual(
      groupServices(services).map(({ title, services: members }) => [title, members.length]),
      groups,
    ));
}

type Row = BoardView['fastEnough']['rows'][number];
const row = (more: Partial<Row>): Row => ({
  key: 'shop/page',
  serviceId: 'shop',
  title: 'Parts shop',
  status: 'up',
  spark: [],
  figureUs: 200_000,
  figureName: 'p95',
  sampledCount: 100,
  limitUs: 300_000,
  failCount: 0,
  tellingCount: 100,
  ...more,
});

for (const { why, rows, line } of [
  { why: 'at first start', rows: [row({ serviceId: 'pitwall' })], line: 'only Pitwall so far' },
  {
    why: 'what has no limit cannot keep one',
    rows: [row({}), row({ limitUs: null })],
    line: '1 of 1 within their limit',
  },
  { why: 'without any limit there is nothing to keep', rows: [row({ limitUs: null })], line: 'no limit is set' },
  { why: 'what is over its limit', rows: [row({}), row({ figureUs: 460_000 })], line: '1 of 2 within their limit' },
  {
    why: 'what is down is not fast',
    rows: [row({ status: 'down', figureUs: 6_000 })],
    line: '0 of 1 within their limit',
  },
]) {
  test(`fast enough: ${why}`, () => assert.equal(fastLine(rows), line));
}

test('a figure that is not there yet says what would fill it', () => {
  assert.deepEqual(fastFills([row({})]), []);
  const labels = fastFills([row({ serviceId: 'pitwall', figureName: 'slowest' })]).map(({ label }) => label);
  assert.deepEqual(labels, ['Your pages', 'p95']);
});

for (const { why, atMs, allows } of [
  { why: 'October has 31 days', atMs: nowMs, allows: ['44 min closed', '3 h 43 min closed', '7 h 26 min closed'] },
  {
    why: 'February has 28',
    atMs: Date.UTC(2026, 1, 3),
    allows: ['40 min closed', '3 h 21 min closed', '6 h 43 min closed'],
  },
]) {
  test(`promises: ${why}`, () =>
    assert.deepEqual(
      promises(atMs, '0.1.0').offers.map((offer) => plain(offer.allows)),
      allows,
    ));
}

test('promises say which version has none, and what will count', () => {
  const { line, note } = promises(nowMs, '0.1.0');
  assert.equal(line, 'not in Pitwall 0.1');
  assert.match(note, /Objectives come with a later version/);
});

test('safe to lose claims nothing that was not seen, and stands up only for a full disk', () => {
  const of = (freeBytes: number, diskStatus: 'up' | 'degraded') =>
    safeToLose({ freeBytes, diskStatus, version: '0.1.0' });
  const { rows, line } = of(56.4e9, 'up');
  assert.match(line, /not in Pitwall 0\.1/);
  assert.deepEqual(
    rows.map(({ value, status }) => [plain(value), status]),
    [
      ['56 GB free', null],
      ['by check', null],
      ['later', null],
      ['later', null],
    ],
  );
  assert.equal(of(1.24e9, 'degraded').rows[0]?.status, 'degraded');
  assert.equal(plain(of(1.24e9, 'degraded').rows[0]?.value ?? ''), '1.2 GB free');
});
