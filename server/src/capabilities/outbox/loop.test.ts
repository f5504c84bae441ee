import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { type MemoryStore, openMemoryStore } from '../../../../testkit/memory-store.ts';
import { verifySignature, WebhookReceiver } from '../../../../testkit/webhook-receiver.ts';
import { PitwallError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { systemClock } from '../../platform/clock.ts';
import { createNetwork } from '../../platform/resolver.ts';
import { openSqliteStore } from '../../storage/sqlite/sqlite-store.ts';
import type { Store } from '../../storage/store.ts';
import { verifyLedger } from '../ledger/api.ts';
import type { ResolvedChannel } from './channels/channel.ts';
import { defaultPolicy, type RetryPolicy } from './domain.ts';
import { type FinishedMessage, type Outbox, startOutbox } from './loop.ts';
import { messageFor, type OutgoingMessage } from './messages.ts';
import { claim, enqueueMessages, releaseAfterCrash } from './store.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const quick: RetryPolicy = {
  ...defaultPolicy,
  firstDelayMs: 4,
  longestDelayMs: 8,
  slowFirstDelayMs: 8,
  slowLongestDelayMs: 16,
  longestRetryAfterMs: 16,
  longestHoldMs: 4,
};

let decidedAtMs = 1_791_969_240_000;
function message(serviceId: string, to: Status = 'down'): OutgoingMessage {
  decidedAtMs += 1;
  const lastKnown = to === 'down' ? 'up' : 'down';
  return messageFor(
    { serviceId, lastKnown, from: lastKnown, to, reason: 'recovered', evidence: {}, effectiveAtMs: 0, decidedAtMs },
    { serviceId, title: serviceId, criticality: 'P1', ability: undefined },
    { baseUrl: 'http://127.0.0.1:4400' },
  )!;
}

function channel(channelId: string, url: string): ResolvedChannel {
  const settings = { url, secret: new Secret(secret) };
  return { channelId, kind: 'webhook', origin: 'config', shownTarget: '', missing: [], settings };
}

interface Rig<S extends Store> extends AsyncDisposable {
  readonly store: S;
  readonly outbox: Outbox;
  readonly fatal: unknown[];
  readonly finished: FinishedMessage[];
  channels: ResolvedChannel[];
  enqueue(...messages: OutgoingMessage[]): Promise<void>;
  /** Resolves once so many messages are finished in all. */
  done(count: number): Promise<void>;
  rows(): Promise<{ state: string; attempts: number; possible_repeat: number; last_error: string | null }[]>;
}

function startRig(
  channels: ResolvedChannel[],
  store?: MemoryStore,
  timeoutMs?: number,
  policy?: RetryPolicy,
): Rig<MemoryStore> {
  return startRigOn(store ?? openMemoryStore(), channels, timeoutMs, policy);
}

function startRigOn<S extends Store>(
  store: S,
  channels: ResolvedChannel[],
  timeoutMs = 1_000,
  policy: RetryPolicy = quick,
): Rig<S> {
  const finished: FinishedMessage[] = [];
  const fatal: unknown[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const network = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
  const rig = { channels } as { channels: ResolvedChannel[] };
  const outbox = startOutbox({
    store,
    clock: systemClock,
    random: { ratio: () => 0.5 },
    networkOf: () => network,
    channels: () => rig.channels,
    policy,
    timeoutMs,
    onFatal: (error) => fatal.push(error),
    onFinished(told) {
      finished.push(told);
      for (const one of waiting) if (finished.length >= one.count) one.resolve();
    },
  });
  return Object.assign(rig, {
    store,
    outbox,
    fatal,
    finished,
    async enqueue(...messages: OutgoingMessage[]) {
      const ids = rig.channels.map(({ channelId }) => channelId);
      await store.write((tx) => enqueueMessages(tx, messages, ids, systemClock.nowMs()));
      outbox.wake();
    },
    done: (count: number) =>
      finished.length >= count
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            waiting.push({ count, resolve });
          }),
    rows: () =>
      store.read
        .selectFrom('outbox')
        .select(['state', 'attempts', 'possible_repeat', 'last_error'])
        .orderBy('id')
        .execute(),
    async [Symbol.asyncDispose]() {
      await outbox.stop();
      assert.deepEqual(fatal, []);
    },
  });
}

