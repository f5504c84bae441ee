/** What every kind of channel must do; a new kind joins by naming its settings and its secrets. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import type { WebhookMessage } from '../contract/src/webhook-message.ts';
import type { ChannelKind } from '../server/src/capabilities/outbox/channels/channel.ts';
import type { AttemptResult } from '../server/src/capabilities/outbox/domain.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import { createNetwork } from '../server/src/platform/resolver.ts';
import { freePort } from './free-port.ts';
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

export const sampleMessage: WebhookMessage = {
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

/** Registers the tests of one kind of channel that posts over HTTP. */
export function testChannel<S>({ kind, settingsFor, secrets, keyOf }: ChannelUnderTest<S>): void {
  const open = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
  const send = (url: string, network = open, messageId = 'msg_1', timeoutMs = patientMs) =>
    kind.send(settingsFor(url), { messageId, message: sampleMessage }, { clock: systemClock, network, timeoutMs });
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
}

export interface SeamUnderTest<S> {
  readonly kind: ChannelKind<S>;
  /** Settings that lead to a host and port. */
  readonly settingsAt: (host: string, port: number) => S;
  /** Texts that must never be seen in a result. */
  readonly secrets: readonly string[];
  /** Those that the settings themselves hide; all of them where left out. */
  readonly sealed?: readonly string[];
}

/** What holds of every kind whatever it speaks: before anything is sent, and of its settings. */
export function testSeam<S>({ kind, settingsAt, secrets, sealed = secrets }: SeamUnderTest<S>): void {
  const open = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
  const send = (host: string, port: number, network = open, signal?: AbortSignal) => {
    const context = {
      clock: systemClock,
      network,
      timeoutMs: impatientMs,
      ...(signal === undefined ? {} : { signal }),
    };
    return kind.send(settingsAt(host, port), { messageId: 'msg_1', message: sampleMessage }, context);
  };
  const assertNoSecret = (seen: string) => {
    for (const secret of secrets) assert.ok(!seen.includes(secret), `a secret is shown: ${seen}`);
  };
  const shown = (value: unknown) => inspect(value, { depth: 9 }) + JSON.stringify(value);

  test(`${kind.kind}: a refused connection handed nothing over`, async () => {
    const result = await send('127.0.0.1', await freePort());
    assert.equal(result.outcome, 'unsent');
    assertNoSecret(shown(result));
  });

  test(`${kind.kind}: an address that the policy forbids is not dialled`, async () => {
    await using peer = await silentPeer();
    const guarded = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
    const result = await send('127.0.0.1', peer.port, guarded);
    assert.equal(result.outcome, 'unsent');
    assertNoSecret(shown(result));
    assert.equal(peer.connections(), 0);
  });

  test(`${kind.kind}: a name that does not exist is named, without the rest of the address`, async () => {
    const result = await send('no-such-host.invalid', 9);
    assert.ok(result.outcome === 'unsent');
    assert.match(result.why, /no-such-host\.invalid/);
    assertNoSecret(shown(result));
  });

  test(`${kind.kind}: a peer that says nothing holds it no longer than the time it was given, and the socket is freed`, async () => {
    await using peer = await silentPeer();
    const result = await send('127.0.0.1', peer.port);
    assert.notEqual(result.outcome, 'answered');
    assertNoSecret(shown(result));
    await peer.allClosed();
  });

  test(`${kind.kind}: Pitwall ends: the attempt is over at once`, async () => {
    await using peer = await silentPeer();
    const ending = new AbortController();
    const sending = send('127.0.0.1', peer.port, open, ending.signal);
    ending.abort();
    assert.notEqual((await sending).outcome, 'answered');
  });

  test(`${kind.kind}: settings under inspection and as JSON show no secret`, () => {
    const seen = shown(settingsAt('127.0.0.1', 1));
    assert.ok(!sealed.some((secret) => seen.includes(secret)), seen);
  });

  test(`${kind.kind}: each secret of it is a key of its schema, and says what it opens`, () => {
    const { properties = {} } = z.toJSONSchema(kind.schema, { io: 'input', unrepresentable: 'any' });
    assert.ok(Object.keys(kind.secrets).length > 0);
    for (const [key, opens] of Object.entries(kind.secrets)) assert.ok(key in properties && opens !== '', key);
  });
}

/** Takes connections and never says a word. */
async function silentPeer() {
  let count = 0;
  const sockets = new Set<Socket>();
  const closed: Promise<void>[] = [];
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => {}).resume();
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    allClosed: async () => {
      await Promise.all(closed);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
