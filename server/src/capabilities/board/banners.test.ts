import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockBanner } from './banners.ts';

const nowMs = 1_791_969_240_000;

for (const { why, machineMs, says } of [
  { why: 'a clock that keeps time needs no word', machineMs: nowMs, says: undefined },
  { why: 'a clock that is drawn in by seconds needs none either', machineMs: nowMs + 20_000, says: undefined },
  {
    why: 'after a sleep of the machine a new start mends it',
    machineMs: nowMs + 8 * 3_600_000,
    says: /8\sh behind.*started again/,
  },
  {
    why: 'a clock that was set back mends itself, and a new start would not',
    machineMs: nowMs - 3_600_000,
    says: /1\sh ahead.*caught up/,
  },
]) {
  test(why, () => {
    const text = clockBanner(nowMs, machineMs)?.text;
    if (says === undefined) assert.equal(text, undefined);
    else assert.match(text ?? '', says);
  });
}