test('a message arrives signed, once, and the ledger says so', async () => {
  await using receiver = await WebhookReceiver.start();
  await using rig = startRig([channel('desk', receiver.url)]);
  const outgoing = message('shop');
  await rig.enqueue(outgoing);
  await rig.done(1);
  const [request] = receiver.requests;
  verifySignature(request!, secret);
  assert.equal(request!.headers['webhook-id'], outgoing.messageId);
  assert.deepEqual(request!.message, outgoing.message);
  const [row] = await rig.rows();
  assert.deepEqual({ ...row }, { state: 'delivered', attempts: 1, possible_repeat: 0, last_error: null });
  const entry = await rig.store.read.selectFrom('ledger').select('meta').executeTakeFirstOrThrow();
  assert.equal(JSON.parse(entry.meta).kind, 'message.delivered');
});

test('what is enqueued twice is sent once', async () => {
  await using receiver = await WebhookReceiver.start();
  await using rig = startRig([channel('desk', receiver.url)]);
  const outgoing = message('shop');
  await rig.enqueue(outgoing, outgoing);
  await rig.enqueue(outgoing, message('other'));
  await rig.done(2);
  assert.equal(receiver.requests.length, 2);
});

test('the row is marked as in flight, in a commit of its own, before the receiver hears anything', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script('hang');
  await using rig = startRig([channel('desk', receiver.url)], openMemoryStore(), 200);
  await rig.enqueue(message('shop'));
  await receiver.received(1);
  const row = await rig.store.read.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
  assert.equal(row.attempts, 1);
  assert.notEqual(row.in_flight_since_ms, null);
  await rig.done(1);
});

for (const { why, behaviours, repeats } of [
  {
    why: 'after errors that were answered, no repeat is possible',
    behaviours: [500, 503],
    repeats: [false, false, false],
  },
  { why: 'after a reset, the next says it may be a repeat', behaviours: ['reset'], repeats: [false, true] },
  { why: 'and so does every one after it', behaviours: ['reset', 500], repeats: [false, true, true] },
  { why: 'after silence too', behaviours: ['hang'], repeats: [false, true] },
] as const) {
  test(why, async () => {
    await using receiver = await WebhookReceiver.start();
    receiver.script(...behaviours);
    await using rig = startRig([channel('desk', receiver.url)], openMemoryStore(), 100);
    await rig.enqueue(message('shop'));
    await rig.done(1);
    assert.deepEqual(
      receiver.requests.map((request) => request.message.data.possibleRepeat),
      repeats,
    );
    const ids = new Set(receiver.requests.map((request) => request.headers['webhook-id']));
    assert.equal(ids.size, 1, 'one idempotency key for all attempts');
    for (const request of receiver.requests) verifySignature(request, secret);
  });
}

test('Pitwall died in mid-flight: the message goes out again and says “possible repeat”', async () => {
  await using receiver = await WebhookReceiver.start();
  const store = openMemoryStore();
  await store.write((tx) => enqueueMessages(tx, [message('shop'), message('other')], ['desk'], 0));
  await store.write((tx) => claim(tx, 1, 5));
  await using rig = startRig([channel('desk', receiver.url)], store);
  await rig.done(2);
  assert.deepEqual(
    receiver.requests.map(({ message: { data } }) => [data.serviceId, data.possibleRepeat]),
    [
      ['shop', true],
      ['other', false],
    ],
  );
});

test('“up” waits for the “down” before it; another service does not', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script(400);
  const patient = { ...quick, slowFirstDelayMs: 60_000, slowLongestDelayMs: 60_000 };
  await using rig = startRig([channel('desk', receiver.url)], undefined, undefined, patient);
  await rig.enqueue(message('shop', 'down'), message('shop', 'up'), message('search', 'down'));
  await rig.done(1);
  assert.deepEqual(
    receiver.requests.map(({ message: { data } }) => `${data.serviceId} ${data.to}`),
    ['shop down', 'search down'],
  );
  assert.deepEqual(
    (await rig.rows()).map(({ state, attempts }) => [state, attempts]),
    [
      ['pending', 1],
      ['pending', 0],
      ['delivered', 1],
    ],
  );
});

