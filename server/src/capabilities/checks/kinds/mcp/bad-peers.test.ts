import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import { probeOnce } from '../../../../../../testkit/probe-once.ts';
import { type PeerConnection, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import { mcpKind } from './mcp.ts';

interface Asked {
  readonly connection: PeerConnection;
  readonly id: number;
  readonly method: string;
  readonly cursor: string | undefined;
}

const html = '<html><title>Sign in</title></html>';
const jsonHead = 'Content-Type: application/json\r\n';
const streamHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
const serverInfo = { name: 'scripted', version: '1' };
const text = (words: string) => ({ content: [{ type: 'text', text: words }] });

function json({ connection, id }: Asked, body: object): void {
  connection.say(page(JSON.stringify({ jsonrpc: '2.0', id, ...body }), jsonHead));
  connection.end();
}

function say({ connection }: Asked, bytes: string | Buffer): void {
  connection.say(bytes);
  connection.end();
}

const status = (code: number, body = '', head = '') =>
  `HTTP/1.1 ${code} Something\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
const event = (value: object) => `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...value })}\n\n`;

/** An older server with tools; what a test names it does another way. */
async function server(scripts: Readonly<Record<string, (asked: Asked) => void>>): Promise<ScriptedPeer> {
  const decent: Record<string, (asked: Asked) => void> = {
    initialize: (asked) =>
      json(asked, { result: { protocolVersion: '2025-11-25', serverInfo, capabilities: { tools: {} } } }),
    'notifications/initialized': (asked) => say(asked, status(202)),
    'tools/list': (asked) => json(asked, { result: { tools: [{ name: 'search' }] } }),
    'tools/call': (asked) => json(asked, { result: text('brake pads') }),
    'server/discover': (asked) => json(asked, { error: { code: -32_601, message: 'Method not found' } }),
  };
  return ScriptedPeer.start(async (connection) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void connection.heard('DELETE ').then(resolve);
    void connection.heard('"jsonrpc"').then(resolve);
    await promise;
    const { received } = connection;
    const id = Number(/"id":(\d+)/.exec(received)?.[1]);
    const method = /"method":"([^"]+)"/.exec(received)?.[1] ?? received.slice(0, received.indexOf(' '));
    const asked = { connection, id, method, cursor: /"cursor":"([^"]+)"/.exec(received)?.[1] };
    const script = scripts[method] ?? decent[method] ?? ((other: Asked) => say(other, status(405)));
    script(asked);
  });
}

interface BadPeer {
  readonly why: string;
  readonly scripts: Readonly<Record<string, (asked: Asked) => void>>;
  readonly reason: ReasonCode | 'pass';
  readonly sentence: string | RegExp;
  readonly body?: RegExp;
}

/** Short where it is waited for, long where a busy machine must not reach it. */
const shortMs = 1_500;
const badPeers: readonly BadPeer[] = [
  {
    why: 'it answers the handshake and then nothing any more',
    scripts: { 'tools/call': () => {} },
    reason: 'timeout',
    sentence: 'No complete answer within 1500 ms, while calling the tool search',
  },
  {
    why: 'it never answers the handshake',
    scripts: { 'server/discover': () => {} },
    reason: 'timeout',
    sentence: 'No complete answer within 1500 ms, while shaking hands',
  },
  {
    why: 'it answers another request than the one that was made',
    scripts: {
      'tools/call': ({ connection, ...asked }) =>
        json({ connection, ...asked, id: 99 }, { result: text('brake pads') }),
    },
    reason: 'protocol-error',
    sentence: /^The answer is not valid MCP: it answers request 99, asked was \d$/,
  },
  {
    why: 'it answers with a negative id',
    scripts: {
      'tools/call': ({ connection, ...asked }) =>
        json({ connection, ...asked, id: -asked.id }, { result: text('brake pads') }),
    },
    reason: 'protocol-error',
    sentence: /^The answer is not valid MCP: it answers request -\d, asked was \d$/,
  },
  {
    why: 'it answers with its id as text',
    scripts: {
      initialize: (asked) =>
        say(asked, page(JSON.stringify({ jsonrpc: '2.0', id: String(asked.id), result: {} }), jsonHead)),
    },
    reason: 'protocol-error',
    sentence: /it answers request "2", asked was 2$/,
  },
  {
    why: 'it lies about its id within a stream',
    scripts: { 'tools/call': (asked) => asked.connection.say(`${streamHead}${event({ id: 0, result: text('x') })}`) },
    reason: 'protocol-error',
    sentence: /it answers request 0, asked was \d$/,
  },
  {
    why: 'an error of the protocol comes inside 200',
    scripts: {
      'tools/call': (asked) => json(asked, { error: { code: -32_603, message: 'quota of 400 requests is used up' } }),
    },
    reason: 'call-failed',
    sentence: 'The answer to a call of search was error -32603: quota of 400 requests is used up',
  },
  {
    why: 'an error of the protocol comes with a status of its own',
    scripts: {
      'tools/call': (asked) =>
        say(
          asked,
          status(
            404,
            JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } }),
            jsonHead,
          ),
        ),
    },
    reason: 'call-failed',
    sentence: 'The answer to a call of search was error -32001: Session not found',
  },
  {
    why: 'it says OK to everything, as its health page does',
    scripts: Object.fromEntries(
      ['server/discover', 'initialize'].map((method) => [
        method,
        (asked: Asked) => say(asked, page('OK', 'Content-Type: text/plain\r\n')),
      ]),
    ),
    reason: 'not-mcp',
    sentence: 'There is no MCP at this address: it answered 200 text/plain “OK”',
    body: /^OK$/,
  },
  {
    why: 'a page to log in comes with 200',
    scripts: { 'tools/call': (asked) => say(asked, page(html, 'Content-Type: text/html; charset=utf-8\r\n')) },
    reason: 'not-mcp',
    sentence: `There is no MCP at this address: it answered 200 text/html “${html}”`,
  },
  {
    why: 'it says that it is JSON and is a page',
    scripts: { initialize: (asked) => say(asked, page(html, jsonHead)) },
    reason: 'not-mcp',
    sentence: `There is no MCP at this address: it answered 200 application/json “${html}”`,
  },
  {
    why: 'the answer is an empty page without a type',
    scripts: { initialize: (asked) => say(asked, page('')) },
    reason: 'not-mcp',
    sentence: 'There is no MCP at this address: it answered 200 without a type nothing',
  },
  {
    why: 'its JSON is no JSON-RPC',
    scripts: { initialize: (asked) => say(asked, page('{"status":"ok"}', jsonHead)) },
    reason: 'protocol-error',
    sentence: 'The answer is not valid MCP: a message does not name JSON-RPC 2.0',
  },
  {
    why: 'it closes its stream before the answer',
    scripts: { 'tools/call': (asked) => say(asked, `${streamHead}${event({ method: 'notifications/progress' })}`) },
    reason: 'connection-closed',
    sentence: 'The connection was closed while calling the tool search',
  },
  {
    why: 'it resets its stream in the middle of the answer',
    scripts: {
      'tools/call': ({ connection }) => {
        connection.say(`${streamHead}event: message\ndata: {"jsonrpc":"2.0","id":5,"resu`);
        setTimeout(() => connection.reset(), 50);
      },
    },
    reason: 'connection-reset',
    sentence: 'The connection was reset while calling the tool search',
    body: /"resu$/,
  },
  {
    why: 'it floods its stream with events',
    scripts: {
      'tools/call': ({ connection }) => {
        connection.say(streamHead);
        connection.sayForEver(event({ method: 'notifications/message', params: { data: 'x'.repeat(1_000) } }));
      },
    },
    reason: 'body-too-large',
    sentence: 'The answer is larger than 4194304 bytes',
  },
  {
    why: 'it floods its answer with JSON',
    scripts: {
      'tools/list': ({ connection }) => {
        connection.say(`HTTP/1.1 200 OK\r\n${jsonHead}\r\n[`);
        connection.sayForEver('{"jsonrpc":"2.0","method":"notifications/message"},');
      },
    },
    reason: 'body-too-large',
    sentence: 'The answer is larger than 4194304 bytes',
  },
  {
    why: 'its event never ends',
    scripts: {
      'tools/call': ({ connection }) => {
        connection.say(`${streamHead}data: `);
        connection.sayForEver('x');
      },
    },
    reason: 'body-too-large',
    sentence: 'The answer is larger than 4194304 bytes',
  },
  {
    why: 'the pages of its tools lead in a circle',
    scripts: {
      'tools/list': (asked) =>
        json(asked, { result: { tools: [{ name: 'search' }], nextCursor: asked.cursor === 'b' ? 'a' : 'b' } }),
    },
    reason: 'protocol-error',
    sentence: 'The answer is not valid MCP: the pages of tools/list lead in a circle',
  },
  {
    why: 'the pages of its tools have no end',
    scripts: {
      'tools/list': (asked) =>
        json(asked, {
          result: { tools: [{ name: 'search' }], nextCursor: `p${Number(asked.cursor?.slice(1) ?? 0) + 1}` },
        }),
    },
    reason: 'protocol-error',
    sentence: 'The answer is not valid MCP: tools/list has more than 64 pages and no end',
  },
  {
    why: 'its list of tools is none',
    scripts: { 'tools/list': (asked) => json(asked, { result: { tools: { search: {} } } }) },
    reason: 'protocol-error',
    sentence: 'The answer is not valid MCP: tools/list has no list of tools',
  },
  {
    why: 'the result of its tool has no content',
    scripts: { 'tools/call': (asked) => json(asked, { result: { answer: 42 } }) },
    reason: 'protocol-error',
    sentence: 'The answer is not valid MCP: the result of a tool has no content',
  },
  {
    why: 'it speaks a version that nobody knows',
    scripts: {
      initialize: (asked) => json(asked, { result: { protocolVersion: '1999-01-01', serverInfo, capabilities: {} } }),
    },
    reason: 'value-mismatch',
    sentence: 'The version of MCP is 1999-01-01, expected 2025-11-25',
  },
  {
    why: 'it does not take the end of the handshake',
    scripts: { 'notifications/initialized': (asked) => say(asked, status(500)) },
    reason: 'wrong-status',
    sentence: 'Answered 500, expected 200',
  },
  {
    why: 'its process is down behind a proxy',
    scripts: {
      'server/discover': (asked) => say(asked, status(502)),
      initialize: (asked) => say(asked, status(502, 'Bad Gateway')),
    },
    reason: 'wrong-status',
    sentence: 'Answered 502, expected 200',
    body: /^Bad Gateway$/,
  },
  {
    why: 'it fails at what it does not know and is well otherwise',
    scripts: { 'server/discover': (asked) => say(asked, status(500, 'KeyError')) },
    reason: 'pass',
    sentence: 'Everything asked for was there',
  },
  {
    why: 'a redirect leads to another place',
    scripts: { 'server/discover': (asked) => say(asked, status(307, '', 'Location: http://127.0.0.1:9/mcp\r\n')) },
    reason: 'hop-refused',
    sentence:
      'The redirect to http://127.0.0.1:9/mcp is not followed: clients of MCP stay at the address they were given',
  },
  {
    why: 'a redirect would make a GET of it',
    scripts: { 'server/discover': (asked) => say(asked, status(302, '', 'Location: /login\r\n')) },
    reason: 'hop-refused',
    sentence: 'The redirect to /login is not followed: it would make a GET of the request',
  },
  {
    why: 'redirects lead in a circle',
    scripts: { 'server/discover': (asked) => say(asked, status(308, '', 'Location: /mcp\r\n')) },
    reason: 'too-many-redirects',
    sentence: /^More than 5 redirects; the last was to http:\/\/127\.0\.0\.1:\d+\/mcp$/,
  },
  {
    why: 'it answers in a stream and does not close it: the answer is there, that is enough',
    scripts: {
      'tools/call': ({ connection, id }) =>
        connection.say(
          `${streamHead}: hello\n\n${event({ method: 'notifications/progress' })}${event({ id, result: text('brake pads') })}`,
        ),
    },
    reason: 'pass',
    sentence: 'Everything asked for was there',
  },
  {
    why: 'it says goodbye to nobody: a session that cannot be ended in time holds nothing up for ever',
    scripts: {
      initialize: ({ connection, id }) => {
        const result = { protocolVersion: '2025-11-25', serverInfo, capabilities: {} };
        connection.say(page(JSON.stringify({ jsonrpc: '2.0', id, result }), `${jsonHead}Mcp-Session-Id: a-b-c\r\n`));
      },
      DELETE: () => {},
    },
    reason: 'pass',
    sentence: 'Everything asked for was there',
  },
];
const call = { tool: 'search', arguments: { query: 'brake' }, expect: { text: 'brake pads' } };
for (const { why, scripts, reason, sentence, body } of badPeers) {
  test(`mcp: ${why}`, async () => {
    await using peer = await server(scripts);
    const settings = { url: peer.url('/mcp'), call, expect: { tools: ['search'] } };
    const result = await probeOnce('mcp', settings, { timeoutMs: reason === 'timeout' ? shortMs : 20_000 });
    await peer.allClosed();
    if (typeof sentence === 'string') assert.equal(result.sentence, sentence);
    else assert.match(result.sentence, sentence);
    if (reason === 'pass') assert.equal(result.outcome, 'pass');
    else assert.deepEqual([result.outcome, result.reason], ['fail', reason]);
    if (body !== undefined) assert.match(result.evidence!.body!, body);
  });
}

