import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AttemptResult, afterAttempt, defaultPolicy, holdMs, parseRetryAfterMs, pickNext } from './domain.ts';

const second = 1_000;
const minute = 60 * second;
const row = (attempts: number, possibleRepeat = false) => ({ attempts, createdAtMs: 0, possibleRepeat });
const answered = (status: number, retryAfterMs?: number): AttemptResult => ({
  outcome: 'answered',
  status,
  retryAfterMs,
});
const unclear: AttemptResult = { outcome: 'unclear', why: 'No complete answer within 10000 ms' };
const unsent: AttemptResult = { outcome: 'unsent', why: 'Nothing listens' };

for (const { why, from, result, reason, state, delayMs, repeat = false, holds = false } of [
  { why: 'a 2xx ends it', from: row(1), result: answered(204), reason: 'accepted', state: 'delivered', delayMs: 0 },
  {
    why: 'what arrived after an unclear attempt was possibly a repeat, and says so for ever',
    from: row(2, true),
    result: answered(200),
    reason: 'accepted',
    state: 'delivered',
    delayMs: 0,
    repeat: true,
  },
  {
    why: '410 means: never again, so it is not tried again',
    from: row(1),
    result: answered(410),
    reason: 'gone',
    state: 'failed',
    delayMs: 0,
  },
  {
    why: 'a broken receiver is asked again soon, and its other messages wait too',
    from: row(1),
    result: answered(500),
    reason: 'server-error',
    state: 'pending',
    delayMs: 2 * second,
    holds: true,
  },
  {
    why: 'delays double',
    from: row(4),
    result: answered(502),
    reason: 'server-error',
    state: 'pending',
    delayMs: 16 * second,
    holds: true,
  },
  {
    why: 'and end at five minutes, so that a mended receiver is not left waiting',
    from: row(40),
    result: unsent,
    reason: 'not-reached',
    state: 'pending',
    delayMs: 5 * minute,
    holds: true,
  },
  {
    why: 'no answer: from now on each attempt may be a repeat',
    from: row(1),
    result: unclear,
    reason: 'no-answer',
    state: 'pending',
    delayMs: 2 * second,
    repeat: true,
    holds: true,
  },
  {
    why: 'nothing was handed over, so the next attempt repeats nothing',
    from: row(1),
    result: unsent,
    reason: 'not-reached',
    state: 'pending',
    delayMs: 2 * second,
    holds: true,
  },
  {
    why: 'a 503 that names a time is believed',
    from: row(1),
    result: answered(503, 90 * second),
    reason: 'busy',
    state: 'pending',
    delayMs: 90 * second,
    holds: true,
  },
  {
    why: 'but not for a year',
    from: row(1),
    result: answered(429, 365 * 24 * 60 * minute),
    reason: 'busy',
    state: 'pending',
    delayMs: 60 * minute,
    holds: true,
  },
  {
    why: 'nor does Retry-After: 0 make us hurry',
    from: row(3),
    result: answered(429, 0),
    reason: 'busy',
    state: 'pending',
    delayMs: 8 * second,
    holds: true,
  },
  {
    why: 'a 400 will hardly change, so it is asked seldom, and other messages go on',
    from: row(1),
    result: answered(400),
    reason: 'refused',
    state: 'pending',
    delayMs: minute,
  },
  {
    why: 'a redirect is somebody’s mistake in the address, which may be mended',
    from: row(3),
    result: answered(302),
    reason: 'refused',
    state: 'pending',
    delayMs: 4 * minute,
  },
]) {
  test(why, () => {
    const decision = afterAttempt(from, result, 0, 1, defaultPolicy);
    assert.deepEqual(
      [decision.reason, decision.next.state, decision.next.nextAttemptAtMs, decision.next.possibleRepeat],
      [reason, state, delayMs, repeat],
    );
    assert.equal(decision.holdsChannel, holds);
    assert.equal(decision.next.finishedAtMs === null, state === 'pending');
  });
}

test('after three days it is given up, with what was last wrong', () => {
  const { next, reason } = afterAttempt(row(900), unsent, defaultPolicy.giveUpAfterMs, 0);
  assert.equal(reason, 'gave-up');
  assert.equal(next.state, 'failed');
  assert.equal(next.lastError, 'Given up after 900 attempts: Nothing listens');
});

