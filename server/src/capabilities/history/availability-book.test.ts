import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { type MemoryStore, openMemoryStore } from '../../../../testkit/memory-store.ts';
import { type AvailabilityBook, dayMs, openAvailabilityBook, startOfDay } from './availability-book.ts';
import { insertCover, insertTransition } from './transitions.ts';

const midnightMs = Date.UTC(2027, 2, 28);
const minuteMs = 60_000;
const subject = { serviceId: 'shop', checks: [{ key: 'shop/port', watchedSinceMs: midnightMs - dayMs }] };

async function change(store: MemoryStore, to: Status, effectiveAtMs: number): Promise<void> {
  const row = {
    from: 'unknown',
    to,
    reason: 'recovered',
    evidence: {},
    effectiveAtMs,
    decidedAtMs: effectiveAtMs,
  } as const;
  await store.write((tx) => insertTransition(tx.db, 'check', 'shop/port', row));
}

const open = (store: MemoryStore, nowMs: number): Promise<AvailabilityBook> =>
  openAvailabilityBook(store.read, () => subject, nowMs);

async function close(store: MemoryStore, book: AvailabilityBook, nowMs: number): Promise<boolean> {
  return await store.write((tx) => book.closeDays(tx.db, [subject], nowMs, 25));
}

async function downMinutes(book: AvailabilityBook, nowMs: number): Promise<number[]> {
  const days = await book.days('shop', midnightMs - 5 * dayMs, nowMs);
  return days.map(({ availability }) => availability.downMs / minuteMs);
}

test('an outage over midnight belongs to both days, and the days add up to the time that was watched', async () => {
  const store = openMemoryStore();
  await change(store, 'up', midnightMs - dayMs);
  await change(store, 'down', midnightMs - 10 * minuteMs);
  await change(store, 'up', midnightMs + 5 * minuteMs);
  const nowMs = midnightMs + 60 * minuteMs;
  const book = await open(store, nowMs);
  assert.equal(await close(store, book, nowMs), false);
  assert.deepEqual(await downMinutes(book, nowMs), [10, 5]);
  const days = await book.days('shop', midnightMs - dayMs, nowMs);
  const sums = days.map(({ availability }) => Object.values(availability).reduce((sum, ms) => sum + ms, 0));
  assert.deepEqual(sums, [dayMs, 60 * minuteMs]);
});

test('a change that reaches back into a closed day is counted there', async () => {
  const store = openMemoryStore();
  await change(store, 'up', midnightMs - dayMs);
  const nowMs = midnightMs + minuteMs;
  const book = await open(store, nowMs);
  await close(store, book, nowMs);
  await change(store, 'down', midnightMs - 2 * minuteMs);
  book.touch('shop', midnightMs - 2 * minuteMs, nowMs);
  await close(store, book, nowMs);
  assert.deepEqual(await downMinutes(book, nowMs), [2, 1]);
});

test('… also where Pitwall was killed before it came to that', async () => {
  const store = openMemoryStore();
  await change(store, 'up', midnightMs - dayMs);
  const nowMs = midnightMs + minuteMs;
  await close(store, await open(store, nowMs), nowMs);
  await change(store, 'down', midnightMs - 2 * minuteMs);
  const book = await open(store, nowMs);
  await close(store, book, nowMs);
  assert.deepEqual(await downMinutes(book, nowMs), [2, 1]);
});

test('slots that tell nothing are unknown time of their day, whatever the status', async () => {
  const store = openMemoryStore();
  await change(store, 'up', midnightMs - dayMs);
  const covers = [-1, 0, 1].map((minute) => midnightMs + minute * minuteMs);
  for (const fromMs of covers) {
    await store.write((tx) => insertCover(tx.db, 'shop/port', { fromMs, toMs: fromMs + minuteMs, reason: 'timeout' }));
  }
  const rows = await store.read.selectFrom('unknown_cover').selectAll().execute();
  assert.equal(rows.length, 1, 'slots that touch are one row');
  const nowMs = midnightMs + 10 * minuteMs;
  const book = await open(store, nowMs);
  await close(store, book, nowMs);
  const days = await book.days('shop', midnightMs - dayMs, nowMs);
  assert.deepEqual(
    days.map(({ availability }) => availability.unknownMs / minuteMs),
    [1, 2],
  );
});

test('a few days are closed at a time, and it says when more wait', async () => {
  const store = openMemoryStore();
  await change(store, 'up', midnightMs - dayMs);
  const nowMs = midnightMs + 3 * dayMs;
  const book = await open(store, nowMs);
  const some = (): Promise<boolean> => store.write((tx) => book.closeDays(tx.db, [subject], nowMs, 3));
  assert.equal(await some(), true);
  assert.equal(await some(), false);
  const days = await book.days('shop', 0, nowMs);
  assert.deepEqual(
    days.map((day) => (day.dayMs - startOfDay(midnightMs)) / dayMs),
    [-1, 0, 1, 2, 3],
  );
});