test('mcp: a server that asks whether we are there gets its answer before it goes on', async () => {
  let replied = '';
  const waiting = Promise.withResolvers<void>();
  await using peer = await ScriptedPeer.start(async (connection) => {
    await connection.heard('"jsonrpc"');
    const { received } = connection;
    const id = Number(/"id":(\d+)/.exec(received)?.[1]);
    if (received.includes('"result":{}')) {
      replied = received;
      say({ connection, id, method: '', cursor: undefined }, status(202));
      waiting.resolve();
    } else if (received.includes('server/discover'))
      say({ connection, id, method: '', cursor: undefined }, status(400));
    else if (received.includes('"initialize"')) {
      connection.say(`${streamHead}${event({ id: 'are-you-there', method: 'ping' })}`);
      await waiting.promise;
      connection.say(event({ id, result: { protocolVersion: '2025-11-25', serverInfo, capabilities: {} } }));
    } else say({ connection, id, method: '', cursor: undefined }, status(202));
  });
  const result = await probeOnce('mcp', { url: peer.url('/mcp') }, { timeoutMs: 10_000 });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.match(replied, /\{"jsonrpc":"2\.0","id":"are-you-there","result":\{\}\}$/);
});

test('mcp: in the older transport a server that sends messages elsewhere is not followed there', async () => {
  await using peer = await ScriptedPeer.start(async (connection) => {
    await connection.heard('\r\n\r\n');
    connection.say(`${streamHead}event: endpoint\ndata: http://169.254.169.254/latest\n\n`);
  });
  const result = await probeOnce('mcp', { url: peer.url('/sse'), transport: 'sse' });
  await peer.allClosed();
  assert.equal(result.sentence, 'The answer is not valid MCP: the place for messages is at another address');
  assert.equal(peer.opened, 1);
});

