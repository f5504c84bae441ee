import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CallContext } from '../../../../contract/src/handlers.ts';
import {
  channelsCreate,
  channelsList,
  channelsTest,
  messagesList,
} from '../../../../contract/src/operations/channels.ts';
import { openMemoryStore } from '../../../../testkit/memory-store.ts';
import { PitwallError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { systemClock, systemRandom } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import { createNetwork } from '../../platform/resolver.ts';
import { openSealingKey } from '../../platform/sealing-key.ts';
import { mostPageChannels, openChannelBook } from './channel-book.ts';
import { readToldFigures } from './figures.ts';
import { outboxHandlers } from './ops.ts';

const manager = { caller: { role: 'manager', actor: 'person:manager' } } as unknown as CallContext;

const keyFolder = await mkdtemp(join(tmpdir(), 'pitwall-channels-'));
after(() => rm(keyFolder, { recursive: true }));
const key = await openSealingKey(join(keyFolder, 'secret.key'));

const network = createNetwork({ allowPrivate: false, allow: ['192.168.7.0/24'] }, systemClock);

async function setUp(pageNetwork: Network = network) {
  const store = openMemoryStore();
  const book = await openChannelBook(store, key);
  let woken = 0;
  /** What the attempt of the next test message comes to. */
  const attempt = { state: 'pending' as 'pending' | 'delivered', last_error: null as string | null };
  const handlers = outboxHandlers({
    store,
    book,
    outbox: {
      wake: () => (woken += 1),
      tryNow: async (messageId) => {
        await store.write((tx) =>
          tx.db.updateTable('outbox').set(attempt).where('message_id', '=', messageId).execute(),
        );
      },
    },
    pageNetwork: () => pageNetwork,
    random: systemRandom,
    nowMs: () => 1_000,
    baseUrl: () => 'http://127.0.0.1:4400',
    onChanged: () => {},
  });
  return { store, book, handlers, attempt, woken: () => woken };
}

test('a channel made on the page shows its secret once, its origin ever after, and nothing of its path', async () => {
  const { handlers, book, store } = await setUp();
  const created = await handlers['channels.create']({ url: 'https://93.184.216.34/hooks/T0/secret-path' }, manager);
  assert.match(channelsCreate.output.parse(created).secret!, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const listed = channelsList.output.parse(await handlers['channels.list']({}, manager));
  assert.equal(listed.channels[0]!.target, 'https://93.184.216.34');
  const tables = [store.read.selectFrom('ledger_body'), store.read.selectFrom('resource')];
  const stored = await Promise.all(tables.map((table) => table.selectAll().execute()));
  const shown = JSON.stringify([listed, book.all().map(({ settings: _, ...others }) => others), stored]);
  for (const text of [created.secret!, 'secret-path']) assert.ok(!shown.includes(text), shown);
  const reopened = (await openChannelBook(store, key)).all()[0]!.settings as { secret: Secret };
  assert.equal(reopened.secret.reveal(), created.secret);
});

test('an address of Slack makes a channel of its kind, without a secret of ours; the address stays hidden', async () => {
  const store = openMemoryStore();
  const book = await openChannelBook(store, key);
  const url = 'https://hooks.slack.com/services/T0/B0/secret-path';
  await store.write((tx) => book.put(tx, 'chat', { kind: 'slack', url, secret: undefined }, 1));
  const [chat] = (await openChannelBook(store, key)).all();
  assert.deepEqual([chat!.kind, chat!.shownTarget], ['slack', 'https://hooks.slack.com']);
  assert.equal((chat!.settings as { url: Secret }).url.reveal(), url);
  assert.ok(!JSON.stringify(chat).includes('secret-path'));
});

test('an address of Slack that takes no such messages is refused with what is needed', async () => {
  const { handlers } = await setUp();
  await assert.rejects(
    handlers['channels.create']({ url: 'https://hooks.slack.com/triggers/T0/1/x' }, manager),
    (error) => error instanceof PitwallError && error.code === 'invalid-input' && /Incoming Webhook/.test(error.hint!),
  );
});

for (const { why, url, code } of [
  { why: 'this machine', url: 'http://127.0.0.1:9000/', code: 'address-not-allowed' },
  { why: 'this machine, as IPv6', url: 'http://[::1]:9000/', code: 'address-not-allowed' },
  { why: 'the network at home', url: 'http://192.168.1.10/', code: 'address-not-allowed' },
  { why: 'a cloud’s metadata', url: 'http://169.254.169.254/latest', code: 'address-not-allowed' },
]) {
  test(`a channel of the page may not lead to ${why}`, async () => {
    const { handlers, book } = await setUp();
    await assert.rejects(
      handlers['channels.create']({ url }, manager),
      (error) => error instanceof PitwallError && error.code === code,
    );
    assert.equal(book.all().length, 0);
  });
}

test('an address that nothing allows is not hinted to be allowed', async () => {
  const { handlers } = await setUp();
  const hintOf = async (url: string): Promise<string | undefined> => {
    const fault = await handlers['channels.create']({ url }, manager).then(undefined, (error: unknown) => error);
    return (fault as PitwallError).hint;
  };
  assert.match((await hintOf('http://169.254.1.7/hook')) ?? '', /^No setting allows these/);
  assert.match((await hintOf('http://192.168.1.10/hook')) ?? '', /server\.allowAddresses/);
});

test('a test says what came of it, and a channel that did not get it is not counted among those that would be told', async () => {
  const { handlers, attempt, store } = await setUp();
  const { channelId } = await handlers['channels.create']({ url: 'https://93.184.216.34/hook' }, manager);
  const counts = async () => {
    const { channels, failingChannels } = await readToldFigures(store.read, [channelId], [channelId], 1_000);
    return [channels, failingChannels];
  };
  attempt.last_error = 'Answered 500';
  const failed = channelsTest.output.parse(await handlers['channels.test']({ channelId }, manager));
  assert.deepEqual([failed.state, failed.lastError], ['pending', 'Answered 500']);
  assert.deepEqual(await counts(), [0, 1]);
  Object.assign(attempt, { state: 'delivered', last_error: null });
  const arrived = await handlers['channels.test']({ channelId }, manager);
  assert.equal(arrived.state, 'delivered');
});

test('a channel of the page may not bear a name that leads to this machine, and the refusal says where it leads', async () => {
  const { handlers, book } = await setUp();
  await assert.rejects(handlers['channels.create']({ url: 'http://localhost:9000/hook' }, manager), (error) => {
    assert.ok(error instanceof PitwallError);
    assert.equal(error.code, 'address-not-allowed');
    assert.match(error.message, /localhost, which leads to (127\.0\.0\.1|::1): addresses of this machine/);
    assert.match(error.hint!, /server\.allowAddresses/);
    return true;
  });
  assert.equal(book.all().length, 0);
});

test('nor one that leads here by one of its addresses alone', async () => {
  const { handlers, book } = await setUp({
    ...network,
    // What `createNetwork` finds of such a name is tested beside it.
    resolve: async () => ({
      address: '93.184.216.34',
      family: 4,
      alsoForbidden: { address: '10.0.0.7', rule: 'private addresses are not allowed here' },
    }),
  });
  await assert.rejects(handlers['channels.create']({ url: 'https://two-faced.example/' }, manager), {
    code: 'address-not-allowed',
    message:
      'Pitwall may not send to two-faced.example, which leads to 10.0.0.7: private addresses are not allowed here',
  });
  assert.equal(book.all().length, 0);
});

test('a name that is not there today is taken: it may be there tomorrow', async () => {
  const { handlers, book } = await setUp();
  await handlers['channels.create']({ url: 'https://no-such-host.invalid/hook' }, manager);
  assert.equal(book.all().length, 1);
});

test('an address of one’s own network that the file allows is fine', async () => {
  const { handlers } = await setUp();
  const { channelId } = await handlers['channels.create']({ url: 'http://192.168.7.20/hook' }, manager);
  assert.equal(channelId, '192-168-7-20');
});

test('the same address twice is a conflict', async () => {
  const { handlers } = await setUp();
  const url = 'https://93.184.216.34/hook';
  await handlers['channels.create']({ url }, manager);
  await assert.rejects(handlers['channels.create']({ url }, manager), { code: 'conflict' });
  const other = await handlers['channels.create']({ url: `${url}/2` }, manager);
  assert.equal(other.channelId, '93-184-216-34-2');
});

test('as many channels as there may be, also where the requests come at once; one removed makes room', async () => {
  const { handlers, book } = await setUp();
  const create = (n: number) => handlers['channels.create']({ url: `https://93.184.216.34/hook/${n}` }, manager);
  for (let n = 1; n < mostPageChannels; n += 1) await create(n);
  const ends = await Promise.allSettled([create(101), create(102), create(103)]);
  const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as PitwallError] : []));
  assert.deepEqual(refused.map((error) => error.code).sort(), ['limit-reached', 'limit-reached']);
  assert.match(refused[0]!.message, new RegExp(`^${mostPageChannels} channels`));
  assert.match(refused[0]!.hint!, /Remove some.*pitwall\.yaml/);
  assert.equal(book.all().length, mostPageChannels);
  await handlers['channels.remove']({ channelId: book.all()[0]!.channelId }, manager);
  await create(104);
});

