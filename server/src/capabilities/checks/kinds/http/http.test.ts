import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testKind } from '../../../../../../testkit/kind-suite.ts';
import { Nginx } from '../../../../../../testkit/nginx.ts';
import { probeOnce } from '../../../../../../testkit/probe-once.ts';
import { afterRequest, answering, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../../kind.ts';
import { httpKind } from './http.ts';

const token = 'canary-Token/4711+xyz==';
const bodySecret = 'canary "body" secret\\n';

testKind({
  kind: httpKind as CheckKind,
  async passes() {
    const peer = await ScriptedPeer.start(answering(page('hello')));
    return { peer, settings: { url: peer.url(), expect: { text: 'hello', latency: { total: '5s' } } } };
  },
  fails: [
    {
      why: 'a wrong status fails',
      async scene() {
        const peer = await ScriptedPeer.start(answering('HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n'));
        return { peer, settings: { url: peer.url() } };
      },
    },
    {
      why: 'a slow answer is no plain pass',
      async scene() {
        const peer = await ScriptedPeer.start(answering(page('x'.repeat(3_000_000))));
        return { peer, settings: { url: peer.url(), maxBodyBytes: 4_000_000, expect: { latency: { total: '1ms' } } } };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: { url: peer.url() } };
  },
  async echoed() {
    const peer = await ScriptedPeer.start(
      afterRequest((connection) => {
        const seen = connection.received.replace(/[\r\n]+/g, ' ');
        const json = JSON.stringify({ bodySecret, basic: Buffer.from(token).toString('base64'), said: bodySecret });
        // What is kept ends inside a secret, whatever comes before it.
        const text = `${seen} ${encodeURIComponent(token)} ${json}`.padEnd(4_096 - 12, '.') + token;
        const head = `X-Echo: ${seen}\r\nX-Token: ${token}\r\nSet-Cookie: session=${token}\r\n`;
        connection.say(
          `HTTP/1.1 500 ${token}\r\n${head}Content-Length: ${text.length}\r\nContent-Type: text/plain\r\n\r\n${text}`,
        );
      }),
    );
    const headers = { Authorization: `Bearer ${token}`, 'X-Api-Key': token };
    return {
      peer,
      secrets: [token, bodySecret, `Bearer ${token}`],
      settings: { url: peer.url(), method: 'POST', headers, body: bodySecret },
    };
  },
  wrong: [
    { why: 'an address without http', settings: { url: 'ftp://127.0.0.1/' } },
    { why: 'a header name with a blank', settings: { url: 'http://a/', headers: { 'a b': 'c' } } },
    {
      why: 'a line break in a header would begin another',
      settings: { url: 'http://a/', headers: { a: 'b\r\nc: d' } },
    },
    { why: 'a letter that is not Latin-1 cannot be sent', settings: { url: 'http://a/', headers: { a: 'Łódź' } } },
    { why: 'a status beyond 599', settings: { url: 'http://a/', expect: { status: 600 } } },
    { why: 'an empty list of statuses accepts nothing', settings: { url: 'http://a/', expect: { status: [] } } },
    { why: 'a class written otherwise', settings: { url: 'http://a/', expect: { status: '2XX' } } },
    { why: 'a path with a wildcard', settings: { url: 'http://a/', expect: { json: { '$.*': 1 } } } },
    {
      why: 'a smallest size above the largest',
      settings: { url: 'http://a/', expect: { sizeBytes: { min: 2, max: 1 } } },
    },
    { why: 'a limit without a unit', settings: { url: 'http://a/', expect: { latency: { total: '800' } } } },
    { why: 'an address of the other family', settings: { url: 'http://127.0.0.1/', family: 6 } },
    { why: 'a family that does not exist', settings: { url: 'http://a/', family: 5 } },
    { why: 'a pattern that is none', settings: { url: 'http://a/', expect: { pattern: 'a(' } } },
    {
      why: 'a look-behind has no linear time, and is refused before it is tried',
      settings: { url: 'http://a/', expect: { notPattern: '(?<=a)b' } },
    },
    { why: 'a schema of no known type', settings: { url: 'http://a/', expect: { schema: { type: 'objekt' } } } },
    {
      why: 'a keyword that does not exist would be passed over',
      settings: { url: 'http://a/', expect: { schema: { requierd: ['a'] } } },
    },
    {
      why: 'a schema that refers to nowhere',
      settings: { url: 'http://a/', expect: { schema: { $ref: '#/$defs/a' } } },
    },
    { why: 'a schema in a file that is no JSON', settings: { url: 'http://a/', expect: { schema: '{' } } },
    { why: 'a text that is everywhere', settings: { url: 'http://a/', expect: { text: '' } } },
  ],
  settingsFor: (host, port) => ({ url: `http://${host}:${port}/` }),
});

test('a log-in in the address is sent as one, and its parts are in no evidence', async () => {
  await using peer = await ScriptedPeer.start(
    afterRequest((connection) => {
      const said = connection.received.replace(/[\r\n]+/g, ' ');
      connection.say(`HTTP/1.1 401 No\r\nX-Echo: ${said}\r\nContent-Length: ${said.length}\r\n\r\n${said}`);
    }),
  );
  const url = peer.url().replace('http://', 'http://canary-user:canary%2Fpass@');
  const result = await probeOnce('http', { url });
  const basic = Buffer.from('canary-user:canary/pass').toString('base64');
  assert.match(peer.heard[0]!.received, new RegExp(`Authorization: Basic ${basic}\r\n`));
  const shown = JSON.stringify(result);
  for (const secret of [basic.replace(/=+$/, ''), 'canary/pass', 'canary%2Fpass'])
    assert.ok(!shown.includes(secret), shown);
});

test('a real nginx is asked, and what it says is told in a sentence', async () => {
  await using nginx = await Nginx.start();
  const good = await probeOnce('http', {
    url: nginx.url,
    expect: { text: 'Open', header: { 'Content-Type': 'text/html' } },
  });
  assert.equal(good.outcome, 'pass');
  assert.deepEqual(good.observed, { status: 200, sizeBytes: '<title>Parts shop</title><h1>Open</h1>'.length });
  assert.ok(good.phases.connectUs !== undefined && good.phases.waitUs !== undefined);
  const missing = await probeOnce('http', { url: `${nginx.url}nothing-here` });
  assert.equal(missing.sentence, 'Answered 404, expected 2xx');
  assert.match(missing.evidence!.body!, /404 Not Found/);
  await nginx.stop();
  const stopped = await probeOnce('http', { url: nginx.url });
  assert.equal(stopped.reason, 'connection-refused');
});

test('the request is what the settings say, byte for byte', async () => {
  await using peer = await ScriptedPeer.start(answering(page('')));
  const settings = {
    url: peer.url('/a%20b?c=d#e'),
    method: 'PUT',
    headers: { Accept: 'text/plain', 'X-A': 'é' },
    body: 'ü',
  };
  await probeOnce('http', settings);
  assert.equal(
    peer.heard[0]!.received,
    `PUT /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:${peer.port}\r\nUser-Agent: Pitwall\r\nAccept: text/plain\r\n` +
      'X-A: é\r\nContent-Length: 2\r\nConnection: close\r\n\r\n\xc3\xbc',
  );
});