test('mcp: in the older transport a stream that says nothing is left at the deadline', async () => {
  await using peer = await ScriptedPeer.start(async (connection) => {
    await connection.heard('\r\n\r\n');
    connection.say(streamHead);
  });
  const result = await probeOnce('mcp', { url: peer.url('/sse'), transport: 'sse' }, { timeoutMs: shortMs });
  await peer.allClosed();
  assert.equal(result.sentence, 'No complete answer within 1500 ms, while shaking hands');
});

const looks: readonly { why: string; answer: string | Buffer; outcome: 'pass' | 'fail'; sentence: RegExp }[] = [
  { why: '406 is healthy', answer: status(406), outcome: 'pass', sentence: /./ },
  { why: '405 is healthy', answer: status(405), outcome: 'pass', sentence: /./ },
  {
    why: '400 with an error of MCP is healthy',
    answer: status(400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"No session"}}'),
    outcome: 'pass',
    sentence: /./,
  },
  { why: 'a stream is the older transport', answer: `${streamHead}event: endpoint\n`, outcome: 'pass', sentence: /./ },
  {
    why: 'any other 400 is not',
    answer: status(400, 'Bad Request'),
    outcome: 'fail',
    sentence: /^Answered 400, expected what/,
  },
  {
    why: '404 is another place',
    answer: status(404),
    outcome: 'fail',
    sentence: /^Answered 404, expected what an MCP endpoint/,
  },
  { why: '500 is broken', answer: status(500), outcome: 'fail', sentence: /^Answered 500/ },
  {
    why: 'a page is no endpoint',
    answer: page(html, 'Content-Type: text/html\r\n'),
    outcome: 'fail',
    sentence: /^There is no MCP at this address: it answered 200 text\/html/,
  },
  {
    why: '401 that does not say how to log in is no door',
    answer: status(401),
    outcome: 'fail',
    sentence: /^It asks for a login/,
  },
];
for (const { why, answer, outcome, sentence } of looks) {
  test(`mcp: a look at the endpoint: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(async (connection) => {
      await connection.heard('\r\n\r\n');
      connection.say(answer);
    });
    const result = await probeOnce('mcp', { url: peer.url('/mcp'), reach: 'endpoint' });
    await peer.allClosed();
    assert.equal(result.outcome, outcome, result.sentence);
    assert.match(result.sentence, sentence);
    assert.equal(peer.opened, 1, 'one request and no session');
    if (outcome === 'pass')
      assert.match(mcpKind.describe(result.observed, result.totalUs), /^endpoint there \(\d{3}\) in [\d.]+ ms$/);
  });
}
