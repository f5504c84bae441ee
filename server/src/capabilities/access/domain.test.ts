import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedHostsFor, countTry, judgeSession, refuseRequest, sessionLifetimeMs, type Tries } from './domain.ts';

const hosts = allowedHostsFor(4400, 'https://Pitwall.shop.example');
const own = 'http://127.0.0.1:4400';
const request = { method: 'POST', host: '127.0.0.1:4400', origin: undefined, secFetchSite: undefined };

for (const { why, given, refused } of [
  { why: 'the command line names no origin', given: {}, refused: false },
  { why: 'the page itself', given: { origin: own, secFetchSite: 'same-origin' }, refused: false },
  {
    why: 'localhost is this machine',
    given: { host: 'localhost:4400', origin: 'http://localhost:4400' },
    refused: false,
  },
  { why: 'so is ::1', given: { host: '[::1]:4400' }, refused: false },
  { why: 'the configured public name', given: { host: 'pitwall.shop.example' }, refused: false },
  { why: 'names are compared without case', given: { host: 'LOCALHOST:4400' }, refused: false },
  { why: 'a name pointed at us from outside (DNS rebinding)', given: { host: 'evil.example:4400' }, refused: true },
  { why: 'a name that only begins like ours', given: { host: '127.0.0.1:4400.evil.example' }, refused: true },
  { why: 'another port is another program', given: { host: '127.0.0.1:4401' }, refused: true },
  { why: 'no host at all', given: { host: undefined }, refused: true },
  {
    why: 'a form on another site',
    given: { origin: 'https://evil.example', secFetchSite: 'cross-site' },
    refused: true,
  },
  { why: 'another program on this machine', given: { origin: 'http://localhost:3000' }, refused: true },
  { why: 'a sandboxed frame', given: { origin: 'null' }, refused: true },
  { why: 'an origin with a log-in in it', given: { origin: 'http://127.0.0.1:4400@evil.example' }, refused: true },
  { why: 'a browser that hides the origin but says cross-site', given: { secFetchSite: 'cross-site' }, refused: true },
  { why: 'a neighbour port without origin', given: { secFetchSite: 'same-site' }, refused: true },
  {
    why: 'a link in a chat that leads to the page: it reads, and Strict cookies stay at home',
    given: { method: 'GET', secFetchSite: 'cross-site' },
    refused: false,
  },
  {
    why: 'an event stream opened by another site',
    given: { method: 'GET', origin: 'https://evil.example', secFetchSite: 'cross-site' },
    refused: true,
  },
  { why: 'DELETE is judged as POST is', given: { method: 'DELETE', secFetchSite: 'same-site' }, refused: true },
]) {
  test(`${refused ? 'refused' : 'let in'}: ${why}`, () => {
    assert.equal(refuseRequest({ ...request, ...given }, hosts) !== undefined, refused);
  });
}

const dayMs = 86_400_000;
const session = { role: 'manager', actor: 'person:manager', createdAtMs: 0, expiresAtMs: sessionLifetimeMs } as const;
for (const { why, nowMs, reason } of [
  { why: 'a fresh one is not written again at each request', nowMs: dayMs - 1, reason: 'valid' },
  { why: 'a day later its use prolongs it', nowMs: dayMs, reason: 'renewed' },
  { why: 'so does the last moment', nowMs: 30 * dayMs - 1, reason: 'renewed' },
  { why: 'thirty days unused end it', nowMs: 30 * dayMs, reason: 'expired' },
]) {
  test(`session: ${why}`, () => {
    const verdict = judgeSession(session, nowMs);
    assert.equal(verdict.reason, reason);
    if (verdict.reason === 'renewed') assert.equal(verdict.next.expiresAtMs, nowMs + sessionLifetimeMs);
  });
}

test('ten tries a minute, then none until the minute is over', () => {
  let tries: Tries | undefined;
  const allowed = [];
  for (let n = 0; n < 12; n += 1) {
    const counted = countTry(tries, n);
    tries = counted.next;
    allowed.push(counted.allowed);
  }
  assert.deepEqual(allowed, [...Array(10).fill(true), false, false]);
  assert.equal(countTry(tries, 60_000).allowed, true);
  assert.equal(countTry(tries, -5_000).allowed, true, 'a clock set back does not lock anybody out');
});
