import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { kinds, type OnceOutcome, runOnce } from '../server/src/capabilities/checks/api.ts';
import { loadConfig } from '../server/src/capabilities/config/load.ts';
import { parseConfig } from '../server/src/capabilities/config/parse.ts';
import { channelKinds } from '../server/src/capabilities/outbox/api.ts';
import type { WatchedCheck } from '../server/src/capabilities/services/api.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import { createNetwork } from '../server/src/platform/resolver.ts';
import { type Shop, startShop } from './shop-fixtures.ts';

const file = path.join(import.meta.dirname, '../examples/hot-rod-an/pitwall.yaml');
const network = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
const load = (environment: Readonly<Record<string, string>>) =>
  loadConfig({ file, kinds, channelKinds, environment, nowMs: systemClock.nowMs() });

/** A busy machine may answer a healthy page too late once; it is asked again at once. */
const clock = { ...systemClock, sleep: async () => {} };

/** Outcome and reason of every check, by key. */
async function look(checks: readonly WatchedCheck[]): Promise<Record<string, string>> {
  const once = async (check: WatchedCheck) => [check.key, wordOf(await runOnce(check, clock, network))] as const;
  return Object.fromEntries(await Promise.all(checks.map(once)));
}

function wordOf({ result }: OnceOutcome): string {
  return `${result.outcome}: ${result.reason}`;
}

async function lookAt(shop: Shop): Promise<Record<string, string>> {
  const config = await load(shop.environment);
  return look(config.services.flatMap((service) => service.checks));
}

const healthy = {
  'database/pooler': 'pass: connected',
  'database/query': 'pass: expectations-met',
  'redis/memory': 'pass: expectations-met',
  'shop-admin-app/page': 'pass: expectations-met',
  'shop-agent-service/health': 'pass: expectations-met',
  'shop-agent-service/approvals': 'pass: expectations-met',
  'shop-rag-mcp/health': 'pass: expectations-met',
  'shop-rag-mcp/search': 'pass: expectations-met',
  'shop-analytics-mcp/health': 'pass: expectations-met',
  'shop-analytics-mcp/tools': 'pass: expectations-met',
  'docs-mcp/endpoint': 'pass: expectations-met',
};

for (const { why, harm, differs } of [
  { why: 'the whole shop is up', harm: async () => {}, differs: {} },
  {
    why: 'a dead database is seen by the deep probe, while the health page stays green',
    harm: (shop: Shop) => shop.stopDatabase(),
    differs: {
      'database/pooler': 'fail: connection-refused',
      'database/query': 'fail: connection-refused',
      'shop-agent-service/approvals': 'fail: wrong-status',
    },
  },
  {
    why: 'a page over its budget is degraded, not down',
    harm: async ({ state }: Shop) => {
      state.adminDelayMs = 320;
    },
    differs: { 'shop-admin-app/page': 'degraded: too-slow' },
  },
  {
    why: 'a process that answers but is not ready has not passed',
    harm: async ({ state }: Shop) => {
      state.agent = 'starting';
    },
    differs: { 'shop-agent-service/health': 'fail: json-mismatch' },
  },
  {
    why: 'a process that had stopped because nobody asked is started by the question, and that is no trouble',
    harm: async ({ state }: Shop) => {
      state.agent = 'asleep';
    },
    differs: {
      'shop-agent-service/health': 'pass: cold-start',
      'shop-agent-service/approvals': 'pass: cold-start',
    },
  },
  {
    why: 'a crashed process fails both its checks',
    harm: async ({ state }: Shop) => {
      state.agent = 'crashed';
    },
    differs: {
      'shop-agent-service/health': 'fail: wrong-status',
      'shop-agent-service/approvals': 'fail: wrong-status',
    },
  },
  {
    why: 'a broken search is seen where it is used, while its health page stays green',
    harm: async ({ state }: Shop) => {
      state.rag.search = 'throws';
    },
    differs: { 'shop-rag-mcp/search': 'fail: tool-failed' },
  },
] as { why: string; harm: (shop: Shop) => Promise<void>; differs: Record<string, string> }[]) {
  test(why, async () => {
    await using shop = await startShop();
    await harm(shop);
    assert.deepEqual(await lookAt(shop), { ...healthy, ...differs });
  });
}

test('the database comes back, and everything with it', async () => {
  await using shop = await startShop();
  await shop.stopDatabase();
  assert.equal((await lookAt(shop))['database/pooler'], 'fail: connection-refused');
  await shop.startDatabase();
  assert.deepEqual(await lookAt(shop), healthy);
});

test('the page that does not exist is not asked', async () => {
  await using shop = await startShop();
  await lookAt(shop);
  assert.deepEqual([...new Set(shop.requests)].sort(), ['GET /app?mock=1', 'GET /approvals', 'GET /health']);
});

test('410 Gone within the budget is a failure: status outranks latency', async () => {
  await using shop = await startShop();
  const text = `services: {admin: {checks: {live: {kind: http, url: "${shop.environment.HOTROD_ADMIN_URL}/app?mock=0",
    expect: {latency: {total: 800ms}}}}}}`;
  const outcome = parseConfig({ file: 'live.yaml', text, kinds, channelKinds, environment: {}, files: new Map() });
  assert.ok(outcome.ok);
  assert.deepEqual(await look(outcome.config.services[0]!.checks), { 'admin/live': 'fail: wrong-status' });
});

test('with nothing set the file is valid, and every check says what it lacks', async () => {
  const config = await load({});
  const checks = config.services.flatMap((service) => service.checks);
  for (const check of checks)
    assert.match(
      check.missing.join(),
      /^HOTROD_(?:ADMIN_URL|AGENT_URL|REDIS_URL|DATABASE_HOST(?:,HOTROD_DATABASE_(?:USER|PASSWORD))*|RAG_URL|ANALYTICS_URL|DOCS_URL|ANALYTICS_URL,HOTROD_ANALYTICS_TOKEN)$/,
    );
  const looks = await look(checks);
  assert.deepEqual(new Set(Object.values(looks)), new Set(['unknown: not-configured']));
  assert.deepEqual(config.channels[0]?.missing, ['HOTROD_WEBHOOK_URL', 'HOTROD_WEBHOOK_SECRET']);
  assert.deepEqual(config.channels[1]?.missing, ['HOTROD_SLACK_URL']);
  assert.equal(config.warnings.length, checks.length + 2);
});

test('one variable that is not set leaves the rest watched', async () => {
  await using shop = await startShop();
  const { HOTROD_DATABASE_HOST: _, ...environment } = shop.environment;
  const config = await load(environment);
  const looks = await look(config.services.flatMap((service) => service.checks));
  assert.deepEqual(looks, {
    ...healthy,
    'database/pooler': 'unknown: not-configured',
    'database/query': 'unknown: not-configured',
  });
});

test('every variable is explained in the README', async () => {
  const used = new Set((await readFile(file, 'utf8')).match(/HOTROD_[A-Z_]+/g));
  assert.equal(used.size, 14);
  const readme = await readFile(path.join(path.dirname(file), 'README.md'), 'utf8');
  for (const name of used) assert.ok(readme.includes(`| \`${name}\` |`), name);
});
