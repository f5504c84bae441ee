import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetwork } from '../../../../testkit/probe-once.ts';
import { answering, page, ScriptedPeer } from '../../../../testkit/scripted-peer.ts';
import { systemClock } from '../../platform/clock.ts';
import type { WatchedCheck } from '../services/api.ts';
import { runOnce } from './run-once.ts';

function check(spec: unknown, more: Partial<WatchedCheck> = {}): WatchedCheck {
  return {
    ...{ key: 'shop/page', serviceId: 'shop', checkId: 'page', title: 'Page', kind: 'http', intervalMs: 10_000 },
    ...{ timeoutMs: 2_000, retries: 2, downAfter: 1, upAfter: 1, missing: [], secrets: [], spec, shownSpec: spec },
    ...more,
  };
}
const failing = 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n';

test('a failure is tried again, and the first that does not fail counts', async () => {
  let asked = 0;
  await using peer = await ScriptedPeer.start((connection) => {
    asked += 1;
    return answering(asked < 2 ? failing : page('well'))(connection);
  });
  const { result, attempts } = await runOnce(check({ url: peer.url() }), systemClock, openNetwork);
  assert.deepEqual([result.outcome, attempts, peer.opened], ['pass', 2, 2]);
});

test('after the last retry the failure counts', async () => {
  await using peer = await ScriptedPeer.start(answering(failing));
  const { result, attempts } = await runOnce(check({ url: peer.url() }, { retries: 1 }), systemClock, openNetwork);
  assert.deepEqual([result.reason, attempts, peer.opened], ['wrong-status', 2, 2]);
});

test('a slow answer is not tried until it happens to be quick', async () => {
  await using peer = await ScriptedPeer.start(answering(page('x'.repeat(900_000))));
  const spec = { url: peer.url(), expect: { latency: { total: 0.001 } } };
  const { result, attempts } = await runOnce(check(spec), systemClock, openNetwork);
  assert.deepEqual([result.outcome, attempts], ['degraded', 1]);
});

test('a check that is not configured is not run', async () => {
  const { result, attempts } = await runOnce(check({}, { missing: ['SHOP_URL'] }), systemClock, openNetwork);
  assert.deepEqual([result.outcome, result.reason, attempts], ['unknown', 'not-configured', 0]);
});

test('a kind that throws ends as a result that blames Pitwall, and nobody is left waiting', async () => {
  // Not to be sent as one byte; the schema refuses it, but nothing that gets here may take the prober down.
  const spec = { url: 'http://127.0.0.1:1/', headers: { 'X-City': 'Łódź' } };
  const { result, attempts } = await runOnce(check(spec), systemClock, openNetwork);
  assert.deepEqual([result.outcome, result.reason, attempts], ['unknown', 'internal-error', 1]);
  assert.deepEqual(result.evidence, { facts: { code: 'ERR_INVALID_CHAR' } });
  const unknownKind = await runOnce(check({}, { kind: 'telepathy' }), systemClock, openNetwork);
  assert.equal(unknownKind.result.reason, 'internal-error');
});