test('once the “down” has arrived after all, the “up” follows', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script(400);
  await using rig = startRig([channel('desk', receiver.url)]);
  await rig.enqueue(message('shop', 'down'), message('shop', 'up'));
  await rig.done(2);
  assert.deepEqual(
    receiver.requests.map(({ message: { data } }) => data.to),
    ['down', 'down', 'up'],
  );
});

test('a channel that hangs does not hold another up', async () => {
  await using slow = await WebhookReceiver.start();
  await using fast = await WebhookReceiver.start();
  slow.script('hang');
  await using rig = startRig([channel('slow', slow.url), channel('fast', fast.url)], openMemoryStore(), 400);
  await rig.enqueue(message('a'), message('b'));
  await rig.done(2);
  assert.deepEqual(
    rig.finished.map(({ channelId }) => channelId),
    ['fast', 'fast'],
  );
  await rig.done(4);
});

test('410 ends it: failed, and the reason stands there', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script(410);
  await using rig = startRig([channel('desk', receiver.url)]);
  await rig.enqueue(message('shop'));
  await rig.done(1);
  const [row] = await rig.rows();
  assert.deepEqual([row!.state, row!.last_error], ['failed', 'Answered 410: it wants no more messages']);
});

test('a removed channel’s messages fail with that reason', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script(500, 500, 500, 500, 500, 500, 500, 500);
  await using rig = startRig([channel('desk', receiver.url)]);
  const committed = Promise.withResolvers<void>();
  await rig.enqueue(message('shop'));
  await receiver.received(2);
  rig.store.onCommit(() => {
    rig.rows().then(([row]) => row?.state === 'failed' && committed.resolve());
  });
  rig.channels = [];
  rig.outbox.wake();
  await committed.promise;
  assert.equal((await rig.rows())[0]!.last_error, 'The channel was removed');
});

test('a channel whose variable is not set keeps its messages until it is', async () => {
  await using receiver = await WebhookReceiver.start();
  const ready = channel('desk', receiver.url);
  await using rig = startRig([{ ...ready, missing: ['DESK_SECRET'], settings: undefined }]);
  await rig.enqueue(message('shop'));
  assert.equal((await rig.rows())[0]!.state, 'pending');
  rig.channels = [ready];
  rig.outbox.wake();
  await rig.done(1);
});

test('with a full disk messages go out marked, and are recorded when there is room', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script(500);
  await using rig = startRig([channel('desk', receiver.url)]);
  await rig.enqueue(message('before'));
  await rig.done(1);
  rig.store.failWrites(new PitwallError('store-full', 'The disk is full'));
  const outgoing = message('shop');
  rig.outbox.sendUnrecorded([outgoing]);
  rig.outbox.sendUnrecorded([outgoing]);
  await rig.done(2);
  assert.deepEqual(
    receiver.requests.slice(2).map(({ message: { data } }) => [data.serviceId, data.unrecorded, data.possibleRepeat]),
    [['shop', true, false]],
  );
  assert.equal(rig.outbox.unrecordedCount(), 1);
  rig.store.failWrites(undefined);
  await rig.store.write((tx) => rig.outbox.enqueueSent(tx, [outgoing]));
  assert.equal((await rig.rows())[1]!.state, 'delivered', 'a crash from here on must not send it again');
  await rig.outbox.stop();
  assert.equal(rig.outbox.unrecordedCount(), 0);
  assert.deepEqual(
    (await rig.rows()).map(({ state, attempts }) => [state, attempts]),
    [
      ['delivered', 2],
      ['delivered', 1],
    ],
  );
  const metas = await rig.store.read.selectFrom('ledger').select('meta').orderBy('seq').execute();
  assert.deepEqual(
    metas.map(({ meta }) => JSON.parse(meta).kind),
    ['message.delivered', 'message.recorded-late'],
  );
  assert.equal((await verifyLedger(rig.store.read)).ok, true);
});

