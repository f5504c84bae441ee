/** An agent asks what is wrong: of a real Pitwall, over HTTP and over `./pitwall mcp`, in either protocol era. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { OnePage } from '../../../testkit/one-page.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';

const main = path.resolve(import.meta.dirname, '../main.ts');

async function transportTo(pitwall: PitwallProcess, over: 'HTTP' | 'stdio') {
  if (over === 'stdio') {
    const args = ['--disable-warning=ExperimentalWarning', main, 'mcp', '--data', pitwall.dataDir];
    return new StdioClientTransport({ command: process.execPath, args });
  }
  const [token] = (await readFile(path.join(pitwall.dataDir, 'cli.token'), 'utf8')).split('\n');
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  return new StreamableHTTPClientTransport(new URL(`${pitwall.baseUrl}/mcp`), { requestInit });
}

async function connect(pitwall: PitwallProcess, over: 'HTTP' | 'stdio', mode: 'auto' | 'legacy') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(await transportTo(pitwall, over));
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    const answer = await client.callTool({ name, arguments: args });
    assert.notEqual(answer.isError, true, JSON.stringify(answer.content));
    return answer.structuredContent as Record<string, unknown>;
  };
  return Object.assign(client, { call, [Symbol.asyncDispose]: () => client.close() });
}

test('an agent finds out what is wrong, why, since when and what changed, over HTTP and stdio, old and new', async () => {
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile);
  await pitwall.untilStatus('shop', 'up');
  page.status = 503;
  await pitwall.untilStatus('shop', 'down');
  for (const over of ['HTTP', 'stdio'] as const) {
    for (const mode of ['auto', 'legacy'] as const) {
      await using client = await connect(pitwall, over, mode);
      assert.equal(client.getNegotiatedProtocolVersion(), mode === 'auto' ? '2026-07-28' : '2025-11-25');
      const { verdict, wrong, atMs } = (await client.call('what_is_wrong')) as {
        verdict: string;
        wrong: { serviceId: string; sinceMs: number; checks: { checkId: string }[] }[];
        atMs: number;
      };
      assert.match(verdict, /Parts shop is down/);
      const [shop] = wrong;
      assert.equal(shop!.serviceId, 'shop');
      // By the ids that were given, and nothing else.
      const ids = { serviceId: shop!.serviceId, checkId: shop!.checks[0]!.checkId };
      const { changes } = (await client.call('get_service', { serviceId: ids.serviceId })) as {
        changes: { to: string; effectiveAtMs: number }[];
      };
      assert.deepEqual([changes[0]!.to, changes[0]!.effectiveAtMs], ['down', shop!.sinceMs]);
      const { results } = (await client.call('list_results', { ...ids, limit: 1 })) as { results: { why: string }[] };
      assert.match(results[0]!.why, /503|No complete answer/);
      const span = { fromMs: atMs - 60_000, toMs: atMs };
      const { count } = (await client.call('read_series', { ...ids, ...span, buckets: 10 })) as { count: number[] };
      assert.equal(count.length, 10);
      assert.equal((await client.call('run_check', ids)).outcome, 'fail');
      const { entries } = (await client.call('list_changes')) as { entries: { kind: string }[] };
      assert.deepEqual(
        entries.map(({ kind }) => kind),
        ['config.loaded'],
        'what Pitwall itself noted is left out',
      );
    }
  }
});

test('over stdio an agent is told that Pitwall does not answer, and is served again once it does', async () => {
  await using pitwall = await PitwallProcess.start();
  await using client = await connect(pitwall, 'stdio', 'auto');
  await client.call('what_is_wrong');
  await pitwall.end('SIGTERM');
  const refused = await client.callTool({ name: 'what_is_wrong', arguments: {} });
  assert.equal(refused.isError, true);
  assert.match(JSON.stringify(refused.content), /not-reachable.*start it with/);
  // With another token.
  await pitwall.start();
  assert.match(String((await client.call('what_is_wrong')).pitwall), /Pitwall itself is well/);
});
