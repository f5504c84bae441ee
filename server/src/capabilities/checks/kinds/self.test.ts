import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { probeOnce } from '../../../../../testkit/probe-once.ts';
import { answering, page, ScriptedPeer } from '../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../kind.ts';
import { selfKind } from './self.ts';

const healthy = page('{"status":"ok","store":{"writeMs":1.25}}');

testKind({
  kind: selfKind as CheckKind,
  async passes() {
    const peer = await ScriptedPeer.start(answering(healthy));
    return { peer, settings: { url: peer.url('/healthz'), expect: { latency: { total: '5s' } } } };
  },
  fails: [
    {
      why: 'a page that is not well fails',
      async scene() {
        const peer = await ScriptedPeer.start(answering('HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nstore'));
        return { peer, settings: { url: peer.url() } };
      },
    },
    {
      why: 'a page without an end tells so',
      async scene() {
        const peer = await ScriptedPeer.start((connection) => {
          connection.say('HTTP/1.1 500 No\r\n\r\n');
          connection.sayForEver('x');
        });
        return { peer, settings: { url: peer.url() } };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: { url: peer.url() } };
  },
  wrong: [
    { why: 'no address', settings: {} },
    { why: 'another scheme', settings: { url: 'unix:/run/pitwall' } },
  ],
  settingsFor: (host, port) => ({ url: `http://${host}:${port}/healthz` }),
});

test('self: how long the store takes to write is seen', async () => {
  await using peer = await ScriptedPeer.start(answering(healthy));
  const result = await probeOnce('self', { url: peer.url() });
  assert.equal(result.observed['storeMs'], 1.3);
  assert.match(selfKind.describe(result.observed, result.totalUs), /^page [\d.]+ ms, store 1\.3 ms$/);
});

test('self: a page that says nothing of its store is still well', async () => {
  for (const body of ['', 'ok', '[]', '{"store":{"writeMs":"quick"}}']) {
    await using peer = await ScriptedPeer.start(answering(page(body)));
    const result = await probeOnce('self', { url: peer.url() });
    assert.deepEqual([result.outcome, result.observed['storeMs']], ['pass', undefined]);
  }
});

test('self: a store that cannot write is degraded, in its own word', async () => {
  await using peer = await ScriptedPeer.start(
    answering(page('{"status":"impaired","store":{"state":"full","writeMs":1}}')),
  );
  const result = await probeOnce('self', { url: peer.url() });
  assert.equal(result.outcome, 'degraded');
  assert.equal(result.sentence, 'At store.state the answer has full, expected ok');
});

test('self: what is not 200 is shown with what was said', async () => {
  await using peer = await ScriptedPeer.start(
    answering('HTTP/1.1 302 To\r\nLocation: /x\r\nContent-Length: 3\r\n\r\nlog'),
  );
  const result = await probeOnce('self', { url: peer.url() });
  assert.deepEqual([result.sentence, result.evidence!.body], ['Answered 302, expected 200', 'log']);
});
