import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReasonCode } from '../../../../../contract/src/reasons.ts';
import { DeafListener } from '../../../../../testkit/deaf-listener.ts';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { Nginx } from '../../../../../testkit/nginx.ts';
import { probeOnce } from '../../../../../testkit/probe-once.ts';
import { type Script, ScriptedPeer } from '../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../kind.ts';
import { tcpKind } from './tcp.ts';

const secret = 'AUTH canary-of-40-letters-for-the-database\r\n';
const at = (peer: ScriptedPeer) => ({ host: '127.0.0.1', port: peer.port });

testKind({
  kind: tcpKind as CheckKind,
  async passes() {
    const peer = await ScriptedPeer.start((connection) => connection.say('220 ready\r\n'));
    return { peer, settings: { ...at(peer), expect: { text: '220', latency: { total: '5s' } } } };
  },
  fails: [
    {
      why: 'another greeting fails',
      async scene() {
        const peer = await ScriptedPeer.start((connection) => {
          connection.say('554 no\r\n');
          connection.end();
        });
        return { peer, settings: { ...at(peer), expect: { text: '220' } } };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: { ...at(peer), expect: { text: '220' } } };
  },
  async echoed() {
    const peer = await ScriptedPeer.start(async (connection) => {
      await connection.heard('\r\n');
      // The reply is shortened for its sentence: here in the middle of the secret.
      connection.say(`-ERR ${'.'.repeat(60)}${secret}${JSON.stringify(secret)}${connection.received}`);
      connection.end();
    });
    return { peer, secrets: [secret.trim(), secret], settings: { ...at(peer), send: secret, expect: { text: '+OK' } } };
  },
  wrong: [
    { why: 'a host with a scheme', settings: { host: 'tcp://a', port: 1 } },
    { why: 'a port of 0', settings: { host: 'a', port: 0 } },
    { why: 'a port beyond the last', settings: { host: 'a', port: 65_536 } },
    { why: 'a port as text', settings: { host: 'a', port: '80' } },
    { why: 'a text that always comes', settings: { host: 'a', port: 1, expect: { text: '' } } },
    { why: 'more to send than a greeting', settings: { host: 'a', port: 1, send: 'x'.repeat(4_097) } },
  ],
  settingsFor: (host, port) => ({ host, port }),
});

interface BadPeer {
  readonly why: string;
  readonly script: Script;
  readonly send?: string;
  readonly reason: ReasonCode;
  readonly sentence: string | RegExp;
  readonly body?: string;
  /** The whole time-out goes by. */
  readonly waits?: true;
}

/** Short where it is waited for, long where a busy machine must not reach it. */
const timeoutMs = 300;
const text = '+PONG';
const badPeers: readonly BadPeer[] = [
  {
    why: 'it accepts and never says anything',
    script: () => {},
    reason: 'timeout',
    sentence: 'No complete answer within 300 ms, while waiting for an answer',
  },
  {
    why: 'it drips another text byte by byte; what came is kept',
    script: (connection) => {
      connection.say('loading');
      connection.drip('.');
    },
    reason: 'reply-mismatch',
    sentence: /^Replied “loading\.*” within 300 ms, expected \+PONG$/,
    waits: true,
    body: 'loading',
  },
  {
    why: 'it says something else and stays: that is no time-out',
    script: (connection) => connection.say('-NOAUTH Authentication required.\r\n'),
    reason: 'reply-mismatch',
    sentence: 'Replied “-NOAUTH Authentication required.” within 300 ms, expected +PONG',
    waits: true,
    body: '-NOAUTH',
  },
  {
    why: 'it says half of it and stays',
    script: (connection) => connection.say('+PO'),
    reason: 'reply-mismatch',
    sentence: 'Replied “+PO” within 300 ms, expected +PONG',
    waits: true,
    body: '+PO',
  },
  {
    why: 'it talks without end and never says the word',
    script: (connection) => connection.sayForEver('blah '),
    reason: 'reply-mismatch',
    sentence: `Replied “${'blah '.repeat(16).trim()}”, expected +PONG`,
    body: 'blah blah',
  },
  {
    why: 'it closes at once',
    script: (connection) => connection.end(),
    reason: 'connection-closed',
    sentence: 'The connection was closed while waiting for an answer',
  },
  {
    why: 'it says something else and closes',
    script: (connection) => {
      connection.say('-LOADING the data set\r\n');
      connection.end();
    },
    send: 'PING\r\n',
    reason: 'reply-mismatch',
    sentence: 'Replied “-LOADING the data set”, expected +PONG',
    body: '-LOADING',
  },
  {
    why: 'it resets the connection at once',
    script: (connection) => connection.reset(),
    reason: 'connection-reset',
    sentence: /^The connection was reset while (connecting|waiting for an answer)$/,
  },
  {
    why: 'it resets the connection in the middle of the reply',
    script: (connection) => {
      connection.say('+PO');
      // The reset must not overtake what was said.
      setTimeout(() => connection.reset(), 50);
    },
    reason: 'connection-reset',
    sentence: 'The connection was reset while reading the answer',
    body: '+PO',
  },
  {
    why: 'it says what is no text',
    script: (connection) => {
      connection.say(Buffer.from([0, 255, 254, 0, 128]));
      connection.end();
    },
    reason: 'reply-mismatch',
    sentence: /^Replied “/,
  },
];
for (const { why, script, send, reason, sentence, body = '', waits } of badPeers) {
  test(`tcp: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const settings = { ...at(peer), ...(send === undefined ? {} : { send }), expect: { text } };
    const result = await probeOnce('tcp', settings, { timeoutMs: waits || reason === 'timeout' ? timeoutMs : 10_000 });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason], ['fail', reason], JSON.stringify(result));
    if (typeof sentence === 'string') assert.equal(result.sentence, sentence);
    else assert.match(result.sentence, sentence);
    assert.equal((result.evidence!.body ?? '').slice(0, body.length), body);
    assert.equal(peer.opened, 1);
  });
}

test('tcp: a machine that drops what comes is a connection that does not stand, not a refusal', async () => {
  await using deaf = await DeafListener.start();
  const result = await probeOnce('tcp', { host: '127.0.0.1', port: deaf.port }, { timeoutMs });
  assert.deepEqual(
    [result.outcome, result.sentence],
    ['fail', `No connection to 127.0.0.1:${deaf.port} within 300 ms`],
  );
  assert.deepEqual([result.phases, result.observed], [{}, { open: false }]);
});

test('tcp: a text that comes in pieces is found across them', async () => {
  await using peer = await ScriptedPeer.start((connection) => connection.drip('+PONG'));
  const result = await probeOnce('tcp', { ...at(peer), expect: { text } }, { timeoutMs: 3_000 });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass');
  assert.ok(result.phases.transferUs! >= 50_000);
});

test('tcp: what is sent arrives whole, also where no reply is waited for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using peer = await ScriptedPeer.start(async (connection) => {
    await connection.heard('QUIT\r\n');
    resolve();
  });
  const result = await probeOnce('tcp', { ...at(peer), send: `${'x'.repeat(4_000)}QUIT\r\n` });
  await Promise.all([promise, peer.allClosed()]);
  assert.equal(result.outcome, 'pass');
});

test('tcp: a server that speaks before it is asked does not disturb what is only opened', async () => {
  for (const send of [undefined, 'QUIT\r\n']) {
    await using peer = await ScriptedPeer.start((connection) => {
      connection.say('undefined behaviour\r\n');
      connection.end();
    });
    const result = await probeOnce('tcp', { ...at(peer), ...(send === undefined ? {} : { send }) });
    await peer.allClosed();
    assert.equal(result.outcome, 'pass', result.sentence);
  }
});

test('tcp: a slow reply is degraded, not failed', async () => {
  await using peer = await ScriptedPeer.start((connection) => connection.drip('+PONG'));
  const settings = { ...at(peer), expect: { text, latency: { total: '20ms' } } };
  const result = await probeOnce('tcp', settings, { timeoutMs: 3_000 });
  assert.deepEqual([result.outcome, result.reason], ['degraded', 'too-slow']);
  assert.match(result.sentence, /^The reply took \d+ ms, limit 20 ms$/);
});

test('tcp: a real nginx has its port open, by address, by name and in brackets', async () => {
  await using nginx = await Nginx.start();
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
    const result = await probeOnce('tcp', { host, port: nginx.port }, { timeoutMs: 3_000 });
    assert.equal(result.outcome, 'pass', `${host}: ${result.sentence}`);
    assert.equal(result.phases.dnsUs === undefined, host !== 'localhost');
  }
  await nginx.stop();
  const stopped = await probeOnce('tcp', { host: '127.0.0.1', port: nginx.port });
  assert.equal(stopped.reason, 'connection-refused');
});

test('tcp: a port that did not open is not described as open', () => {
  assert.equal(tcpKind.describe({ open: false }, 1_000), '');
  assert.equal(tcpKind.describe({ open: true }, 14_000), 'port open in 14 ms');
});
