import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { webhookMessageSchema } from '../../../../contract/src/webhook-message.ts';
import { messageFor, type ToldChange, testMessage } from './messages.ts';

const page = { baseUrl: 'http://127.0.0.1:4400/' };
const effectiveAtMs = Date.UTC(2026, 9, 14, 9, 14);
const service = {
  serviceId: 'chatwoot-worker',
  title: 'Chatwoot worker',
  criticality: 'P1',
  ability: 'Chat replies',
} as const;

const change = (
  lastKnown: Status | undefined,
  from: Status,
  to: Status,
  more: Partial<ToldChange> = {},
): ToldChange => ({
  serviceId: 'chatwoot-worker',
  lastKnown,
  from,
  to,
  reason: to === 'up' ? 'recovered' : 'worst-check',
  evidence: { check: 'Page answers', status: to, why: 'Answered 503, expected 200' },
  effectiveAtMs,
  decidedAtMs: effectiveAtMs + 60_000,
  ...more,
});

for (const { why, lastKnown, from, to, told } of [
  { why: 'a service that is up at first is no news', lastKnown: undefined, from: 'unknown', to: 'up', told: false },
  { why: 'one that is down at first is', lastKnown: undefined, from: 'unknown', to: 'down', told: true },
  { why: 'a first degraded is shown only', lastKnown: undefined, from: 'unknown', to: 'degraded', told: false },
  { why: 'it broke', lastKnown: 'up', from: 'up', to: 'down', told: true },
  { why: 'it got worse', lastKnown: 'degraded', from: 'degraded', to: 'down', told: true },
  { why: 'it got better but not well', lastKnown: 'down', from: 'down', to: 'degraded', told: true },
  { why: 'it recovered', lastKnown: 'down', from: 'down', to: 'up', told: true },
  { why: 'not knowing pages nobody', lastKnown: 'up', from: 'up', to: 'unknown', told: false },
  { why: 'nor does maintenance', lastKnown: 'up', from: 'up', to: 'maintenance', told: false },
  {
    why: 'up after not knowing is no news to who was told up',
    lastKnown: 'up',
    from: 'unknown',
    to: 'up',
    told: false,
  },
  { why: 'but it is to who was told down', lastKnown: 'down', from: 'unknown', to: 'up', told: true },
  { why: 'down again after not knowing was told', lastKnown: 'down', from: 'unknown', to: 'down', told: false },
  { why: 'down after maintenance is told', lastKnown: 'up', from: 'maintenance', to: 'down', told: true },
] as const) {
  test(why, () => {
    const outgoing = messageFor(change(lastKnown, from, to), service, page);
    assert.equal(outgoing !== undefined, told);
    if (outgoing === undefined) return;
    webhookMessageSchema.parse(outgoing.message);
    assert.equal(outgoing.message.data.from, lastKnown ?? from, 'from is what was told before');
  });
}

for (const { why, to, of, title } of [
  {
    why: 'in shop words where there are some',
    to: 'down',
    of: service,
    title: 'Chat replies stopped: Chatwoot worker is down since 09:14 UTC',
  },
  {
    why: 'by its name where there are none',
    to: 'down',
    of: { ...service, ability: undefined },
    title: 'Chatwoot worker is down since 09:14 UTC',
  },
  {
    why: 'good news too',
    to: 'up',
    of: service,
    title: 'Chat replies recovered: Chatwoot worker is up again since 09:14 UTC',
  },
] as const) {
  test(`title ${why}`, () => {
    const outgoing = messageFor(change(to === 'up' ? 'down' : 'up', 'unknown', to), of, page)!;
    assert.equal(outgoing.message.data.title, title);
  });
}

test('the next step names the failing check, what it saw, and where to look', () => {
  const { data } = messageFor(change('up', 'up', 'down'), service, page)!.message;
  assert.equal(
    data.nextStep,
    'Open http://127.0.0.1:4400/services/chatwoot-worker and look at the check “Page answers”, which is failing: ' +
      'answered 503, expected 200',
  );
  assert.equal(data.link, 'http://127.0.0.1:4400/services/chatwoot-worker');
});

test('a change known only on the next day names the day it began', () => {
  const late = change('up', 'up', 'down', { decidedAtMs: effectiveAtMs + 20 * 3_600_000 });
  const { data } = messageFor(late, { ...service, ability: undefined }, page)!.message;
  assert.equal(data.title, 'Chatwoot worker is down since 2026-10-14 09:14 UTC');
  assert.match(data.nextStep, /It began 1200 min before it was known$/);
});

test('deciding the same change again makes the same key, another change another', () => {
  const idOf = (one: ToldChange) => messageFor(one, service, page)!.messageId;
  const one = change('up', 'up', 'down');
  assert.equal(idOf(one), idOf({ ...one }));
  assert.notEqual(idOf(one), idOf({ ...one, decidedAtMs: one.decidedAtMs + 1 }));
});

test('a test message is valid and marked as one', () => {
  const { message, messageId } = testMessage('desk', 'abc', effectiveAtMs, page);
  assert.equal(webhookMessageSchema.parse(message).type, 'channel.test');
  assert.match(messageId, /^msg_/);
});

for (const { why, to, status, title, nextStep } of [
  {
    why: 'what it needs is down too, and is looked at first',
    to: 'down',
    status: 'down',
    title: 'Chat replies stopped: Chatwoot worker is down since 09:14 UTC; Redis, which it needs, is down too',
    nextStep: /^Look at Redis first: http:\/\/127\.0\.0\.1:4400\/services\/redis\. Then: open http/,
  },
  {
    why: 'what it needs works, and is not mentioned',
    to: 'down',
    status: 'up',
    title: 'Chat replies stopped: Chatwoot worker is down since 09:14 UTC',
    nextStep: /^Open http/,
  },
  {
    why: 'it is up again whatever else is',
    to: 'up',
    status: 'down',
    title: 'Chat replies recovered: Chatwoot worker is up again since 09:14 UTC',
    nextStep: /^Nothing to do for it/,
  },
] as const) {
  test(`a message: ${why}`, () => {
    const needs = [{ serviceId: 'redis', title: 'Redis', status }];
    const { data } = messageFor(change(to === 'up' ? 'down' : 'up', 'unknown', to), service, page, needs)!.message;
    assert.equal(data.title, title);
    assert.match(data.nextStep, nextStep);
  });
}
