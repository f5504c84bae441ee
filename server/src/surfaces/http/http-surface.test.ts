/** What the API says to requests of the wrong form, from the wrong place, or of somebody who may not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { errorCodes } from '../../../../contract/src/error-codes.ts';
import type { Caller, Handlers } from '../../../../contract/src/handlers.ts';
import { operations } from '../../../../contract/src/operations.ts';
import { createEventBus } from '../../bus/events.ts';
import { PitwallError } from '../../core/errors.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createHttpSurface, type Gate } from './http-surface.ts';

const tokens: Record<string, Caller['role']> = { boss: 'manager', hand: 'operator', guest: 'viewer' };

async function start(handlers: Partial<Handlers> = {}, clock: Clock = systemClock, baseUrl = 'http://127.0.0.1:4400') {
  const faults: unknown[] = [];
  const loggedOut = new Set<string>();
  const gate: Gate = {
    refuse: ({ origin }) => (origin === undefined ? undefined : 'The request came from another site'),
    async authenticate({ bearer = '', sessionToken = '' }) {
      const name = bearer === '' ? sessionToken : bearer;
      const role = loggedOut.has(name) ? undefined : tokens[name];
      return role && { role, actor: `person:${role}` };
    },
  };
  const bus = createEventBus();
  const app = await createHttpSurface({
    handlers: handlers as Handlers,
    gate,
    bus,
    version: '1.2.3',
    clock,
    baseUrl,
    webDir: undefined,
    onInternalError: (fault) => faults.push(fault),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    bus,
    faults,
    port,
    logOut: (token: string) => loggedOut.add(token),
    call: (path: string, init: RequestInit & { token?: string } = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        ...init,
        headers: { ...(init.token === undefined ? {} : { authorization: `Bearer ${init.token}` }), ...init.headers },
      }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

const json = { 'content-type': 'application/json' };

for (const { why, path, init, code, says } of [
  { why: 'nobody is let in without a token', path: '/board', init: {}, code: 'unauthenticated', says: /Log in first/ },
  {
    why: 'a viewer only looks',
    path: '/services',
    init: { method: 'POST', token: 'guest', headers: json, body: '{"address":"https://shop.example"}' },
    code: 'forbidden',
    says: /viewer.*services:write/,
  },
  {
    why: 'an operator cannot make himself a manager by a fresh start link',
    path: '/session/link',
    init: { method: 'POST', token: 'hand', headers: json, body: '{}' },
    code: 'forbidden',
    says: /operator.*access:write/,
  },
  {
    why: 'another site’s page is refused before anything else',
    path: '/board',
    init: { token: 'boss', headers: { origin: 'https://evil.example' } },
    code: 'origin-refused',
    says: /another site/,
  },
  {
    why: 'an unknown address is named',
    path: '/wrong?x=1',
    init: { token: 'boss' },
    code: 'not-found',
    says: /GET \/api\/v1\/wrong$/,
  },
  {
    why: 'an unknown key is a typing mistake',
    path: '/board?day=3',
    init: { token: 'boss' },
    code: 'invalid-input',
    says: /^day: unknown key `day`$/,
  },
  {
    why: 'a title that reads other than it is',
    path: '/services',
    init: {
      method: 'POST',
      token: 'hand',
      headers: json,
      body: '{"address":"https://shop.example","title":"a\\u202Eb"}',
    },
    code: 'invalid-input',
    says: /^title.*U\+202E/,
  },
  {
    why: 'an address with a letter that nobody sees',
    path: '/look',
    init: { method: 'POST', token: 'hand', headers: json, body: '{"address":"https://sh\\u200Bop.example"}' },
    code: 'invalid-input',
    says: /^address.*U\+200B/,
  },
  {
    why: 'a webhook’s address that a terminal would obey',
    path: '/channels',
    init: { method: 'POST', token: 'boss', headers: json, body: '{"url":"https://chat.example/\\u001b[2J"}' },
    code: 'invalid-input',
    says: /^url.*U\+001B/,
  },
  {
    why: 'a value outside its range names its place',
    path: '/board?days=9000',
    init: { token: 'boss' },
    code: 'invalid-input',
    says: /^days = "9000": must be at most 90$/,
  },
  {
    why: 'broken JSON',
    path: '/look',
    init: { method: 'POST', token: 'boss', headers: json, body: '{"address":' },
    code: 'invalid-input',
    says: /JSON/,
  },
  {
    why: 'a list where an object belongs',
    path: '/look',
    init: { method: 'POST', token: 'boss', headers: json, body: '[]' },
    code: 'invalid-input',
    says: /JSON object/,
  },
  {
    why: 'a form of another site needs no permission of the browser, so it is not read',
    path: '/look',
    init: { method: 'POST', token: 'boss', headers: { 'content-type': 'text/plain' }, body: '{"address":"a"}' },
    code: 'invalid-input',
    says: /JSON object|Unsupported/,
  },
  {
    why: 'a body without end is cut off',
    path: '/look',
    init: { method: 'POST', token: 'boss', headers: json, body: `{"address":"${'a'.repeat(70_000)}"}` },
    code: 'too-large',
    says: /64 KiB/,
  },
] as const) {
  test(why, async () => {
    await using server = await start();
    const response = await server.call(`/api/v1${path}`, init);
    const problem = (await response.json()) as { code: string; detail: string; status: number; title: string };
    assert.equal(problem.code, code);
    assert.equal(response.status, errorCodes[code].httpStatus);
    assert.equal(problem.status, response.status);
    assert.match(problem.detail, says);
    assert.match(response.headers.get('content-type')!, /^application\/problem\+json/);
    assert.match(response.headers.get('content-security-policy')!, /default-src 'self'.*frame-ancestors 'none'/);
    assert.deepEqual(server.faults, []);
  });
}

for (const { why, path, body, message, hint } of [
  {
    why: 'something that is not there',
    path: '/services',
    body: {},
    message: 'address: `address` is missing',
    hint: 'add `address: …` (https://shop.example/page, shop.example, or tcp://host:port)',
  },
  {
    why: 'another kind of value',
    path: '/services',
    body: { address: 'shop.example', facesCustomers: 'maybe' },
    message: 'facesCustomers = "maybe": must be true or false, not text',
    hint: 'write true or false, without quotes',
  },
  {
    why: 'a typing mistake, and what else is wrong',
    path: '/services',
    body: { adress: 'shop.example', title: '' },
    message: 'address: `address` is missing (and more in title, adress)',
    hint: /^add `address: …`/,
  },
  {
    why: 'an address that is none, which is not repeated: it may hold a key',
    path: '/channels',
    body: { url: 'ftp://chat.example/hooks/T0-key' },
    message: 'url: not an http or https address',
    hint: 'write it whole, such as https://shop.example/page',
  },
  {
    why: 'a token of the wrong length, which is not repeated',
    path: '/session',
    body: { token: 'door-key' },
    message: 'token: must have at least 16 characters',
    hint: 'make it longer',
  },
  {
    why: 'a token that is a number, which the fix does not repeat either',
    path: '/session',
    body: { token: 471_147_114_711 },
    message: 'token: must be text, not a number',
    hint: 'put it in quotes: "[redacted]"',
  },
  {
    why: 'a fraction where a number is counted',
    path: '/services/shop/checks/page/results?limit=1.5',
    body: undefined,
    message: 'limit = "1.5": must be a whole number, not a fraction',
    hint: 'write a whole number',
  },
  {
    why: 'two numbers that are missing',
    path: '/services/shop/checks/page/series',
    body: undefined,
    message: 'fromMs: `fromMs` is missing (and more in toMs)',
    hint: 'add `fromMs: …` (Integer milliseconds since 1970, UTC)',
  },
] as const) {
  test(`an input is refused in words that a file’s mistakes have: ${why}`, async () => {
    await using server = await start();
    const init = body === undefined ? {} : { method: 'POST', headers: json, body: JSON.stringify(body) };
    const response = await server.call(`/api/v1${path}`, { ...init, token: 'boss' });
    const problem = (await response.json()) as { code: string; message: string; hint: string; path: string };
    assert.equal(problem.code, 'invalid-input');
    assert.equal(problem.message, message);
    assert.equal(problem.path, message.split(/[:=]/)[0]!.trim());
    if (typeof hint === 'string') assert.equal(problem.hint, hint);
    else assert.match(problem.hint, hint);
  });
}

test('our own mistake says nothing of its inside, which goes to the log', async () => {
  const secret = 'postgres://shop:hunter22@db';
  await using server = await start({
    'ledger.list': async () => {
      throw new Error(secret);
    },
    'services.get': async () => {
      throw new PitwallError('not-found', 'There is no service x', { hint: 'See ./pitwall services list' });
    },
  });
  const broken = await server.call('/api/v1/ledger', { token: 'boss' });
  assert.equal(broken.status, 500);
  assert.ok(!(await broken.text()).includes('hunter22'));
  assert.equal((server.faults[0] as Error).message, secret);
  const known = await server.call('/api/v1/services/x', { token: 'boss' });
  assert.equal(((await known.json()) as { hint: string }).hint, 'See ./pitwall services list');
});

test('every operation of the contract is reachable, and asks for a log-in unless it is public', async () => {
  await using server = await start();
  for (const operation of Object.values(operations)) {
    const path = operation.http.path.replace(/\{\w+\}/g, 'x');
    const init = operation.http.method === 'POST' ? { body: '{}', headers: json } : {};
    const response = await server.call(`/api/v1${path}`, { method: operation.http.method, ...init });
    const expected = operation.scope === 'public' ? [400, 500] : [401];
    assert.ok(expected.includes(response.status), `${operation.name}: ${response.status}`);
  }
});

test('the session’s cookie is for this Pitwall alone: scripts and other sites cannot use it', async () => {
  const logIn: Partial<Handlers> = {
    async 'session.create'(_, { session }) {
      session.start('boss', 4_102_444_800_000);
      return { role: 'manager', expiresAtMs: 4_102_444_800_000 };
    },
  };
  const body = JSON.stringify({ token: 'a'.repeat(43) });
  await using near = await start(logIn);
  const cookie = (await near.call('/api/v1/session', { method: 'POST', headers: json, body })).headers.get(
    'set-cookie',
  )!;
  assert.match(cookie, /^pitwall_session_4400=boss;.*HttpOnly;.*SameSite=Strict$/);
  await using behindProxy = await start(logIn, systemClock, 'https://pitwall.shop.example');
  const secure = (await behindProxy.call('/api/v1/session', { method: 'POST', headers: json, body })).headers;
  assert.match(secure.get('set-cookie')!, /^pitwall_session_web=.*Secure/);
});

test('a stream of events says what changed, and ends once its reader has logged out', async () => {
  const beats: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    setTimer(callback) {
      beats.push(callback);
      return () => {};
    },
  };
  await using server = await start({}, clock);
  assert.equal((await server.call('/api/v1/events')).status, 401);
  const asked = httpRequest({
    host: '127.0.0.1',
    port: server.port,
    path: '/api/v1/events',
    headers: { authorization: 'Bearer boss' },
  }).end();
  const [stream] = await once(asked, 'response');
  stream.setEncoding('utf8');
  const next = async () => JSON.parse(((await once(stream, 'data')) as [string])[0].slice('data: '.length));
  assert.equal((await next()).type, 'heartbeat');
  server.bus.publish({ type: 'changed', atMs: 5, what: 'status' });
  assert.deepEqual(await next(), { type: 'changed', atMs: 5, what: 'status' });
  beats.pop()!();
  assert.equal((await next()).type, 'heartbeat');
  server.logOut('boss');
  beats.pop()!();
  await once(stream.resume(), 'end');
  assert.equal(server.bus.listenerCount(), 0);
});
