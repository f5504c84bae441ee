/** Log-ins that a check sends: what is sent, to whom, and that nothing of it is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetwork, probeOnce } from '../../../../../../testkit/probe-once.ts';
import {
  afterRequest,
  answering,
  type PeerConnection,
  page,
  ScriptedPeer,
} from '../../../../../../testkit/scripted-peer.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { httpKind } from './http.ts';

const password = 'canary password / ü';
const bearer = 'canary-bearer.4711_xyz';
const sec = 1_000_000;

/** Says no, and shows back all that it heard, in its own words and decoded. */
const echo = afterRequest((connection) => {
  const said = connection.received.replace(/[\r\n]+/g, ' ');
  const decoded = Buffer.from(/Basic (\S+)/.exec(said)?.[1] ?? '', 'base64').toString();
  const text = Buffer.from(`${said} ${decoded}`);
  connection.say(`HTTP/1.1 403 No\r\nX-Echo: ${said}\r\nContent-Length: ${text.length}\r\n\r\n`);
  connection.say(text);
});

for (const { why, auth, sent, secrets } of [
  {
    why: 'a name and a password',
    auth: { basic: { username: 'shop', password } },
    sent: `Basic ${Buffer.from(`shop:${password}`).toString('base64')}`,
    secrets: [password, Buffer.from(`shop:${password}`).toString('base64')],
  },
  { why: 'a token', auth: { bearer }, sent: `Bearer ${bearer}`, secrets: [bearer] },
]) {
  test(`${why}: sent as it should be, and nowhere to be seen`, async () => {
    await using peer = await ScriptedPeer.start(echo);
    const result = await probeOnce('http', { url: peer.url(), auth }, { secrets: [password, bearer] });
    assert.equal(/Authorization: ([^\r]*)\r\n/.exec(peer.heard[0]!.received)?.[1], sent);
    assert.equal(result.reason, 'wrong-status');
    for (const secret of secrets) assert.ok(!JSON.stringify(result).includes(secret), JSON.stringify(result));
  });
}

test('a log-in stays with the first address when a redirect leads to another', async () => {
  await using elsewhere = await ScriptedPeer.start(answering(page('hello')));
  const moved = `HTTP/1.1 302 Found\r\nLocation: ${elsewhere.url()}\r\nContent-Length: 0\r\n\r\n`;
  await using first = await ScriptedPeer.start(answering(moved));
  assert.equal((await probeOnce('http', { url: first.url(), auth: { bearer } })).outcome, 'pass');
  assert.match(first.heard[0]!.received, /Authorization/);
  assert.doesNotMatch(elsewhere.heard[0]!.received, /Authorization/);
});

type Answer = (request: string, count: number) => string | undefined;

/** A server of tokens, one for each question: `token-1`, `token-2` … */
function tokenServer(answer: Answer = (_, count) => tokenSaying({ access_token: `token-${count}`, expires_in: 600 })) {
  let count = 0;
  return ScriptedPeer.start(async (connection: PeerConnection) => {
    await connection.heard('grant_type=client_credentials');
    count += 1;
    const said = answer(connection.received, count);
    if (said !== undefined) connection.say(said);
  });
}