test('what the file declares is removed there, what the page made here', async () => {
  const { handlers, book, woken } = await setUp();
  const settings = { url: 'https://198.51.100.9/', secret: new Secret('sixteen characters') };
  book.configure([{ channelId: 'ops', kind: 'webhook', shownTarget: 'https://198.51.100.9', missing: [], settings }]);
  await assert.rejects(handlers['channels.remove']({ channelId: 'ops' }, manager), { code: 'read-only' });
  await assert.rejects(handlers['channels.remove']({ channelId: 'nobody' }, manager), { code: 'not-found' });
  const { channelId } = await handlers['channels.create']({ url: 'https://93.184.216.34/hook' }, manager);
  await handlers['channels.remove']({ channelId }, manager);
  assert.deepEqual(
    book.all().map((channel) => channel.channelId),
    ['ops'],
  );
  assert.equal(woken(), 2);
});

test('a test message waits in the outbox and is listed', async () => {
  const { handlers, store } = await setUp();
  const { channelId } = await handlers['channels.create']({ url: 'https://93.184.216.34/hook' }, manager);
  const { messageId } = await handlers['channels.test']({ channelId }, manager);
  const { messages } = messagesList.output.parse(await handlers['messages.list']({ limit: 50 }, manager));
  assert.deepEqual([messages[0]!.messageId, messages[0]!.state], [messageId, 'pending']);
  const { channels } = await handlers['channels.list']({}, manager);
  assert.equal(channels[0]!.pending, 1);
  assert.deepEqual(await readToldFigures(store.read, [channelId], [channelId], 1_000), {
    channels: 1,
    failingChannels: 0,
    failedMessages: 0,
    delivered: new Map(),
  });
});

