import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCertificate } from '../../../../../../testkit/certificates.ts';
import { startMcp } from '../../../../../../testkit/mcp-servers.ts';
import { openNetwork, probeOnce } from '../../../../../../testkit/probe-once.ts';
import { type PeerConnection, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import { argumentHeaders } from './http-channel.ts';

const jsonHead = 'Content-Type: application/json\r\n';

/** A server of the newer era that says who it is, wherever it is asked. */
async function introduce(connection: PeerConnection): Promise<void> {
  await connection.heard('"jsonrpc"');
  const id = Number(/"id":(\d+)/.exec(connection.received)?.[1]);
  const result = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: {} };
  connection.say(page(JSON.stringify({ jsonrpc: '2.0', id, result }), jsonHead));
  connection.end();
}

test('mcp: a certificate that nobody vouches for is refused before anything is sent, unless it is not to be judged', async () => {
  const { key, cert } = makeCertificate({ subject: 'shop', names: ['127.0.0.1'] });
  await using peer = await ScriptedPeer.start(introduce, { tls: { key, cert } });
  const refused = await probeOnce('mcp', { url: peer.url('/mcp') });
  assert.deepEqual([refused.outcome, refused.reason], ['fail', 'certificate-invalid']);
  assert.ok(peer.heard.every(({ received }) => received === ''));
  const passed = await probeOnce('mcp', { url: peer.url('/mcp'), tls: { verify: false } });
  assert.equal(passed.outcome, 'pass', passed.sentence);
  assert.ok(passed.phases.tlsUs! > 0);
  await peer.allClosed();
});

test('mcp: a name is looked up once for the whole conversation, and its time is told', async () => {
  await using server = await startMcp('sessions');
  let looked = 0;
  const network = {
    ...openNetwork,
    forbids: openNetwork.forbids.bind(openNetwork),
    resolve(host: string) {
      looked += 1;
      return openNetwork.resolve(host);
    },
  };
  const url = server.url.replace('127.0.0.1', 'localhost');
  const result = await probeOnce('mcp', { url, call: { tool: 'stock' } }, { network });
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.equal(looked, 1);
  assert.ok(result.phases.dnsUs! >= 0);
});

test('mcp: the policy is asked before each request, and one that it forbids is not made', async () => {
  await using server = await startMcp('sessions');
  let allowed = 2;
  const network = {
    resolve: (host: string) => openNetwork.resolve(host),
    forbids() {
      allowed -= 1;
      return allowed < 0 ? 'it is forbidden from now on' : undefined;
    },
  };
  const result = await probeOnce('mcp', { url: server.url }, { network });
  assert.deepEqual([result.outcome, result.reason], ['unknown', 'address-not-allowed']);
  assert.deepEqual(server.requests, ['POST /mcp server/discover', 'POST /mcp initialize']);
});

test('mcp: a redirect to the same server is followed with its body, as frameworks redirect /mcp to /mcp/', async () => {
  await using peer = await ScriptedPeer.start(async (connection) => {
    await connection.heard('"jsonrpc"');
    if (connection.received.startsWith('POST /mcp/ ')) return introduce(connection);
    connection.say('HTTP/1.1 307 Temporary Redirect\r\nLocation: /mcp/\r\nContent-Length: 0\r\n\r\n');
    connection.end();
  });
  const result = await probeOnce('mcp', { url: peer.url('/mcp') });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.equal(peer.opened, 2);
});

test('mcp: a server of the newer era is told in the head of a request what it is about, once each', async () => {
  await using peer = await ScriptedPeer.start(introduce);
  await probeOnce('mcp', { url: peer.url('/mcp?key=1'), token: 'a-token', headers: { 'X-Shop': 'hot-rod' } });
  const head = peer.heard[0]!.received.split('\r\n\r\n')[0]!.split('\r\n');
  assert.deepEqual(
    head.filter((line) => !/^(Host|Content-Length)/.test(line)).sort(),
    [
      'Accept: application/json, text/event-stream',
      'Authorization: Bearer a-token',
      'Connection: close',
      'Content-Type: application/json',
      'MCP-Protocol-Version: 2026-07-28',
      'Mcp-Method: server/discover',
      'POST /mcp?key=1 HTTP/1.1',
      'User-Agent: Pitwall',
      'X-Shop: hot-rod',
    ].sort(),
  );
});

for (const { why, schema, values, headers } of [
  { why: 'none is asked for', schema: { properties: { a: { type: 'string' } } }, values: { a: 'x' }, headers: {} },
  {
    why: 'one is asked for',
    schema: { properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
    values: { region: 'eu-west' },
    headers: { 'Mcp-Param-Region': 'eu-west' },
  },
  {
    why: 'numbers and truths are written as text',
    schema: { properties: { n: { 'x-mcp-header': 'N' }, b: { 'x-mcp-header': 'B' } } },
    values: { n: 3, b: false },
    headers: { 'Mcp-Param-N': '3', 'Mcp-Param-B': 'false' },
  },
  {
    why: 'it may stand deeper',
    schema: { properties: { shop: { properties: { id: { 'x-mcp-header': 'Shop' } } } } },
    values: { shop: { id: 'hot-rod' } },
    headers: { 'Mcp-Param-Shop': 'hot-rod' },
  },
  {
    why: 'what cannot stand in a head goes there as base64',
    schema: { properties: { q: { 'x-mcp-header': 'Q' } } },
    values: { q: 'ré\r\nX: y' },
    headers: { 'Mcp-Param-Q': `=?base64?${Buffer.from('ré\r\nX: y').toString('base64')}?=` },
  },
  {
    why: 'what is not given is left out',
    schema: { properties: { q: { 'x-mcp-header': 'Q' } } },
    values: {},
    headers: {},
  },
  {
    why: 'a name that is none is left out',
    schema: { properties: { q: { 'x-mcp-header': 'a b' } } },
    values: { q: '1' },
    headers: {},
  },
  { why: 'a schema that is none asks for nothing', schema: 'object', values: { q: '1' }, headers: {} },
]) {
  test(`mcp: arguments that a tool wants in the head: ${why}`, () => {
    assert.deepEqual(argumentHeaders(schema, values), headers);
  });
}

test('mcp: a real server of the newer era that wants an argument in the head gets it at the second try', async () => {
  await using server = await startMcp('newer era only');
  const result = await probeOnce('mcp', { url: server.url, call: { tool: 'price', arguments: { sku: 'BP 1é' } } });
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.deepEqual(
    server.requests.map((request) => request.split(' ')[2]),
    ['server/discover', 'tools/call', 'tools/list', 'tools/call'],
  );
  const listed = await probeOnce('mcp', {
    url: server.url,
    call: { tool: 'price', arguments: { sku: 'BP 1é' } },
    expect: { tools: ['price'] },
  });
  assert.equal(listed.outcome, 'pass', listed.sentence);
  assert.equal(server.requests.length, 7, 'known beforehand, it is right at once');
});
