import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { type ReasonCode, reasonSentence } from '../../../../../../contract/src/reasons.ts';
import { makeCertificate } from '../../../../../../testkit/certificates.ts';
import { testKind } from '../../../../../../testkit/kind-suite.ts';
import { probeOnce, type SeenResult } from '../../../../../../testkit/probe-once.ts';
import { Redis, redisPassword } from '../../../../../../testkit/redis.ts';
import { type Script, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../../kind.ts';
import { redisKind, refusalOf } from './redis.ts';

const stack = new AsyncDisposableStack();
let server: Redis;
before(async () => {
  const users = [
    `user shop on >${redisPassword} ~* +@read +ping +select +info`,
    `user blind on >${redisPassword} +ping`,
  ];
  server = stack.use(await Redis.start({ settings: ['maxmemory 100mb', ...users] }));
  await server.run('RPUSH queue:default a b c', 'SET greeting hello');
});
after(() => stack.disposeAsync());

const cache = () => ({ host: '127.0.0.1', port: server.port });
const at = (peer: ScriptedPeer) => ({ host: '127.0.0.1', port: peer.port });

testKind({
  kind: redisKind as CheckKind,
  async passes() {
    const peer = await ScriptedPeer.start(async (connection) => {
      await connection.heard('PING\r\n');
      connection.say('+PONG\r\n');
      await connection.heard('greeting\r\n');
      connection.say('$5\r\nhello\r\n');
    });
    const expect = { value: 'hello', latency: { total: '5s' } };
    return { peer, settings: { ...at(peer), command: ['GET', 'greeting'], expect } };
  },
  fails: [
    {
      why: 'another value fails',
      async scene() {
        return { settings: { ...cache(), command: ['GET', 'greeting'], expect: { value: 'bye' } } };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: at(peer) };
  },
  async echoed() {
    const peer = await ScriptedPeer.start(async (connection) => {
      await connection.heard(`${redisPassword}\r\n`);
      connection.say(`-WRONGPASS not ${redisPassword} but ${encodeURIComponent(redisPassword)}\r\n`);
      connection.end();
    });
    const url = `redis://shop:${redisPassword}@127.0.0.1:${peer.port}/0`;
    return { peer, secrets: [redisPassword], settings: { url } };
  },
  wrong: [
    { why: 'no place', settings: {} },
    { why: 'two places', settings: { url: 'redis://a', host: 'a' } },
    { why: 'the address of something else', settings: { url: 'http://a' } },
    { why: 'a command that writes', settings: { host: 'a', command: ['SET', 'a', 'b'] } },
    { why: 'a command that stops the server while it looks', settings: { host: 'a', command: ['KEYS', '*'] } },
    { why: 'a value of nothing', settings: { host: 'a', expect: { value: 1 } } },
  ],
  settingsFor: (host, port) => ({ host, port }),
});

interface Scene {
  readonly why: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly says: string | RegExp;
  readonly outcome?: SeenResult['outcome'];
}

const well = 'Everything asked for was there';
const logIn = { user: 'shop', password: redisPassword };
const scenes: readonly Scene[] = [
  { why: 'PING is enough', settings: {}, outcome: 'pass', says: well },
  { why: 'a user logs in', settings: { ...logIn, database: 3 }, outcome: 'pass', says: well },
  {
    why: 'a queue that is not too long',
    settings: { ...logIn, command: ['LLEN', 'queue:default'], expect: { value: { max: 100 } } },
    outcome: 'pass',
    says: well,
  },
  {
    why: 'a queue that is too long',
    settings: { command: ['LLEN', 'queue:default'], expect: { value: { max: 2 } } },
    says: 'LLEN queue:default is “3”, expected at most 2',
  },
  {
    why: 'a key that is not there',
    settings: { command: ['GET', 'nothing'], expect: { value: 'x' } },
    says: 'GET nothing is nothing, expected “x”',
  },
  {
    why: 'a key of another type',
    settings: { command: ['GET', 'queue:default'] },
    says: 'The server answered WRONGTYPE Operation against a key holding the wrong kind of value to GET',
  },
  {
    why: 'a wrong password',
    settings: { user: 'shop', password: 'not-the-one' },
    says: 'The login as shop is refused: wrong password, or no such user (WRONGPASS)',
  },
  {
    why: 'a password where none is wanted',
    settings: { password: 'needless-one' },
    says: 'The login as default is refused: it wants no password, and one is set (ERR)',
  },
  {
    why: 'a database that does not exist',
    settings: { database: 99 },
    says: 'There is no database 99',
  },
  { why: 'it is the primary', settings: { expect: { role: 'primary' } }, outcome: 'pass', says: well },
  {
    why: 'it is no replica',
    settings: { expect: { replicationLag: '5s' } },
    says: 'The server is a primary, expected a replica',
  },
  {
    why: 'nobody follows it',
    settings: { expect: { replicas: 1 } },
    outcome: 'degraded',
    says: 'The number of its replicas is 0, limit at least 1',
  },
  {
    why: 'memory within its limits',
    settings: { expect: { memoryUsedPercent: { degraded: 80, fail: 95 } } },
    outcome: 'pass',
    says: well,
  },
  {
    why: 'memory over its first limit',
    settings: { expect: { memoryUsedPercent: { degraded: 0.1, fail: 95 } } },
    outcome: 'degraded',
    says: /^Its memory in use is \d %, limit 0\.1 %$/,
  },
  {
    why: 'memory over its last limit',
    settings: { expect: { memoryUsedPercent: { fail: 0.2 } } },
    says: /^Its memory in use is \d %, limit 0\.2 %$/,
  },
  {
    why: 'who may not ask for its state learns nothing about it',
    settings: { user: 'blind', password: redisPassword, expect: { role: 'primary' } },
    outcome: 'unknown',
    says: /^Its state could not be read: NOPERM/,
  },
];
test('redis: against a real server', async (t) => {
  for (const { why, settings, outcome = 'fail', says } of scenes) {
    await t.test(why, async () => {
      const result = await probeOnce('redis', { ...cache(), ...settings });
      if (typeof says === 'string') assert.equal(result.sentence, says, JSON.stringify(result));
      else assert.match(result.sentence, says);
      assert.equal(result.outcome, outcome);
    });
  }
});

test('redis: a PING alone is something to describe on the page', async () => {
  const { observed } = await probeOnce('redis', cache());
  assert.notDeepEqual(observed, {});
  assert.equal(redisKind.describe(observed, 2_000), 'server answered in 2 ms');
});

test('redis: a server that wants a password', async () => {
  await using guarded = await Redis.start({ settings: [`requirepass ${redisPassword}`] });
  const settings = { host: '127.0.0.1', port: guarded.port };
  const without = await probeOnce('redis', settings);
  assert.equal(without.sentence, 'The login as default is refused: a password is asked for, and none is set (NOAUTH)');
  const url = `redis://:${redisPassword}@127.0.0.1:${guarded.port}/2`;
  const within = await probeOnce('redis', { url, expect: { role: 'primary' } });
  assert.equal(within.outcome, 'pass');
  assert.ok(within.phases.waitUs! > 0);
  assert.equal(redisKind.describe(within.observed, 14_000), 'primary answered in 14 ms');
});

test('redis: over an encrypted connection, with its certificate judged', async () => {
  const certificate = makeCertificate({ subject: 'cache', names: ['127.0.0.1'] });
  await using secure = await Redis.start({ tls: certificate });
  const url = `rediss://127.0.0.1:${secure.port}`;
  const look = async (settings: object) => (await probeOnce('redis', { url, ...settings })).sentence;
  assert.equal(
    await look({}),
    'The certificate is not accepted: it is signed by itself, not by an authority (DEPTH_ZERO_SELF_SIGNED_CERT)',
  );
  assert.equal(await look({ ca: certificate.cert }), well);
  assert.equal(await look({ tls: 'require' }), well);
  const plain = await probeOnce('redis', { url, tls: 'off' });
  // It hangs up as soon as it sees that nobody encrypts; how that ends is the kernel’s to say.
  assert.match(plain.sentence, /^The connection was (?:closed|reset) while waiting for an answer$/);
  // To a server without encryption the first bytes of it are the beginning of a line that does not end.
  const wrongWay = await probeOnce('redis', { ...cache(), tls: 'require' }, { timeoutMs: 300 });
  assert.equal(wrongWay.sentence, 'No complete answer within 300 ms, while agreeing on encryption');
});

test('redis: a replica follows, and is cut off', async () => {
  await using primary = await Redis.start();
  await using replica = await Redis.start({ replicaOf: primary });
  const settings = { host: '127.0.0.1', port: replica.port, expect: { replicationLag: '5s' } };
  let result: SeenResult;
  do result = await probeOnce('redis', settings);
  while (result.outcome !== 'pass');
  assert.equal(result.observed['role'], 'replica');
  // The primary counts it once it has acknowledged.
  do result = await probeOnce('redis', { host: '127.0.0.1', port: primary.port, expect: { replicas: 1 } });
  while (result.outcome !== 'pass');
  const wrong = await probeOnce('redis', { ...settings, expect: { role: 'primary' } });
  assert.equal(wrong.sentence, 'The server is a replica, expected a primary');
  await primary.stop();
  do result = await probeOnce('redis', settings);
  while (result.outcome === 'pass');
  assert.equal(result.outcome, 'fail');
  assert.match(result.sentence, /^Replication does not run: the link to its primary is down/);
});

test('redis: a server that is full says so', async () => {
  await using full = await Redis.start({ settings: ['maxclients 1'] });
  const held = net.connect(full.port, '127.0.0.1');
  held.write('PING\r\n');
  await new Promise((resolve) => held.once('data', resolve));
  const result = await probeOnce('redis', { host: '127.0.0.1', port: full.port });
  held.destroy();
  assert.equal(result.sentence, 'The server takes no more connections: ERR max number of clients reached');
});

for (const { message, says } of [
  {
    message: 'LOADING Redis is loading the dataset',
    says: 'The server answers but is not ready: it is still loading its data (LOADING)',
  },
  { message: 'BUSY Redis is busy', says: 'The server answers but is not ready: it is busy with a script (BUSY)' },
  {
    message: 'MISCONF Redis is configured to save',
    says: 'The server answers but is not ready: it cannot save its data to disk, and takes no more (MISCONF)',
  },
  { message: 'READONLY You can’t write against a replica', says: 'The server is a replica, expected a primary' },
  {
    message: 'MASTERDOWN Link with MASTER is down',
    says: 'Replication does not run: the link to its primary is down (MASTERDOWN)',
  },
  {
    message: 'DENIED Redis is running in protected mode',
    says: 'The login as default is refused: without a password it lets in its own machine alone (DENIED)',
  },
  { message: 'ERR unknown command', says: 'The server answered ERR unknown command to PING' },
]) {
  test(`redis: ${message.split(' ', 1)} is told apart`, () => {
    const [code = ''] = message.split(' ', 1);
    const { reason, facts } = refusalOf({ code, message }, 'PING', { database: 0 });
    assert.equal(reasonSentence(reason, facts), says);
  });
}

interface BadPeer {
  readonly why: string;
  readonly script: Script;
  readonly reason: ReasonCode;
  readonly says: string;
}

const timeoutMs = 300;
const afterPing = (bytes: string): Script => {
  return async (connection) => {
    await connection.heard('PING\r\n');
    connection.say(bytes);
  };
};
const badPeers: readonly BadPeer[] = [
  {
    why: 'it takes connections and says nothing',
    script: () => {},
    reason: 'timeout',
    says: 'No complete answer within 300 ms, while waiting for an answer',
  },
  {
    why: 'it says half a word',
    script: afterPing('+PO'),
    reason: 'timeout',
    says: 'No complete answer within 300 ms, while waiting for an answer',
  },
  {
    why: 'it closes at once',
    script: (connection) => connection.end(),
    reason: 'connection-closed',
    says: 'The connection was closed while waiting for an answer',
  },
  {
    why: 'it is a mail server',
    script: (connection) => connection.say('220 mail.shop.example ESMTP\r\n'),
    reason: 'protocol-error',
    says: 'The answer is not valid Redis: it begins with "220 mail.sho"',
  },
  {
    why: 'it sends a list',
    script: afterPing('*1\r\n+PONG\r\n'),
    reason: 'protocol-error',
    says: 'The answer is not valid Redis: it begins with "*1\\r\\n+PONG\\r\\n"',
  },
  {
    why: 'it answers more than it was asked',
    script: afterPing('+PONG\r\n+PONG\r\n'),
    reason: 'protocol-error',
    says: 'The answer is not valid Redis: more came than was asked for',
  },
  {
    why: 'it answers something else',
    script: afterPing('+OK\r\n'),
    reason: 'command-failed',
    says: 'The server answered OK to PING',
  },
  {
    why: 'it announces a gigabyte',
    script: afterPing('$1000000000\r\n'),
    reason: 'protocol-error',
    says: 'The answer is not valid Redis: it announces 1000000000 bytes',
  },
  {
    why: 'its text is longer than it says',
    script: afterPing('$2\r\nPONG\r\n'),
    reason: 'protocol-error',
    says: 'The answer is not valid Redis: a text of another length than it says',
  },
  {
    why: 'it talks without end and without a line',
    script: (connection) => connection.sayForEver('+PONG'),
    reason: 'protocol-error',
    says: 'The answer is not valid Redis: it begins with "+PONG+PONG+P"',
  },
];
for (const { why, script, reason, says } of badPeers) {
  test(`redis: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const result = await probeOnce('redis', at(peer), { timeoutMs: reason === 'timeout' ? timeoutMs : 5_000 });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason, result.sentence], ['fail', reason, says]);
  });
}

test('redis: a reply that comes byte by byte is whole all the same', async () => {
  await using peer = await ScriptedPeer.start(async (connection) => {
    await connection.heard('PING\r\n');
    for (const byte of '+PONG\r\n') connection.say(byte);
    await connection.heard('EXISTS');
    for (const byte of ':1\r\n') connection.say(byte);
  });
  const result = await probeOnce('redis', { ...at(peer), command: ['EXISTS', 'a'], expect: { value: 1 } });
  assert.equal(result.outcome, 'pass', result.sentence);
});
