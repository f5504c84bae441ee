/** What every kind of channel must do; a new kind joins by naming its settings and its secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { WebhookMessage } from '../contract/src/webhook-message.ts';
import type { ChannelKind } from '../server/src/capabilities/outbox/channels/channel.ts';
import type { AttemptResult } from '../server/src/capabilities/outbox/domain.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import { createNetwork } from '../server/src/platform/resolver.ts';
import { type Behaviour, type ReceivedRequest, WebhookReceiver } from './webhook-receiver.ts';

export interface ChannelUnderTest<S> {
  readonly kind: ChannelKind<S>;
  /** Settings that lead to the receiver's URL. */
  readonly settingsFor: (url: string) => S;
  /** Texts that must never be seen in a result. */
  readonly secrets: readonly string[];
  /** The idempotency key as the other side sees it. */
  readonly keyOf: (request: ReceivedRequest) => unknown;
}

const message: WebhookMessage = {
  type: 'service.changed',
  timestamp: '2026-10-14T09:14:00.000Z',
  data: {
    title: 'Chat replies stopped: Chatwoot worker is down since 09:14 UTC',
    serviceId: 'chatwoot-worker',
    service: 'Chatwoot worker',
    criticality: 'P1',
    from: 'up',
    to: 'down',
    reason: 'worst-check',
    sentence: 'Page answers is down: Answered 503, expected 200',
    effectiveAtMs: 1_791_969_240_000,
    decidedAtMs: 1_791_969_300_000,
    nextStep: 'Open the page',
    link: 'http://127.0.0.1:4400/services/chatwoot-worker',
    possibleRepeat: false,
    unrecorded: false,
  },
};

const answers: readonly { why: string; behaviour: Behaviour; expected: Partial<AttemptResult> }[] = [
  { why: 'a 2xx is an answer', behaviour: 204, expected: { outcome: 'answered', status: 204 } },
  { why: 'a 500 is an answer: it was not taken', behaviour: 500, expected: { outcome: 'answered', status: 500 } },
  { why: 'a 410 is an answer', behaviour: 410, expected: { outcome: 'answered', status: 410 } },
  {
    why: 'Retry-After in seconds is handed on',
    behaviour: { status: 429, headers: { 'retry-after': '7' } },
    expected: { outcome: 'answered', status: 429, retryAfterMs: 7_000 },
  },
  {
    why: 'a redirect is not followed, since the next address was not checked',
    behaviour: 'redirect',
    expected: { outcome: 'answered', status: 302 },
  },
  {
    why: 'a reset after reading may have been a delivery',
    behaviour: 'reset',
    expected: { outcome: 'unclear' },
  },
  {
    why: 'a body without an end does not hold the channel up',
    behaviour: 'endless',
    expected: { outcome: 'answered', status: 200 },
  },
  {
    why: 'the status counts although the rest of the answer never comes',
    behaviour: 'stalled-body',
    expected: { outcome: 'answered', status: 200 },
  },
  { why: 'silence until the time is up is unclear', behaviour: 'hang', expected: { outcome: 'unclear' } },
];

/** For receivers that answer, on a busy machine too; and for those that never do. */
const patientMs = 20_000;
const impatientMs = 300;

/** Registers the tests of one kind of channel. */
export function testChannel<S>({ kind, settingsFor, secrets, keyOf }: ChannelUnderTest<S>): void {
  const open = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
  const send = (url: string, network = open, messageId = 'msg_1', timeoutMs = patientMs) =>
    kind.send(settingsFor(url), { messageId, message }, { clock: systemClock, network, timeoutMs });
  const assertNoSecret = (result: AttemptResult) => {
    const seen = inspect(result, { depth: 9 }) + JSON.stringify(result);
    for (const secret of secrets) assert.ok(!seen.includes(secret), `the result shows a secret: ${seen}`);
  };

  for (const { why, behaviour, expected } of answers) {
    test(`${kind.kind}: ${why}`, async () => {
      await using receiver = await WebhookReceiver.start();
      receiver.script(behaviour);
      const timeoutMs = expected.outcome === 'unclear' ? impatientMs : patientMs;
      const result = await send(receiver.url, open, 'msg_1', timeoutMs);
      assert.deepEqual({ ...result, ...expected }, result);
      assertNoSecret(result);
      assert.equal(receiver.requests.length, 1);
      // Its sockets are freed with the result, not by the other side.
      await receiver.closed(1);
    });
  }

  test(`${kind.kind}: a refused connection handed nothing over`, async () => {
    const receiver = await WebhookReceiver.start();
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    const result = await send(url);
    assert.equal(result.outcome, 'unsent');
    assertNoSecret(result);
  });

  test(`${kind.kind}: an address that the policy forbids is not dialled`, async () => {
    await using receiver = await WebhookReceiver.start();
    const guarded = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
    const result = await send(receiver.url, guarded);
    assert.equal(result.outcome, 'unsent');
    assertNoSecret(result);
    assert.equal(receiver.requests.length, 0);
  });

  test(`${kind.kind}: a name that does not exist is named, without the rest of the address`, async () => {
    const result = await send('http://no-such-host.invalid/hooks/secret-path?key=secret-key');
    assert.equal(result.outcome, 'unsent');
    assertNoSecret(result);
  });

  test(`${kind.kind}: the idempotency key is the same on each attempt and differs between messages`, async () => {
    await using receiver = await WebhookReceiver.start();
    receiver.script(500, 204, 204);
    await send(receiver.url);
    await send(receiver.url);
    await send(receiver.url, open, 'msg_2');
    const [first, second, third] = receiver.requests.map(keyOf);
    assert.equal(first, second);
    assert.notEqual(first, third);
  });

  test(`${kind.kind}: settings under inspection show no secret`, () => {
    const seen = inspect(settingsFor('http://127.0.0.1:1/'), { depth: 9 });
    assert.ok(!secrets.some((secret) => seen.includes(secret)), seen);
  });
}
