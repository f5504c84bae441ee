/** The prober's small pure parts: retry, lateness, timeline, time-out ring. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSuspect, LatenessMeter } from './lateness.ts';
import { nextAttempt } from './retry.ts';
import { Timeline } from './timeline.ts';
import { TimeoutRing } from './timeout-ring.ts';

const failed = { outcome: 'fail', attempts: 1, retries: 2, timeoutMs: 2_000, untilNextSlotMs: 8_000 } as const;
for (const { why, given, again } of [
  { why: 'a failure is tried again', given: {}, again: { pauseMs: 400, timeoutMs: 2_000 } },
  { why: 'a pass is not', given: { outcome: 'pass' }, again: undefined },
  { why: 'nor is what was only slow', given: { outcome: 'degraded' }, again: undefined },
  { why: 'nor what tells nothing', given: { outcome: 'unknown' }, again: undefined },
  { why: 'the last retry is the last', given: { attempts: 3 }, again: undefined },
  {
    why: 'with little room the time-out is shorter, to two digits',
    given: { untilNextSlotMs: 1_678 },
    again: { pauseMs: 83.9, timeoutMs: 1_400 },
  },
  {
    why: 'half a time-out is the least that still tells slow from dead',
    given: { untilNextSlotMs: 1_100 },
    again: undefined,
  },
  { why: 'a slot that is over has no room', given: { untilNextSlotMs: -500 }, again: undefined },
  { why: 'the pause is never long', given: { untilNextSlotMs: 60_000 }, again: { pauseMs: 500, timeoutMs: 2_000 } },
] as const) {
  test(`retry: ${why}`, () => {
    assert.deepEqual(
      nextAttempt({ ...failed, ...given }),
      again === undefined ? { again: false } : { again: true, ...again },
    );
  });
}

test('retry: whatever the numbers, an attempt ends before the next slot', () => {
  const ms = fc.integer({ min: 1, max: 120_000 });
  fc.assert(
    fc.property(ms, fc.integer({ min: -1_000, max: 120_000 }), (timeoutMs, untilNextSlotMs) => {
      const next = nextAttempt({ ...failed, timeoutMs, untilNextSlotMs });
      if (next.again) assert.ok(next.pauseMs + next.timeoutMs < untilNextSlotMs && next.timeoutMs >= 1);
    }),
    { seed: 3, numRuns: 1_000 },
  );
});

for (const { why, lateMs, totalMs, suspect } of [
  { why: 'no lateness', lateMs: 0, totalMs: 1, suspect: false },
  { why: 'the grain of timers', lateMs: 19, totalMs: 1, suspect: false },
  { why: 'a fifth of the result', lateMs: 20, totalMs: 100, suspect: true },
  { why: 'a tenth of the result', lateMs: 20, totalMs: 200, suspect: false },
  { why: 'enough to turn any verdict', lateMs: 50, totalMs: 60_000, suspect: true },
  { why: 'a result without a time', lateMs: 20, totalMs: -0.001, suspect: true },
]) {
  test(`lateness: ${why} makes a result ${suspect ? 'suspect' : 'no less sure'}`, () => {
    assert.equal(isSuspect(lateMs * 1_000, totalMs * 1_000), suspect);
  });
}

test('lateness: a pause concerns an attempt only as far as it fell into it', () => {
  const meter = new LatenessMeter();
  meter.note(10_000_000, 4_000_000);
  assert.equal(meter.worstSince(9_950_000, 0), 50_000, 'begun 50 ms before the end of the pause');
  assert.equal(meter.worstSince(5_000_000, 0), 4_000_000, 'begun before it');
  assert.equal(meter.worstSince(10_000_001, 0), 0, 'begun after it');
  assert.equal(meter.worstSince(10_000_001, 70_000), 70_000, 'overdue right now');
});

test('lateness: the 99th of a hundred, of the last thousand or so', () => {
  const meter = new LatenessMeter();
  assert.equal(meter.p99Us, 0);
  for (let index = 1; index <= 100; index += 1) meter.note(index, index);
  assert.equal(meter.p99Us, 99);
  for (let index = 0; index < 2_000; index += 1) meter.note(index, 5);
  assert.equal(meter.p99Us, 5);
});

test('timeline: it goes on by the monotonic clock, whatever the wall clock does', () => {
  const line = new Timeline(1_000_000, 500);
  assert.equal(line.atMs(500), 1_000_000);
  assert.equal(line.atMs(2_500_500), 1_002_500);
  assert.equal(line.observeWall(1_002_500, 2_500_500), undefined);
  assert.deepEqual(line.observeWall(4_602_500, 2_500_500), { atMs: 1_002_500, stepMs: 3_600_000, offsetMs: 3_600_000 });
  assert.equal(line.observeWall(4_603_500, 3_500_500), undefined, 'told once');
  assert.deepEqual(line.observeWall(1_004_500, 4_500_500), { atMs: 1_004_500, stepMs: -3_600_000, offsetMs: 0 });
});

test('timeline: small corrections that add up are told when they are more than two seconds', () => {
  const line = new Timeline(0, 0);
  const steps = Array.from({ length: 100 }, (_, second) => line.observeWall(second * 1_050, second * 1_000_000));
  const told = steps.filter((step) => step !== undefined);
  assert.deepEqual(
    told.map(({ stepMs }) => stepMs),
    [2_050, 2_050],
  );
});

test('ring: everything ends once, never early, and at most 8.2 ms late', () => {
  const plan = fc.array(fc.record({ afterUs: fc.integer({ min: 0, max: 30_000_000 }), cancelled: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(plan, fc.integer({ min: 1_000, max: 3_000_000 }), (entries, stepUs) => {
      const startUs = 123_456_789;
      const ring = new TimeoutRing(startUs);
      let nowUs = startUs;
      const ended = new Map<number, number>();
      for (const [index, { afterUs, cancelled }] of entries.entries()) {
        const expire = () => {
          assert.ok(!ended.has(index), 'ended twice');
          ended.set(index, nowUs);
        };
        ring.add({ atUs: startUs + afterUs, cancelled, expire });
      }
      while (nowUs < startUs + 40_000_000) {
        nowUs += stepUs;
        ring.advance(nowUs);
      }
      for (const [index, { afterUs, cancelled }] of entries.entries()) {
        assert.equal(ended.has(index), !cancelled);
        if (cancelled) continue;
        const lateUs = ended.get(index)! - startUs - afterUs;
        assert.ok(lateUs >= 0 && lateUs <= 8_192 + stepUs, `late by ${lateUs} µs with looks each ${stepUs} µs`);
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});