function tokenSaying(value: object, status = '200 OK'): string {
  const body = JSON.stringify(value);
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** One check at several times. */
function checkOf(url: string, tokenUrl: string, more: object = {}) {
  const oauth2 = { tokenUrl, clientId: 'pitwall', clientSecret: 'canary secret', ...more };
  const spec = httpKind.schema.parse({ url, auth: { oauth2 } });
  let offsetUs = 0;
  const clock = { ...systemClock, monotonicUs: () => systemClock.monotonicUs() + offsetUs };
  const context = { clock, network: openNetwork, timeoutMs: 5_000, secrets: ['canary secret'] };
  return {
    pass(bySec: number) {
      offsetUs += bySec * sec;
    },
    probe: () => httpKind.probe(spec, { ...context, onDeadline() {} }),
    /** The time is up as soon as there is something to end. */
    probeInVain: (isTime: () => Promise<void>) =>
      httpKind.probe(spec, { ...context, onDeadline: (release) => void isTime().then(release) }),
  };
}

test('a fetched token is sent, and kept until shortly before its end', async () => {
  await using tokens = await tokenServer();
  await using peer = await ScriptedPeer.start(answering(page('hello')));
  const check = checkOf(peer.url(), tokens.url('/token'), { scopes: ['read', 'orders:read'] });
  for (const laterSec of [0, 60, 500, 20]) {
    check.pass(laterSec);
    assert.equal((await check.probe()).outcome, 'pass');
  }
  const sent = peer.heard.map(({ received }) => /Authorization: Bearer (\S+)/.exec(received)?.[1]);
  assert.deepEqual(sent, ['token-1', 'token-1', 'token-1', 'token-2']);
  const [first] = tokens.heard;
  assert.match(first!.received, /^POST \/token HTTP\/1\.1\r\n/);
  assert.ok(first!.received.includes(`Basic ${Buffer.from('pitwall:canary%20secret').toString('base64')}\r\n`));
  assert.ok(first!.received.endsWith('\r\n\r\ngrant_type=client_credentials&scope=read+orders%3Aread'));
});

test('a token that is refused is fetched anew by the next attempt', async () => {
  await using tokens = await tokenServer();
  await using peer = await ScriptedPeer.start(
    afterRequest((connection) =>
      connection.say(
        connection.received.includes('token-1') ? 'HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n' : page('hello'),
      ),
    ),
  );
  const check = checkOf(peer.url(), tokens.url());
  assert.equal((await check.probe()).reason, 'wrong-status');
  assert.equal((await check.probe()).outcome, 'pass');
});

test('a server of tokens that takes the secret in the body only is served so from then on', async () => {
  await using tokens = await tokenServer((request, count) =>
    request.includes('client_secret=canary+secret')
      ? tokenSaying({ access_token: `token-${count}`, expires_in: 1 })
      : tokenSaying({ error: 'invalid_client' }, '401 Unauthorized'),
  );
  await using peer = await ScriptedPeer.start(answering(page('hello')));
  const check = checkOf(peer.url(), tokens.url());
  assert.equal((await check.probe()).outcome, 'pass');
  check.pass(10);
  assert.equal((await check.probe()).outcome, 'pass');
  assert.equal(tokens.heard.length, 3);
});

test('the time that the token took is not the target’s', async () => {
  await using peer = await ScriptedPeer.start(answering(page('hello')));
  const check = { pass: (_: number) => {} };
  await using tokens = await tokenServer(() => {
    check.pass(3);
    return tokenSaying({ access_token: 'token' });
  });
  const made = checkOf(peer.url(), tokens.url());
  check.pass = made.pass;
  const { outcome, totalUs } = await made.probe();
  assert.equal(outcome, 'pass');
  assert.ok(totalUs < 3 * sec, `${totalUs} µs`);
});

for (const { why, answer, outcome, says } of [
  {
    why: 'the secret is wrong',
    answer: () => tokenSaying({ error: 'invalid_client', error_description: 'canary secret' }, '401 Unauthorized'),
    outcome: 'fail',
    says: /^login-refused 401 invalid_client$/,
  },
  {
    why: 'an answer without a token',
    answer: () => tokenSaying({ token: 'x' }),
    outcome: 'fail',
    says: /^login-refused 200 without a token$/,
  },
  {
    why: 'a token that would begin another header',
    answer: () => tokenSaying({ access_token: 'a\r\nX: b' }),
    outcome: 'fail',
    says: /^login-refused 200 without a token$/,
  },
  {
    why: 'an answer that is none says nothing of the target',
    answer: () => 'SSH-2.0-OpenSSH_9.2\r\n',
    outcome: 'unknown',
    says: /^protocol-error/,
  },
]) {
  test(`no token, so the target is not asked: ${why}`, async () => {
    await using tokens = await tokenServer(answer);
    await using peer = await ScriptedPeer.start(answering(page('hello')));
    const result = await checkOf(peer.url(), tokens.url()).probe();
    assert.equal(result.outcome, outcome);
    assert.match(`${result.reason} ${String(result.evidence?.facts['code'])}`, says);
    assert.ok(!JSON.stringify(result).includes('canary'));
    assert.equal(peer.opened, 0);
    await tokens.allClosed();
  });
}

test('a server of tokens that never answers is left at the deadline, and the reason names it', async () => {
  const asked = Promise.withResolvers<void>();
  await using tokens = await tokenServer(() => {
    asked.resolve();
    return undefined;
  });
  const result = await checkOf('http://127.0.0.1:9/', tokens.url()).probeInVain(() => asked.promise);
  assert.deepEqual([result.outcome, result.reason], ['unknown', 'timeout']);
  assert.equal(result.evidence?.facts['doing'], `logging in at 127.0.0.1:${tokens.port}`);
  await tokens.allClosed();
});

test('a fetched token is a secret as well', async () => {
  await using tokens = await tokenServer(() => tokenSaying({ access_token: 'canary-fetched-token' }));
  await using peer = await ScriptedPeer.start(echo);
  const result = await checkOf(peer.url(), tokens.url()).probe();
  assert.match(peer.heard[0]!.received, /Bearer canary-fetched-token/);
  assert.equal(result.reason, 'wrong-status');
  assert.ok(!JSON.stringify(result).includes('canary-fetched'));
});

const credentials = { tokenUrl: 'http://a/', clientId: 'a', clientSecret: 'b' };
for (const { why, settings } of [
  { why: 'no way to log in', settings: { auth: {} } },
  { why: 'two ways at once', settings: { auth: { bearer, oauth2: credentials } } },
  { why: 'a log-in beside one in the headers', settings: { auth: { bearer }, headers: { authorization: 'x' } } },
  { why: 'a log-in beside one in the address', settings: { url: 'http://a:b@c/', auth: { bearer } } },
  { why: 'a name with a colon', settings: { auth: { basic: { username: 'a:b', password } } } },
  { why: 'a token of two lines', settings: { auth: { bearer: 'a\nb' } } },
]) {
  test(`settings are refused: ${why}`, () => {
    assert.equal(httpKind.schema.safeParse({ url: 'http://a/', ...settings }).success, false);
    assert.equal(httpKind.schema.safeParse({ url: 'http://a/', auth: { oauth2: credentials } }).success, true);
  });
}
