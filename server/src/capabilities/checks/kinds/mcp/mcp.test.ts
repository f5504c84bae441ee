import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { testKind } from '../../../../../../testkit/kind-suite.ts';
import { type Posture, startMcp, type ToolState } from '../../../../../../testkit/mcp-servers.ts';
import { openNetwork, probeOnce } from '../../../../../../testkit/probe-once.ts';
import { type PeerConnection, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import { systemClock } from '../../../../platform/clock.ts';
import type { CheckKind } from '../../kind.ts';
import { mcpKind } from './mcp.ts';

/** An older server in a few lines, for what a scene of the suite needs. */
async function scripted(toolText: (connection: PeerConnection) => string): Promise<ScriptedPeer> {
  return ScriptedPeer.start(async (connection) => {
    await connection.heard('"jsonrpc"');
    const id = Number(/"id":(\d+)/.exec(connection.received)?.[1]);
    const json = (body: object) =>
      page(JSON.stringify({ jsonrpc: '2.0', id, ...body }), 'Content-Type: application/json\r\n');
    const asked = /"method":"([^"]+)"/.exec(connection.received)?.[1];
    const serverInfo = { name: 'scripted', version: '1' };
    if (asked === 'initialize')
      connection.say(json({ result: { protocolVersion: '2025-06-18', serverInfo, capabilities: {} } }));
    else if (asked === 'tools/call')
      connection.say(json({ result: { content: [{ type: 'text', text: toolText(connection) }] } }));
    else if (asked === 'notifications/initialized')
      connection.say('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
    else connection.say(json({ error: { code: -32_601, message: 'Method not found' } }));
    connection.end();
  });
}

const token = 'canary-of-forty-letters-for-the-mcp-door';
const call = { tool: 'search', arguments: { query: 'brake' } };

