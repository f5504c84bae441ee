import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { boardNowMs as nowMs } from '../../../../testkit/live-services.ts';
import { abilityTitle, formatInstant, formatMicros, type StatusFacts, statusSentence, statusWord } from './words.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const facts = (more: Partial<StatusFacts>): StatusFacts => ({
  status: 'up',
  sinceMs: nowMs - 28 * 60_000,
  reason: 'recovered',
  evidence: {},
  slow: false,
  missing: [],
  ...more,
});

for (const { why, atMs, reads } of [
  { why: 'today needs no date', atMs: nowMs - 28 * 60_000, reads: '09:14 UTC' },
  {
    why: 'yesterday does, also when it is an hour ago',
    atMs: Date.UTC(2025, 9, 13, 23, 59),
    reads: '13 Oct 23:59 UTC',
  },
]) {
  test(`an instant: ${why}`, () => assert.equal(plain(formatInstant(atMs, nowMs)), reads));
}

for (const { us, reads } of [
  { us: 340, reads: '0.3 ms' },
  { us: 14_200, reads: '14 ms' },
  { us: 1_240_000, reads: '1.24 s' },
  { us: 12_400_000, reads: '12 s' },
]) {
  test(`a time of ${us} µs reads ${reads}`, () => assert.equal(plain(formatMicros(us)), reads));
}

for (const { why, given, word, sentence } of [
  { why: 'up says for how long', given: {}, word: 'Up 28 min', sentence: 'Everything asked for is there' },
  {
    why: 'down says since when, and why',
    given: { status: 'down', reason: 'worst-check', evidence: { check: 'Page', status: 'down', why: 'Answered 502' } },
    word: 'Down 28 min, since 09:14 UTC',
    sentence: 'Page is down: Answered 502',
  },
  {
    why: 'slow is named, since waiting is not failing',
    given: {
      status: 'degraded',
      slow: true,
      reason: 'worst-check',
      evidence: { check: 'Page', status: 'degraded', why: 'x' },
    },
    word: 'Slow 28 min, since 09:14 UTC',
    sentence: 'Page is degraded: x',
  },
  {
    why: 'what was never heard has no age',
    given: { status: 'unknown', sinceMs: undefined, reason: 'first-result' },
    word: 'Not heard yet',
    sentence: 'Its first result is on the way',
  },
  {
    why: 'the first result failed: no verdict yet, but no silence either',
    given: { status: 'unknown', sinceMs: undefined, atFirst: 'Answered 500, expected 2xx; the next result decides' },
    word: 'Not sure yet',
    sentence: 'Answered 500, expected 2xx; the next result decides',
  },
  {
    why: 'a job that is not due yet was looked at, and says so',
    given: { status: 'unknown', sinceMs: undefined, notTelling: 'It has never reported; its first report is due at 3' },
    word: 'Not heard yet',
    sentence: 'It has never reported; its first report is due at 3',
  },
  {
    why: 'a silence says since when, not “?”',
    given: { status: 'unknown', reason: 'no-result-in-time', evidence: { lastSlotMs: nowMs - 30_000 } },
    word: 'Unknown since 09:14 UTC',
    sentence: 'No result since 14 Oct 09:41:30 UTC',
  },
  {
    why: 'a variable that is not set outranks everything, and says what to do',
    given: { status: 'unknown', sinceMs: undefined, missing: ['SHOP_URL', 'SHOP_TOKEN'] },
    word: 'Not configured',
    sentence: 'SHOP_URL and SHOP_TOKEN are not set: set them and restart Pitwall',
  },
] satisfies { why: string; given: Partial<StatusFacts>; word: string; sentence: string }[]) {
  test(`a status: ${why}`, () => {
    assert.equal(plain(statusWord(facts(given), nowMs)), word);
    assert.equal(statusSentence(facts(given)), sentence);
  });
}

for (const { ability, status, slow = false, reads } of [
  { ability: 'Orders', status: 'up', reads: 'Orders work' },
  { ability: 'Chat replies', status: 'up', reads: 'Chat replies work' },
  { ability: 'Browsing the shop', status: 'up', reads: 'Browsing the shop works' },
  { ability: 'Browsing parts', status: 'up', reads: 'Browsing parts works' },
  { ability: 'Customer access', status: 'up', reads: 'Customer access works' },
  { ability: 'Order status', status: 'degraded', slow: true, reads: 'Order status is slow' },
  { ability: 'Staff tiles', status: 'degraded', slow: true, reads: 'Staff tiles are slow' },
  { ability: 'Staff tiles', status: 'degraded', reads: 'Staff tiles are impaired' },
  { ability: 'Chat replies', status: 'down', reads: 'Chat replies stopped' },
  { ability: 'Sales figures', status: 'unknown', reads: 'Sales figures unknown' },
] satisfies { ability: string; status: Status; slow?: boolean; reads: string }[]) {
  test(`an ability: “${reads}”`, () => assert.equal(abilityTitle(ability, { status, slow }), reads));
}