test('one that has not arrived yet counts as possibly repeated from the commit of its change on', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script('hang');
  await using rig = startRig([channel('desk', receiver.url)]);
  rig.store.failWrites(new PitwallError('store-full', 'The disk is full'));
  const outgoing = message('shop');
  rig.outbox.sendUnrecorded([outgoing]);
  await receiver.received(1);
  rig.outbox.wake();
  rig.store.failWrites(undefined);
  assert.equal((await rig.rows()).length, 0, 'nothing is written down before the change it tells of');
  await rig.store.write((tx) => rig.outbox.enqueueSent(tx, [outgoing]));
  await rig.store.write(releaseAfterCrash);
  assert.deepEqual(
    (await rig.rows()).map(({ state, possible_repeat }) => [state, possible_repeat]),
    [['pending', 1]],
  );
});

test('what a message from memory overtook is not sent again by a crash right after it is recorded', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script('hang');
  await using rig = startRig([channel('desk', receiver.url)], openMemoryStore(), 100);
  await rig.enqueue(message('shop'));
  await receiver.received(1);
  rig.store.failWrites(new PitwallError('store-full', 'The disk is full'));
  const later = message('shop', 'up');
  rig.outbox.sendUnrecorded([later]);
  await rig.done(1);
  rig.store.failWrites(undefined);
  await rig.store.write(async (tx) => {
    await rig.outbox.enqueueSent(tx, [later]);
    await releaseAfterCrash(tx);
  });
  assert.deepEqual(
    (await rig.rows()).map(({ state }) => state),
    ['failed', 'delivered'],
  );
  await rig.done(2);
  assert.equal((await verifyLedger(rig.store.read)).chains[0]!.entries, 2, 'each is in the ledger once');
});

test('an outcome that could not be written is written before anything else leaves', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script('hang');
  await using rig = startRig([channel('desk', receiver.url)], openMemoryStore(), 100);
  await rig.enqueue(message('shop'), message('search'));
  await receiver.received(1);
  rig.store.failWrites(new PitwallError('store-full', 'The disk is full'));
  await receiver.closed(1);
  rig.store.failWrites(undefined);
  await rig.done(2);
  const shop = receiver.requests.filter((request) => request.message.data.serviceId === 'shop');
  assert.deepEqual(
    shop.map(({ message: { data } }) => data.possibleRepeat),
    [false, true],
  );
});

test('no secret of a channel gets into the store beside its own settings', async () => {
  await using receiver = await WebhookReceiver.start();
  receiver.script('reset', 500, 302, 410);
  await using rig = startRig([channel('desk', receiver.url)]);
  await rig.enqueue(message('shop'));
  await rig.done(1);
  const everything = JSON.stringify([
    await rig.store.read.selectFrom('outbox').selectAll().execute(),
    await rig.store.read.selectFrom('ledger').selectAll().execute(),
    await rig.store.read.selectFrom('ledger_body').selectAll().execute(),
  ]);
  for (const text of [secret, 'secret-path', 'secret-key']) assert.ok(!everything.includes(text), text);
});

test('on the real engine: two hundred messages over two channels, each once, and the ledger verifies', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pitwall-outbox-'));
  t.after(() => rm(dataDir, { recursive: true }));
  const store = await openSqliteStore({ dataDir, clock: systemClock, ballastBytes: 0 });
  {
    await using one = await WebhookReceiver.start();
    await using two = await WebhookReceiver.start();
    two.script(500, 'reset', 503);
    await using rig = startRigOn(store, [channel('one', one.url), channel('two', two.url)]);
    await rig.enqueue(
      ...Array.from({ length: 100 }, (_, n) => message(`service-${n % 10}`, n % 20 < 10 ? 'down' : 'up')),
    );
    await rig.done(200);
    const perService = Map.groupBy(one.requests, (request) => request.message.data.serviceId);
    for (const requests of perService.values()) {
      const told = requests.map((request) => request.message.data.decidedAtMs);
      assert.deepEqual(
        told,
        [...told].sort((a, b) => a - b),
      );
    }
    assert.equal(new Set(one.requests.map((request) => request.headers['webhook-id'])).size, 100);
    assert.equal(one.requests.length, 100);
    assert.equal(two.requests.length, 103);
    assert.deepEqual(
      (await verifyLedger(store.read)).chains.map(({ entries }) => entries),
      [200],
    );
  }
  await store.close();
});
