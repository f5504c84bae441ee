import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { phaseMs, SlotHeap, slotAtOrAfter, toleranceMs } from './slots.ts';

test('phases of keys that differ in one digit are spread evenly over the interval', () => {
  const counts = new Array<number>(20).fill(0);
  for (let index = 0; index < 10_000; index += 1) counts[Math.floor(phaseMs(`shop-${index}/page`, 10_000) / 500)]! += 1;
  // 500 in each on average; five standard deviations are 109.
  assert.ok(Math.min(...counts) > 391 && Math.max(...counts) < 609, String(counts));
});

test('phases are what they were: another hash would shift every series by part of an interval', () => {
  assert.deepEqual(
    ['shop/page', 'shop/port', 'chat/api', 'ünïcode/✓'].map((key) => phaseMs(key, 30_000)),
    [22_967, 10_880, 20_237, 19_454],
  );
});

test('the next slot is at or after the instant, less than an interval away, and on the grid', () => {
  const key = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(key, fc.integer({ min: 1_000, max: 86_400_000 }), fc.nat(2 ** 42), (name, intervalMs, atMs) => {
      const slot = slotAtOrAfter({ key: name, intervalMs }, atMs);
      assert.ok(slot >= atMs && slot < atMs + intervalMs);
      assert.equal((slot - phaseMs(name, intervalMs)) % intervalMs, 0);
      assert.equal(slotAtOrAfter({ key: name, intervalMs }, slot), slot);
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('the heap gives slots in order of time, whatever joins and leaves meanwhile', () => {
  const check = fc.record({
    key: fc.integer({ min: 0, max: 40 }).map((n) => `k${n}`),
    intervalMs: fc.constantFrom(1_000, 5_000, 30_000),
  });
  const checks = fc.uniqueArray(check, { selector: ({ key }) => key, maxLength: 30 });
  fc.assert(
    fc.property(fc.array(checks, { minLength: 1, maxLength: 4 }), (rounds) => {
      const heap = new SlotHeap<{ key: string; intervalMs: number }>();
      let nowMs = 1_000_000;
      for (const round of rounds) {
        heap.setChecks(round, nowMs);
        assert.equal(heap.size, round.length);
        for (let step = 0; step < 60 && heap.nextDueMs !== undefined; step += 1) {
          const dueMs = heap.nextDueMs;
          assert.ok(dueMs >= nowMs, 'a slot before the one that was dealt with');
          assert.equal(slotAtOrAfter(heap.nextCheck!, dueMs), dueMs);
          nowMs = dueMs;
          heap.advance();
        }
      }
    }),
    { seed: 11, numRuns: 200 },
  );
});

test('a check that stays keeps its overdue slot; one with another interval begins anew', () => {
  const heap = new SlotHeap<{ key: string; intervalMs: number }>();
  heap.setChecks([{ key: 'a', intervalMs: 10_000 }], 0);
  const first = heap.nextDueMs!;
  heap.setChecks([{ key: 'a', intervalMs: 10_000 }], 100_000);
  assert.equal(heap.nextDueMs, first);
  heap.setChecks([{ key: 'a', intervalMs: 20_000 }], 100_000);
  assert.ok(heap.nextDueMs! >= 100_000);
  heap.setChecks([], 0);
  assert.equal(heap.nextDueMs, undefined);
});

test('how late a slot may run grows with its interval, within reason', () => {
  assert.deepEqual([100, 1_000, 5_000, 10_000, 3_600_000].map(toleranceMs), [100, 200, 1_000, 2_000, 2_000]);
});

for (const { why, openingMs, due } of [
  { why: 'a check that was never heard is due at once, then on its grid', openingMs: 1_000, due: [1_000, 10_880] },
  { why: 'where the grid comes at once nothing is asked twice', openingMs: 10_500, due: [10_880, 40_880] },
  { why: 'without an opening the grid is all there is', openingMs: undefined, due: [10_880, 40_880] },
]) {
  test(why, () => {
    const heap = new SlotHeap<{ key: string; intervalMs: number }>();
    const check = { key: 'shop/port', intervalMs: 30_000 };
    heap.setChecks([check], 1_000, undefined, () => openingMs);
    const first = heap.nextDueMs!;
    // Another service is added meanwhile.
    heap.setChecks([check], 2_000, undefined, () => undefined);
    assert.equal(heap.nextDueMs, first);
    assert.deepEqual([first, heap.advance()], due);
    assert.equal(heap.nextDueMs, due[1]);
  });
}
