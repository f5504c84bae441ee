/** What an agent meets at /mcp: who is let in, what is offered to whom, how a mistake is told, how much it has to read. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Caller, Handlers } from '../../../../contract/src/handlers.ts';
import type { Operation } from '../../../../contract/src/operation.ts';
import { operations } from '../../../../contract/src/operations.ts';
import { createEventBus } from '../../bus/events.ts';
import { PitwallError } from '../../core/errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { createHttpSurface } from '../http/http-surface.ts';

const tokens: Record<string, Caller['role']> = { boss: 'manager', hand: 'operator', guest: 'viewer' };

const system = {
  version: '1.2.3',
  startedAtMs: 1,
  prober: { checks: 1, checksPerMinute: 2, late: 0, missed: 0, eventLoopDelayP99Ms: 1, restarts: 0 },
  store: { dataDir: '/data', liveBytes: 1, freeBytes: 2, full: false },
  config: { file: null, loadedAtMs: null, faults: [] },
};

function brief(atMs: number) {
  const counts = { up: 3, degraded: 0, down: 0, unknown: 0, maintenance: 0 };
  return {
    atMs,
    verdict: 'All is well.',
    facts: [],
    counts,
    wrong: [],
    moreWrong: 0,
    next: [],
    notices: [],
    pitwall: '',
  };
}

async function start(handlers: Partial<Handlers> = {}) {
  const faults: unknown[] = [];
  const bus = createEventBus();
  const app = await createHttpSurface({
    handlers: { 'board.brief': async () => brief(1), 'system.get': async () => system, ...handlers } as Handlers,
    gate: {
      refuse: ({ host, origin }) => {
        if (!/^127\.0\.0\.1(:|$)/.test(host ?? '')) return 'That is not my name';
        return origin === undefined ? undefined : 'The request came from another site';
      },
      async authenticate({ bearer = '', sessionToken = '' }) {
        const role = tokens[bearer === '' ? sessionToken : bearer];
        return role && { role, actor: `person:${role}` };
      },
    },
    bus,
    version: '1.2.3',
    clock: systemClock,
    baseUrl: 'http://127.0.0.1:4400',
    webDir: undefined,
    onInternalError: (fault) => faults.push(fault),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  return { url, bus, faults, [Symbol.asyncDispose]: () => app.close() };
}

type Era = 'auto' | 'legacy';

async function connect(url: URL, token = 'boss', era: Era = 'auto') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } });
  await client.connect(
    new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
  );
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

function post(url: URL, body: unknown, headers: Record<string, string> = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
};

for (const { why, headers, status, code } of [
  { why: 'nobody gets in without a token', headers: {}, status: 401, code: 'unauthenticated' },
  { why: 'a guessed token', headers: { authorization: 'Bearer guess' }, status: 401, code: 'unauthenticated' },
  {
    why: 'a page of another site, though the browser adds the session',
    headers: { origin: 'https://evil.example', cookie: 'pitwall_session_4400=boss' },
    status: 403,
    code: 'origin-refused',
  },
]) {
  test(`${why} is refused before the body is looked at`, async () => {
    await using server = await start();
    const response = await post(server.url, '{ not even JSON', headers);
    assert.equal(response.status, status);
    assert.equal(response.headers.get('www-authenticate'), status === 401 ? 'Bearer realm="pitwall"' : null);
    assert.equal(((await response.json()) as { code: string }).code, code);
  });
}

test('the session of a browser is good for it as well', async () => {
  await using server = await start();
  assert.equal((await post(server.url, initialize, { cookie: 'pitwall_session_4400=guest' })).status, 200);
});

test('a program that speaks nothing but JSON-RPC of 2025-06-18 is served', async () => {
  await using server = await start();
  const headers = { authorization: 'Bearer boss' };
  const answerOf = async (body: unknown) => {
    const text = await (await post(server.url, body, headers)).text();
    // By that protocol either form is allowed.
    return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) as { result: Record<string, unknown> };
  };
  const { result } = await answerOf(initialize);
  assert.equal(result.protocolVersion, '2025-06-18');
  assert.deepEqual(result.serverInfo, { name: 'pitwall', title: 'Pitwall', version: '1.2.3' });
  const { result: called } = await answerOf({
    jsonrpc: '2.0',
    id: 2,
    method: 'tools/call',
    params: { name: 'what_is_wrong', arguments: {} },
  });
  assert.equal((called.structuredContent as { verdict: string }).verdict, 'All is well.');
});

for (const { why, body, status, code } of [
  { why: 'what is no JSON', body: '{ not', status: 400, code: -32_700 },
  { why: 'what is no JSON-RPC', body: '{"a":1}', status: 400, code: -32_600 },
]) {
  test(`${why} is refused as JSON-RPC has it`, async () => {
    await using server = await start();
    const response = await post(server.url, body, { authorization: 'Bearer boss' });
    assert.equal(response.status, status);
    assert.equal(((await response.json()) as { error: { code: number } }).error.code, code);
  });
}

for (const era of ['auto', 'legacy'] as const) {
  test(`every declared tool is offered to a manager, described and with annotations from its effect (${era})`, async () => {
    await using server = await start();
    await using client = await connect(server.url, 'boss', era);
    const { tools } = await client.listTools();
    const declared = (Object.values(operations) as Operation[]).flatMap(({ mcp, effect }) =>
      mcp === false ? [] : [{ name: mcp.tool, readOnly: effect === 'read' }],
    );
    assert.deepEqual(
      tools.map(({ name, annotations }) => ({ name, readOnly: annotations?.readOnlyHint })),
      declared,
    );
    for (const { name, description, inputSchema, outputSchema } of tools) {
      assert.ok((description ?? '').length > 60, `${name} says what it is for`);
      assert.equal(outputSchema?.type, 'object');
      for (const [field, schema] of Object.entries(inputSchema.properties ?? {})) {
        assert.ok('type' in (schema as object), `${name}: ${field} says what it is`);
      }
    }
    const { prompts } = await client.listPrompts();
    assert.deepEqual(
      prompts.map(({ name }) => name),
      ['triage'],
    );
    const { resources } = await client.listResources();
    assert.deepEqual(
      resources.map(({ uri }) => uri),
      ['pitwall://board'],
    );
    const [board] = (await client.readResource({ uri: 'pitwall://board' })).contents;
    assert.equal(JSON.parse((board as { text: string }).text).verdict, 'All is well.');
  });
}

test('names of tools in the steps of a triage are names of tools', async () => {
  await using server = await start();
  await using client = await connect(server.url);
  const names = new Set((await client.listTools()).tools.map(({ name }) => name));
  const { messages } = await client.getPrompt({ name: 'triage', arguments: { serviceId: 'shop' } });
  const text = JSON.stringify(messages);
  const named = text.match(/\b[a-z]+(?:_[a-z]+)+\b/g)!;
  assert.ok(named.length >= 6);
  for (const name of named) assert.ok(names.has(name), name);
  assert.match(text, /shop/);
});

test('a viewer is offered what a viewer may do, and told what else would need', async () => {
  await using server = await start();
  await using client = await connect(server.url, 'guest');
  const names = (await client.listTools()).tools.map(({ name }) => name);
  assert.ok(names.includes('what_is_wrong'));
  assert.ok(!names.includes('run_check') && !names.includes('list_changes') && !names.includes('get_pitwall'));
  const refused = await client.callTool({ name: 'run_check', arguments: { serviceId: 'shop', checkId: 'page' } });
  assert.equal(refused.isError, true);
  assert.match(JSON.stringify(refused.content), /forbidden.*viewer.*services:write/);
});

for (const { why, name, args, says } of [
  {
    why: 'a field that is missing is named, with what belongs there',
    name: 'get_service',
    args: {},
    says: /invalid-input.*serviceId.*such as `shop-agent`/,
  },
  {
    why: 'a page larger than an agent should read is refused with its limit',
    name: 'list_results',
    args: { serviceId: 'shop', checkId: 'page', limit: 200 },
    says: /invalid-input.*limit = 200.*50/,
  },
  {
    why: 'a service that is not there',
    name: 'get_service',
    args: { serviceId: 'shop' },
    says: /not-found.*no service shop/,
  },
  {
    why: 'a mistake of our own says nothing of its inside',
    name: 'list_messages',
    args: {},
    says: /^(?!.*secret).*internal/,
  },
]) {
  test(`${why}, as a result that the model reads`, async () => {
    await using server = await start({
      async 'services.get'({ serviceId }) {
        throw new PitwallError('not-found', `There is no service ${serviceId}`);
      },
      async 'messages.list'() {
        throw new Error('secret inside');
      },
    });
    await using client = await connect(server.url);
    const answer = await client.callTool({ name, arguments: args });
    assert.equal(answer.isError, true);
    const [content] = answer.content as { text: string }[];
    assert.match(content!.text, says);
    assert.equal(server.faults.length, name === 'list_messages' ? 1 : 0, 'our own mistakes are logged');
  });
}

for (const { why, ask, code } of [
  {
    why: 'a tool that is not there is a protocol error that names those there are',
    ask: (client: Client) => client.callTool({ name: 'drop_tables', arguments: {} }),
    code: /what_is_wrong/,
  },
  {
    why: 'a resource that is not there too',
    ask: (client: Client) => client.readResource({ uri: 'pitwall://nowhere' }),
    code: /nowhere/,
  },
  {
    why: 'a resource of a service that is not there carries the problem',
    ask: (client: Client) => client.readResource({ uri: 'pitwall://services/shop' }),
    code: /no service shop/,
  },
]) {
  test(why, async () => {
    await using server = await start({
      async 'services.get'({ serviceId }) {
        throw new PitwallError('not-found', `There is no service ${serviceId}`);
      },
    });
    await using client = await connect(server.url);
    await assert.rejects(ask(client), (error: { code: number; message: string }) => {
      assert.equal(error.code, -32_602);
      assert.match(error.message, code);
      return true;
    });
  });
}

test('an agent that listens to the board hears when a status changes, and not each result', async () => {
  await using server = await start();
  await using client = await connect(server.url);
  const heard: string[] = [];
  const one = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    heard.push(params.uri);
    one.resolve();
  });
  await using subscription = Object.assign(await client.listen({ resourceSubscriptions: ['pitwall://board'] }), {
    async [Symbol.asyncDispose]() {
      await subscription.close();
    },
  });
  server.bus.publish({ type: 'changed', atMs: 1, what: 'results' });
  server.bus.publish({ type: 'changed', atMs: 2, what: 'status' });
  await one.promise;
  assert.deepEqual(heard, ['pitwall://board']);
});
