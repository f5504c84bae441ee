import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CallContext } from '../../../../contract/src/handlers.ts';
import { openMemoryStore } from '../../../../testkit/memory-store.ts';
import { PitwallError } from '../../core/errors.ts';
import { type Clock, systemClock, systemRandom } from '../../platform/clock.ts';
import { allowedHostsFor } from './domain.ts';
import { openAccess } from './gate.ts';
import { accessHandlers } from './ops.ts';

async function setUp(store = openMemoryStore()) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pitwall-access-'));
  const time = { nowMs: 1_791_969_240_000, monotonicUs: 0 };
  const clock: Clock = { ...systemClock, nowMs: () => time.nowMs, monotonicUs: () => time.monotonicUs };
  const access = await openAccess({
    store,
    clock,
    random: systemRandom,
    dataDir,
    baseUrl: () => 'http://127.0.0.1:4400',
    allowedHosts: () => allowedHostsFor(4400),
  });
  const pass = (ms: number) => {
    time.nowMs += ms;
    time.monotonicUs += ms * 1_000;
  };
  const [cliToken = '', address] = (await readFile(join(dataDir, 'cli.token'), 'utf8')).split('\n');
  return {
    access,
    store,
    time,
    pass,
    cliToken,
    address,
    file: join(dataDir, 'cli.token'),
    async [Symbol.asyncDispose]() {
      await rm(dataDir, { recursive: true });
    },
  };
}

const tokenOf = (url: string) => url.split('#token=')[1]!;
const session = (sessionToken: string) => ({ sessionToken, bearer: undefined });

test('a start link logs in once', async () => {
  await using rig = await setUp();
  const { url } = rig.access.startLink();
  assert.match(url, /^http:\/\/127\.0\.0\.1:4400\/#token=[\w-]{43}$/);
  const { token } = await rig.access.redeem(tokenOf(url), 'here');
  assert.deepEqual(await rig.access.authenticate(session(token)), { role: 'manager', actor: 'person:manager' });
  await assert.rejects(rig.access.redeem(tokenOf(url), 'here'), { code: 'unauthenticated' });
});

test('two requests with one link: one gets in', async () => {
  await using rig = await setUp();
  const token = tokenOf(rig.access.startLink().url);
  const outcomes = await Promise.allSettled([rig.access.redeem(token, 'a'), rig.access.redeem(token, 'b')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});

test('a link ends after ten minutes, whatever is done to the wall clock', async () => {
  await using rig = await setUp();
  const [early, late] = [tokenOf(rig.access.startLink().url), tokenOf(rig.access.startLink().url)];
  rig.pass(10 * 60_000 - 1);
  rig.time.nowMs += 3_600_000;
  await rig.access.redeem(early, 'here');
  rig.pass(1);
  rig.time.nowMs -= 7_200_000;
  await assert.rejects(rig.access.redeem(late, 'here'), { code: 'unauthenticated' });
});

test('guessing is slowed down', async () => {
  await using rig = await setUp();
  const { url } = rig.access.startLink();
  for (let n = 0; n < 10; n += 1) {
    await assert.rejects(rig.access.redeem(`guess-${n}-guess-guess`, 'there'), { code: 'unauthenticated' });
  }
  await assert.rejects(rig.access.redeem(tokenOf(url), 'there'), { code: 'rate-limited' });
  await rig.access.redeem(tokenOf(url), 'here');
});

test('a restart logs nobody out, and makes the old command-line token worthless', async () => {
  await using first = await setUp();
  const { token } = await first.access.redeem(tokenOf(first.access.startLink().url), 'here');
  await using second = await setUp(first.store);
  assert.equal((await second.access.authenticate(session(token)))?.role, 'manager');
  const bearer = (text: string) => ({ sessionToken: undefined, bearer: text });
  assert.equal(await second.access.authenticate(bearer(first.cliToken)), undefined);
  assert.deepEqual(await second.access.authenticate(bearer(second.cliToken)), {
    role: 'manager',
    actor: 'cli:manager',
  });
});

test('a session lasts thirty days from its last use', async () => {
  await using rig = await setUp();
  const { token } = await rig.access.redeem(tokenOf(rig.access.startLink().url), 'here');
  for (let n = 0; n < 4; n += 1) {
    rig.pass(29 * 86_400_000);
    assert.ok(await rig.access.authenticate(session(token)));
  }
  rig.pass(30 * 86_400_000);
  assert.equal(await rig.access.authenticate(session(token)), undefined);
});

test('a full disk does not log anybody out', async () => {
  await using rig = await setUp();
  const { token } = await rig.access.redeem(tokenOf(rig.access.startLink().url), 'here');
  rig.pass(2 * 86_400_000);
  rig.store.failWrites(new PitwallError('store-full', 'The disk is full'));
  assert.ok(await rig.access.authenticate(session(token)));
});

test('a link whose session could not be stored is still good', async () => {
  await using rig = await setUp();
  const token = tokenOf(rig.access.startLink().url);
  rig.store.failWrites(new PitwallError('store-full', 'The disk is full'));
  await assert.rejects(rig.access.redeem(token, 'here'), { code: 'store-full' });
  rig.store.failWrites(undefined);
  await rig.access.redeem(token, 'here');
});

test('the command-line file is for its user only and names the address', async () => {
  await using rig = await setUp();
  assert.equal((await stat(rig.file)).mode & 0o777, 0o600);
  assert.equal(rig.address, 'http://127.0.0.1:4400');
});

test('a bearer that is wrong is not saved by a cookie that is right', async () => {
  await using rig = await setUp();
  const { token } = await rig.access.redeem(tokenOf(rig.access.startLink().url), 'here');
  assert.equal(await rig.access.authenticate({ sessionToken: token, bearer: 'wrong' }), undefined);
});

test('no token is in the store', async () => {
  await using rig = await setUp();
  const link = tokenOf(rig.access.startLink().url);
  const { token } = await rig.access.redeem(link, 'here');
  const kept = JSON.stringify([
    await rig.store.read.selectFrom('resource').selectAll().execute(),
    await rig.store.read.selectFrom('ledger').selectAll().execute(),
    await rig.store.read.selectFrom('ledger_body').selectAll().execute(),
  ]);
  for (const text of [link, token, rig.cliToken]) assert.ok(!kept.includes(text));
});

test('operations: the cookie follows the session, and logging out ends both', async () => {
  await using rig = await setUp();
  const handlers = accessHandlers(rig.access);
  const cookie: { token: string | undefined; expiresAtMs: number } = { token: undefined, expiresAtMs: 0 };
  const context = {
    caller: { role: 'manager', actor: 'person:manager' },
    remote: 'here',
    session: {
      get token() {
        return cookie.token;
      },
      start(token: string, expiresAtMs: number) {
        Object.assign(cookie, { token, expiresAtMs });
      },
      end() {
        cookie.token = undefined;
      },
    },
  } as CallContext;
  const { url } = await handlers['session.link']({}, context);
  const { expiresAtMs } = await handlers['session.create']({ token: tokenOf(url) }, context);
  assert.equal(cookie.expiresAtMs, expiresAtMs);
  rig.pass(5 * 86_400_000);
  await handlers['session.get']({}, context);
  assert.equal(cookie.expiresAtMs, expiresAtMs + 5 * 86_400_000);
  const { token } = cookie;
  assert.deepEqual(await handlers['session.end']({}, context), { ended: true });
  assert.equal(cookie.token, undefined);
  assert.equal(await rig.access.authenticate(session(token!)), undefined);
});