test('a channel that does not answer is tried again with another message after 30 s at most', () => {
  assert.equal(holdMs(afterAttempt(row(9), unclear, 0, 1), 0), 30 * second);
  assert.equal(holdMs(afterAttempt(row(1), unclear, 0, 0), 0), second);
  assert.equal(holdMs(afterAttempt(row(9), answered(400), 0, 1), 0), 0);
});

test('a receiver that asks for time gets it for all its messages, up to five minutes', () => {
  assert.equal(holdMs(afterAttempt(row(1), answered(429, 90 * second), 0, 1), 0), 90 * second);
  assert.equal(holdMs(afterAttempt(row(1), answered(429, 60 * minute), 0, 1), 0), 5 * minute);
  assert.equal(holdMs(afterAttempt(row(9), answered(503), 0, 1), 0), 30 * second);
});

for (const { why, refusal, reason, state, holds } of [
  {
    why: 'what can never succeed is ended at once',
    refusal: 'permanent',
    reason: 'refused-for-good',
    state: 'failed',
    holds: false,
  },
  {
    why: 'what somebody may mend is asked seldom, and holds nothing up',
    refusal: 'mendable',
    reason: 'refused',
    state: 'pending',
    holds: false,
  },
  {
    why: 'what passes by itself is asked soon, whatever its status',
    refusal: 'passing',
    reason: 'busy',
    state: 'pending',
    holds: true,
  },
] as const) {
  test(`a refusal by what it means: ${why}`, () => {
    const result: AttemptResult = { outcome: 'answered', status: 451, hint: 'later', refusal };
    const decision = afterAttempt(row(1), result, 0, 1);
    assert.deepEqual([decision.reason, decision.next.state, decision.holdsChannel], [reason, state, holds]);
    assert.equal(decision.next.lastError, 'Answered 451: later');
  });
}

test('whatever the history: marks stay, delays stay within their limits, time decides nothing but giving up', () => {
  const results = fc.oneof(
    fc.integer({ min: 100, max: 599 }).map((status) => answered(status)),
    fc.constant(unclear),
    fc.constant(unsent),
  );
  fc.assert(
    fc.property(
      fc.array(results, { minLength: 1, maxLength: 30 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (list, ratio) => {
        let possibleRepeat = false;
        for (const [index, result] of list.entries()) {
          const { next } = afterAttempt({ attempts: index + 1, createdAtMs: 0, possibleRepeat }, result, 5, ratio);
          if (possibleRepeat || result.outcome === 'unclear') assert.equal(next.possibleRepeat, true);
          possibleRepeat = next.possibleRepeat;
          assert.ok(next.nextAttemptAtMs - 5 <= 60 * minute);
          if (next.state !== 'pending') return;
          assert.ok(next.nextAttemptAtMs - 5 >= second, 'never at once: half of the first delay is left');
        }
      },
    ),
  );
});

const at = (serviceId: string, nextAttemptAtMs: number) => ({ serviceId, nextAttemptAtMs });
for (const { why, rows, expected } of [
  { why: 'the oldest due goes first', rows: [at('a', 1), at('b', 0)], expected: 0 },
  { why: '“up” does not overtake a “down” that waits for its retry', rows: [at('a', 99), at('a', 1)], expected: 99 },
  { why: 'another service does', rows: [at('a', 99), at('a', 1), at('b', 5)], expected: 2 },
  { why: 'nothing waits', rows: [], expected: undefined },
  {
    why: 'a retry written before the clock was set back a year is not waited for',
    rows: [at('a', 365 * 24 * 60 * minute)],
    expected: 0,
  },
]) {
  test(why, () => {
    const found = pickNext(rows, 50);
    if ('row' in found) assert.equal((rows as readonly unknown[]).indexOf(found.row), expected);
    else assert.equal(found.dueAtMs, expected);
  });
}

for (const { why, text, expected } of [
  { why: 'seconds', text: '120', expected: 120_000 },
  { why: 'a date ahead', text: 'Thu, 01 Jan 1970 00:01:00 GMT', expected: 50_000 },
  { why: 'a date gone by', text: 'Thu, 01 Jan 1970 00:00:01 GMT', expected: 0 },
  { why: 'no number', text: 'soon', expected: undefined },
  { why: 'a negative number', text: '-5', expected: undefined },
  { why: 'no header', text: undefined, expected: undefined },
]) {
  test(`Retry-After: ${why}`, () => assert.equal(parseRetryAfterMs(text, 10_000), expected));
}