test('a channel that fails says so though its newest message only waits, and one that was removed is no trouble', async () => {
  const { handlers, store } = await setUp();
  const { channelId } = await handlers['channels.create']({ url: 'https://93.184.216.34/hook' }, manager);
  for (let n = 0; n < 3; n += 1) await handlers['channels.test']({ channelId }, manager);
  await store.write(async (tx) => {
    await tx.db.updateTable('outbox').set({ last_error: 'Answered 400' }).where('id', '=', 2).execute();
    await tx.db.updateTable('outbox').set({ state: 'failed', finished_at_ms: 900 }).where('id', '=', 1).execute();
  });
  const { channels } = await handlers['channels.list']({}, manager);
  assert.equal(channels[0]!.lastError, 'Answered 400');
  assert.equal((await readToldFigures(store.read, [channelId], [channelId], 1_000)).failedMessages, 1);
  assert.equal((await readToldFigures(store.read, [], ['another'], 1_000)).failedMessages, 0);
});

test('a channel whose secret cannot be opened is listed with what is missing, and its messages wait', async () => {
  const { handlers, store } = await setUp();
  await handlers['channels.create']({ url: 'https://93.184.216.34/hook' }, manager);
  const otherKey = await openSealingKey(join(keyFolder, 'other.key'));
  const [channel] = (await openChannelBook(store, otherKey)).all();
  assert.deepEqual(channel!.missing, ['the key that seals its secret']);
  assert.equal(channel!.settings, undefined);
});