testKind({
  kind: mcpKind as CheckKind,
  async passes() {
    const peer = await scripted(() => 'brake pads');
    return { peer, settings: { url: peer.url('/mcp'), call: { ...call, expect: { text: 'pads' } }, expect: {} } };
  },
  fails: [
    {
      why: 'another text fails',
      async scene() {
        const peer = await scripted(() => 'no such part');
        return { peer, settings: { url: peer.url('/mcp'), call: { ...call, expect: { text: 'pads' } } } };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: { url: peer.url('/mcp') } };
  },
  async echoed() {
    // The answer is shortened for its sentence: here in the middle of the secret.
    const peer = await scripted(({ received }) => `${'.'.repeat(130)}${token}${JSON.stringify({ received })}${token}`);
    return {
      peer,
      secrets: [token],
      settings: {
        url: peer.url('/mcp'),
        token,
        headers: { 'x-key': token },
        call: { ...call, expect: { text: 'ok' } },
      },
    };
  },
  wrong: [
    { why: 'neither an address nor a program', settings: { token } },
    { why: 'an address and a program', settings: { url: 'http://a', command: ['a'] } },
    { why: 'an address of another kind', settings: { url: 'ftp://a' } },
    { why: 'a log-in in the address', settings: { url: 'http://me:secret@a/mcp' } },
    { why: 'no program', settings: { command: [] } },
    { why: 'a program without a name', settings: { command: [''] } },
    { why: 'an argument that would end early', settings: { command: ['a', 'b\0c'] } },
    { why: 'a command as text, which would need a shell', settings: { command: 'node server.js' } },
    { why: 'a token for a program', settings: { command: ['a'], token } },
    { why: 'variables for an address', settings: { url: 'http://a', env: { A: 'b' } } },
    { why: 'a token that would begin another header', settings: { url: 'http://a', token: 'a\r\nb' } },
    { why: 'a call where only the endpoint is looked at', settings: { url: 'http://a', reach: 'endpoint', call } },
    {
      why: 'tools where only the endpoint is looked at',
      settings: { url: 'http://a', reach: 'endpoint', expect: { tools: ['a'] } },
    },
    { why: 'no tool in a list of tools', settings: { url: 'http://a', expect: { tools: [] } } },
    {
      why: 'a place in JSON that is none',
      settings: { url: 'http://a', call: { ...call, expect: { json: { count: 1 } } } },
    },
  ],
  settingsFor: (host, port) => ({ url: `http://${host}:${port}/mcp` }),
});

const postures: readonly { posture: Posture; protocol: string; asked: readonly string[] }[] = [
  {
    posture: 'both eras',
    protocol: '2026-07-28',
    asked: ['POST /mcp server/discover', 'POST /mcp tools/list', 'POST /mcp tools/call'],
  },
  {
    posture: 'newer era only',
    protocol: '2026-07-28',
    asked: ['POST /mcp server/discover', 'POST /mcp tools/list', 'POST /mcp tools/call'],
  },
  ...(['sessions', 'sessions, JSON'] as const).map((posture) => ({
    posture,
    protocol: '2025-11-25',
    asked: [
      'POST /mcp server/discover',
      'POST /mcp initialize',
      'POST /mcp notifications/initialized',
      'POST /mcp tools/list',
      'POST /mcp tools/call',
      'DELETE /mcp',
    ],
  })),
  {
    posture: 'older transport',
    protocol: '2025-11-25',
    asked: [
      'GET /mcp',
      'POST /messages initialize',
      'POST /messages notifications/initialized',
      'POST /messages tools/list',
      'POST /messages tools/call',
    ],
  },
];
const transportOf = (posture: Posture) => (posture === 'older transport' ? { transport: 'sse' } : {});

for (const { posture, protocol, asked } of postures) {
  test(`mcp: a real server (${posture}) is met in its era, its tool called, and left with nothing open`, async () => {
    await using server = await startMcp(posture);
    const settings = {
      url: server.url,
      ...transportOf(posture),
      call: {
        ...call,
        expect: { text: 'brake pads', notText: 'error', json: { '$.found': 2, '$.names[0]': 'brake pads' } },
      },
      expect: {
        tools: ['search', 'stock'],
        server: { name: 'shop-rag-mcp', version: '1.4.0' },
        latency: { total: '9s' },
      },
    };
    const result = await probeOnce('mcp', settings, { timeoutMs: 10_000 });
    assert.equal(result.outcome, 'pass', result.sentence);
    const { callMs, ...observed } = result.observed;
    assert.deepEqual(observed, { server: 'shop-rag-mcp 1.4.0', protocol, tools: 3, tool: 'search' });
    assert.ok(Number(callMs) >= 1 && Number(callMs) * 1_000 <= result.totalUs + 1_000);
    assert.deepEqual(server.requests, asked);
    assert.equal(server.sessions.size, 0, 'the session was ended');
    await server.noSockets();
    assert.equal(mcpKind.describe(result.observed, result.totalUs), `tool search answered in ${callMs} ms`);
  });
}

test('mcp: what an older server did not understand is not asked a second time', async () => {
  await using server = await startMcp('sessions');
  const spec = mcpKind.schema.parse({ url: server.url });
  for (const questions of [1, 1]) {
    const result = await probeSpec(spec);
    assert.equal(result.outcome, 'pass');
    assert.equal(server.requests.filter((request) => request.endsWith('server/discover')).length, questions);
  }
});

for (const posture of ['both eras', 'newer era only', 'sessions'] as const) {
  test(`mcp: the check sees in a real server (${posture}) what the client of the SDK sees`, async () => {
    await using server = await startMcp(posture);
    const client = new Client({ name: 'oracle', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
    const { tools } = await client.listTools();
    const answer = await client.callTool({ name: 'stock', arguments: {} });
    const info = client.getServerVersion()!;
    const protocol = client.getNegotiatedProtocolVersion();
    await client.close();
    const [part] = answer.content as { text: string }[];
    const result = await probeOnce('mcp', {
      url: server.url,
      call: { tool: 'stock', expect: { text: part!.text, json: JSON.parse('{"$.count":7}') } },
      expect: { tools: tools.map(({ name }) => name), server: { name: info.name, version: info.version } },
    });
    assert.equal(result.outcome, 'pass', result.sentence);
    assert.deepEqual([result.observed['protocol'], result.observed['tools']], [protocol, tools.length]);
  });
}

interface Trouble {
  readonly why: string;
  readonly search?: ToolState['search'];
  readonly delayMs?: number;
  readonly settings: object;
  readonly outcome?: 'degraded';
  readonly sentence: string | RegExp;
}

const troubles: readonly Trouble[] = [
  {
    why: 'the tool says that it failed',
    search: 'broken',
    settings: { call },
    sentence: "The tool search failed: Query failed: No module named 'tiktoken'",
  },
  {
    why: 'the tool breaks',
    search: 'throws',
    settings: { call },
    sentence: "The tool search failed: Cannot find package 'llamaindex'",
  },
  {
    why: 'the tool never answers',
    search: 'hangs',
    settings: { call },
    sentence: 'No complete answer within 1500 ms, while calling the tool search',
  },
  {
    why: 'the tool is not offered',
    settings: { expect: { tools: ['search', 'refund'] } },
    sentence: 'The tool refund is not offered',
  },
  {
    why: 'the tool that is called is not there',
    settings: { call: { tool: 'refund' } },
    sentence: /^The tool refund (is not offered|failed: .*not found)/,
  },
  {
    why: 'the tool refuses its arguments',
    settings: { call: { tool: 'search', arguments: { query: 7 } } },
    sentence: /^The tool search failed: Input validation error: .*query/,
  },
  {
    why: 'the tool answers another text',
    settings: { call: { ...call, expect: { text: 'shoes' } } },
    sentence: 'The tool search answered “2 parts for brake: brake pads, brake discs”, expected the text “shoes”',
  },
  {
    why: 'the tool answers what it must not',
    settings: { call: { ...call, expect: { notText: 'discs' } } },
    sentence: 'The tool search answered “2 parts for brake: brake pads, brake discs”, expected no “discs”',
  },
  {
    why: 'a place in the structured answer has another value',
    settings: { call: { ...call, expect: { json: { '$.found': 3 } } } },
    sentence: 'The tool search answered 2 at $.found, expected 3',
  },
  {
    why: 'a place in JSON written as text is not there',
    settings: { call: { tool: 'stock', expect: { json: { '$.price': 3 } } } },
    sentence: 'The tool stock answered nothing at $.price, expected 3',
  },
  {
    why: 'the tool should have failed and did not',
    settings: { call: { tool: 'stock', expect: { isError: true } } },
    sentence: 'The tool stock answered “{"sku":"BP-1","count":7}”, expected an error',
  },
  {
    why: 'another server answers',
    settings: { expect: { server: { name: 'shop-analytics-mcp' } } },
    sentence: 'The server’s name is shop-rag-mcp, expected shop-analytics-mcp',
  },
  {
    why: 'another version answers',
    settings: { expect: { server: { version: '1.5.0' } } },
    sentence: 'The server’s version is 1.4.0, expected 1.5.0',
  },
  {
    why: 'the tool is slow',
    delayMs: 60,
    settings: { call: { ...call, expect: { latency: { total: '50ms' } } } },
    outcome: 'degraded',
    sentence: /^The tool search took \d+ ms, limit 50 ms$/,
  },
  {
    why: 'the tool is slow and wrong: wrong outranks slow',
    search: 'broken',
    delayMs: 60,
    settings: { call: { ...call, expect: { latency: { total: '50ms' } } } },
    sentence: /^The tool search failed/,
  },
];
for (const posture of ['both eras', 'sessions'] as const) {
  for (const { why, search = 'ok', delayMs = 0, settings, outcome = 'fail', sentence } of troubles) {
    test(`mcp: ${why} (${posture})`, async () => {
      await using server = await startMcp(posture);
      Object.assign(server.state, { search, delayMs });
      const timeoutMs = search === 'hangs' ? 1_500 : 10_000;
      const result = await probeOnce('mcp', { url: server.url, ...settings }, { timeoutMs });
      assert.equal(result.outcome, outcome, result.sentence);
      if (typeof sentence === 'string') assert.equal(result.sentence, sentence);
      else assert.match(result.sentence, sentence);
      if (search !== 'hangs') assert.equal(server.sessions.size, 0, 'also a session that failed is ended');
      await server.noSockets();
    });
  }
}

test('mcp: green health, broken tool: the page says ok, the call says what customers get', async () => {
  await using server = await startMcp('both eras');
  const watch = async () => [
    await probeOnce('http', { url: `${server.origin}/health`, expect: { json: { '$.status': 'ok' } } }),
    await probeOnce('mcp', { url: server.url, reach: 'endpoint' }),
    await probeOnce('mcp', { url: server.url, call: { ...call, expect: { text: 'brake pads' } } }),
  ];
  assert.deepEqual(
    (await watch()).map(({ outcome }) => outcome),
    ['pass', 'pass', 'pass'],
  );
  server.state.search = 'throws';
  const [health, endpoint, tool] = await watch();
  assert.deepEqual([health!.outcome, endpoint!.outcome], ['pass', 'pass'], 'neither can see it');
  assert.deepEqual([tool!.outcome, tool!.reason], ['fail', 'tool-failed']);
  assert.equal(tool!.sentence, "The tool search failed: Cannot find package 'llamaindex'");
  assert.equal(mcpKind.describe(tool!.observed, tool!.totalUs), 'tool search did not answer well');
  server.state.search = 'ok';
  assert.equal((await watch())[2]!.outcome, 'pass');
});

for (const posture of ['both eras', 'sessions', 'older transport'] as const) {
  test(`mcp: a locked door (${posture}) asks for a login, refuses a wrong one and opens for the right one`, async () => {
    await using server = await startMcp(posture, token);
    const ask = (settings: object) => probeOnce('mcp', { url: server.url, ...transportOf(posture), ...settings });
    const none = await ask({});
    assert.deepEqual([none.outcome, none.reason], ['fail', 'needs-login']);
    assert.equal(none.sentence, 'It asks for a login: none is configured (401, Bearer, invalid_token)');
    const wrong = await ask({ token: 'another' });
    assert.equal(
      wrong.sentence,
      'It asks for a login: the one that is configured is not accepted (401, Bearer, invalid_token)',
    );
    assert.equal((await ask({ token })).outcome, 'pass');
    assert.equal((await ask({ headers: { authorization: `Bearer ${token}` } })).outcome, 'pass');
    const look = (settings: object) => probeOnce('mcp', { url: server.url, reach: 'endpoint', ...settings });
    assert.deepEqual((await look({})).observed, { status: 401 }, 'who guards the door is there');
    assert.equal((await look({ token: 'another' })).reason, 'needs-login');
    await server.noSockets();
  });
}

function probeSpec(spec: Parameters<typeof mcpKind.probe>[0]) {
  const context = { clock: systemClock, network: openNetwork, timeoutMs: 5_000, secrets: [], onDeadline: () => {} };
  return mcpKind.probe(spec, context);
}
