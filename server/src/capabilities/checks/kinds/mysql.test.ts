import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ReasonCode } from '../../../../../contract/src/reasons.ts';
import { makeCertificate } from '../../../../../testkit/certificates.ts';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { Mariadb, mariadbPassword } from '../../../../../testkit/mariadb.ts';
import { probeOnce, type SeenResult } from '../../../../../testkit/probe-once.ts';
import { type PeerConnection, type Script, ScriptedPeer } from '../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../kind.ts';
import { mysqlKind, replicationOf } from './mysql.ts';

const certificate = makeCertificate({ subject: 'database', names: ['127.0.0.1'] });
const stack = new AsyncDisposableStack();
let server: Mariadb;
before(async () => {
  const args = ['--server-id=1', '--log-bin=log', '--max-connections=10'];
  server = stack.use(await Mariadb.start({ tls: certificate, arguments: args }));
});
after(() => stack.disposeAsync());

const shop = () => ({ host: '127.0.0.1', port: server.port, user: 'shop', password: mariadbPassword });
const at = (peer: ScriptedPeer) => ({ host: '127.0.0.1', port: peer.port, user: 'shop', password: mariadbPassword });

/** What a server says, packet by packet: a length, a number, and the rest. */
function packet(number: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = number;
  return Buffer.concat([head, body]);
}

/** 4.1 protocol with a nonce, without encryption. */
const greeting = packet(
  0,
  '\x0a5.7.0-scripted\0',
  '\x01\0\0\0nonce678\0',
  '\x05\x82\x21\x02\0\x08\0\x15',
  '\0'.repeat(10),
  'nonce901234\0\0',
  'mysql_native_password\0',
);
const fine = '\0\0\0\x02\0\0\0';
const ended = '\xfe\0\0\x02\0';
const errorPacket = (number: number, errno: number, text: string) => {
  const code = Buffer.alloc(2);
  code.writeUInt16LE(errno);
  return packet(number, '\xff', code, `#HY000${text}`);
};
const oneRow = Buffer.concat([
  packet(1, '\x01'),
  packet(2, '\x03def\0\0\0\x011\0\x0c\x3f\0\x01\0\0\0\x08\x81\0\0\0\0'),
  packet(3, ended),
  packet(4, '\x011'),
  packet(5, ended),
]);

/** Lets anybody in and makes ready; what follows answers the query. */
async function letIn(connection: PeerConnection): Promise<void> {
  connection.say(greeting);
  await connection.heard('shop\0');
  connection.say(packet(2, fine));
  for (const statement of ['max_execution_time', 'SET SESSION TRANSACTION', 'START TRANSACTION']) {
    await connection.heard(statement);
    connection.say(packet(1, fine));
  }
  await connection.heard('SELECT 1');
}

testKind({
  kind: mysqlKind as CheckKind,
  async passes() {
    const peer = await ScriptedPeer.start(async (connection) => {
      await letIn(connection);
      connection.say(oneRow);
    });
    return { peer, settings: { ...at(peer), expect: { value: 1, rows: 1, latency: { total: '5s' } } } };
  },
  fails: [
    {
      why: 'another answer fails',
      async scene() {
        return { settings: { ...shop(), expect: { value: 2 } } };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: at(peer) };
  },
  wrong: [
    { why: 'the address of something else', settings: { url: 'postgres://shop@a/b' } },
    { why: 'nobody who logs in', settings: { host: 'a' } },
    { why: 'two places', settings: { url: 'mysql://shop@a/b', host: 'a' } },
  ],
  settingsFor: (host, port) => ({ host, port, user: 'shop' }),
});

test('mysql: passwords that are shown back are in no evidence and no sentence', async () => {
  await using peer = await ScriptedPeer.start((connection) => {
    connection.say(errorPacket(0, 1045, `no ${mariadbPassword} ${encodeURIComponent(mariadbPassword)} here`));
    connection.end();
  });
  const url = `mysql://shop:${mariadbPassword}@127.0.0.1:${peer.port}/shop`;
  const result = await probeOnce('mysql', { url });
  assert.equal(result.reason, 'login-refused', JSON.stringify(result));
  assert.ok(!JSON.stringify(result).includes(mariadbPassword.slice(0, 12)));
});

interface Scene {
  readonly why: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
  readonly says: string | RegExp;
  readonly outcome?: SeenResult['outcome'];
}

const well = 'Everything asked for was there';
const scenes: readonly Scene[] = [
  { why: 'a log-in and one row are enough', settings: {}, outcome: 'pass', says: well },
  {
    why: 'a number may be in bounds',
    settings: { query: 'SELECT count(*) FROM information_schema.tables', expect: { value: { min: 10 } } },
    outcome: 'pass',
    says: well,
  },
  {
    why: 'truth is 1 here',
    settings: { query: 'SELECT true', expect: { value: true } },
    outcome: 'pass',
    says: well,
  },
  {
    why: 'another value',
    settings: { query: "SELECT 'stale'", expect: { value: 'fresh' } },
    says: 'The query gave “stale”, expected “fresh”',
  },
  {
    why: 'a wrong password',
    settings: { password: 'not-the-one' },
    says: 'The login as shop is refused: wrong password, or no such user (1045)',
  },
  {
    why: 'no password',
    settings: { password: undefined },
    says: 'The login as shop is refused: no password is set (1045)',
  },
  {
    why: 'an account that is locked',
    settings: { user: 'locked' },
    says: 'The login as locked is refused: Access denied, this account is locked (4151)',
  },
  {
    why: 'a missing database, to one who may see it is missing',
    settings: { user: 'admin', password: undefined, database: 'sales' },
    says: 'There is no database sales',
  },
  {
    why: 'a missing database, to one who may not',
    settings: { database: 'sales' },
    says: "The login as shop is refused: Access denied for user 'shop'@'%' to database 'sales' (1044)",
  },
  {
    why: 'a user who may have no more connections',
    settings: { user: 'crowded' },
    says: /^The server takes no more connections: User 'crowded' has exceeded the 'max_user_connections' resource/,
  },
  {
    why: 'a slow query is ended by its server',
    settings: { query: 'SELECT sleep(20)' },
    timeoutMs: 900,
    says: 'No complete answer within 900 ms, while running the query',
  },
  {
    why: 'a query over its limit is degraded',
    settings: { query: 'SELECT sleep(0.06)', expect: { latency: { query: '50ms' } } },
    outcome: 'degraded',
    says: /^The query took \d+ ms, limit 50 ms$/,
  },
  {
    why: 'a missing table',
    settings: { query: 'SELECT 1 FROM approvals' },
    says: "The query failed: Table 'shop.approvals' doesn't exist (1146)",
  },
  {
    why: 'no table can be made',
    settings: { query: 'CREATE TABLE mine (a int)' },
    says: 'The query failed: Cannot execute statement in a READ ONLY transaction (1792)',
  },
  {
    why: 'no row can be written',
    settings: { query: 'INSERT INTO orders VALUES (1)' },
    says: 'The query failed: Cannot execute statement in a READ ONLY transaction (1792)',
  },
  {
    why: 'one statement and no second one',
    settings: { query: 'COMMIT; CREATE TABLE mine (a int)' },
    says: /^The query failed: You have an error in your SQL syntax.* \(1064\)$/,
  },
  {
    why: 'an answer without end is not kept',
    settings: { query: "SELECT repeat('x', 2000000)" },
    says: 'The answer is larger than 1048576 bytes',
  },
  {
    why: 'a primary is seen by who may ask',
    settings: { user: 'watcher', database: undefined, expect: { role: 'primary' } },
    outcome: 'pass',
    says: well,
  },
  {
    why: 'a primary is no replica',
    settings: { user: 'watcher', database: undefined, expect: { replicationLag: '5s' } },
    says: 'The server is a primary, expected a replica',
  },
  {
    why: 'who may not ask for the role learns nothing about the server',
    settings: { expect: { role: 'primary' } },
    outcome: 'unknown',
    says: /^Its role could not be read: Access denied; you need .* \(1227\)$/,
  },
  {
    why: 'a certificate from nobody known',
    settings: { tls: 'verify' },
    says: 'The certificate is not accepted: it is signed by itself, not by an authority (DEPTH_ZERO_SELF_SIGNED_CERT)',
  },
  {
    why: 'a certificate from the authority that was named',
    settings: { tls: 'verify', ca: certificate.cert },
    outcome: 'pass',
    says: well,
  },
];
test('mysql: against a real server', async (t) => {
  await server.run('CREATE TABLE shop.orders (id int)');
  await using _ = await server.client('crowded');
  for (const { why, settings, timeoutMs = 10_000, outcome = 'fail', says } of scenes) {
    await t.test(why, async () => {
      const whole = Object.entries({ ...shop(), database: 'shop', ...settings });
      const given = Object.fromEntries(whole.filter(([, value]) => value !== undefined));
      const result = await probeOnce('mysql', given, { timeoutMs });
      if (typeof says === 'string') assert.equal(result.sentence, says, JSON.stringify(result));
      else assert.match(result.sentence, says);
      assert.equal(result.outcome, outcome);
    });
  }
});

test('mysql: encryption is taken where it is offered, and left where it is not wanted', async () => {
  const secure = await probeOnce('mysql', shop());
  assert.ok(secure.phases.tlsUs! > 0, JSON.stringify(secure));
  const plain = await probeOnce('mysql', { ...shop(), tls: 'off' });
  assert.deepEqual([plain.outcome, plain.phases.tlsUs], ['pass', undefined]);
});

test('mysql: the server counts nobody who went without a word', async () => {
  const before = server.log.length;
  await server.run('SET GLOBAL log_warnings = 4');
  for (const query of ['SELECT 1', 'SELECT nonsense']) await probeOnce('mysql', { ...shop(), query });
  const sessions = "SELECT count(*) AS count FROM information_schema.processlist WHERE user = 'shop'";
  while (Number((await server.run(sessions))[0]!['count']) > 0);
  assert.doesNotMatch(server.log.slice(before), /Aborted connection/);
});

test('mysql: a server that is full says so before anybody logs in', async () => {
  await using full = new AsyncDisposableStack();
  const refused = async () => {
    for (let count = 0; count < 12; count += 1) full.use(await server.client('shop'));
  };
  await assert.rejects(refused, /Too many connections/);
  const result = await probeOnce('mysql', shop());
  assert.equal(result.sentence, 'The server takes no more connections: Too many connections (1040)');
});

test('mysql: a replica follows, and is cut off', async () => {
  await using replica = await Mariadb.start({ arguments: ['--server-id=2'] });
  const [position] = await server.run('SHOW MASTER STATUS');
  const source = `MASTER_HOST='127.0.0.1', MASTER_PORT=${server.port}, MASTER_USER='admin'`;
  const from = `MASTER_LOG_FILE='${position!['File']}', MASTER_LOG_POS=${position!['Position']}`;
  await replica.run(`CHANGE MASTER TO ${source}, ${from}, MASTER_USE_GTID=no`, 'START SLAVE');
  const settings = { ...shop(), port: replica.port, user: 'watcher', expect: { replicationLag: '2s' } };
  let result: SeenResult;
  do result = await probeOnce('mysql', settings);
  while (result.outcome !== 'pass');
  assert.deepEqual([result.observed['role'], result.observed['lagMs']], ['replica', 0]);
  await replica.run('STOP SLAVE IO_THREAD');
  const cut = await probeOnce('mysql', settings);
  assert.deepEqual(
    [cut.outcome, cut.sentence],
    ['fail', 'Replication does not run: it receives nothing from its primary'],
  );
});

const running = { Replica_IO_Running: 'Yes', Replica_SQL_Running: 'Yes', Last_IO_Error: '', Last_SQL_Error: '' };
for (const { why, rows, seen } of [
  { why: 'no row', rows: [], seen: { role: 'primary', lagMs: undefined, broken: undefined } },
  {
    why: 'of two primaries the worse counts',
    rows: [
      { ...running, Seconds_Behind_Source: '2' },
      { ...running, Seconds_Behind_Source: '40' },
    ],
    seen: { role: 'replica', lagMs: 40_000, broken: undefined },
  },
  {
    why: 'one that does not tell makes the lag unknown',
    rows: [
      { ...running, Seconds_Behind_Source: '2' },
      { ...running, Seconds_Behind_Source: null },
    ],
    seen: { role: 'replica', lagMs: undefined, broken: undefined },
  },
  {
    why: 'what it cannot apply is said',
    rows: [{ ...running, Replica_SQL_Running: 'No', Last_SQL_Error: 'Duplicate entry', Seconds_Behind_Source: null }],
    seen: { role: 'replica', lagMs: undefined, broken: 'it applies nothing: Duplicate entry' },
  },
]) {
  test(`mysql: the state of a replica: ${why}`, () => assert.deepEqual(replicationOf(rows), seen));
}

interface BadPeer {
  readonly why: string;
  readonly script: Script;
  readonly tls?: string;
  readonly reason: ReasonCode;
  readonly says: string | RegExp;
}

const timeoutMs = 400;
const badPeers: readonly BadPeer[] = [
  {
    why: 'it takes connections and says nothing',
    script: () => {},
    reason: 'timeout',
    says: 'No complete answer within 400 ms, while logging in',
  },
  {
    why: 'it greets and says nothing more',
    script: (connection) => connection.say(greeting),
    reason: 'timeout',
    says: 'No complete answer within 400 ms, while logging in',
  },
  {
    why: 'it never answers the query',
    script: letIn,
    reason: 'timeout',
    says: 'No complete answer within 400 ms, while running the query',
  },
  {
    why: 'it closes at once',
    script: (connection) => connection.end(),
    reason: 'connection-closed',
    says: 'The connection was closed while logging in',
  },
  {
    why: 'it goes in the middle of an answer',
    script: async (connection) => {
      await letIn(connection);
      connection.say(oneRow.subarray(0, 20));
      connection.end();
    },
    reason: 'connection-closed',
    says: 'The connection was closed while running the query',
  },
  {
    why: 'it is a mail server',
    script: (connection) => connection.say('220 mail.shop.example ESMTP\r\n'),
    reason: 'protocol-error',
    says: 'The answer is not valid MySQL: it begins with "220 mail.sho"',
  },
  {
    why: 'its greeting ends too early',
    script: (connection) => connection.say(packet(0, '\x0a5.7')),
    reason: 'protocol-error',
    says: /^The answer is not valid MySQL: /,
  },
  {
    why: 'it has no encryption where that is required',
    script: (connection) => connection.say(greeting),
    tls: 'require',
    reason: 'tls-failed',
    says: 'No encrypted connection: the server does not offer it',
  },
  {
    why: 'it talks without end, in packets that it numbers anew',
    script: async (connection) => {
      await letIn(connection);
      connection.say(oneRow.subarray(0, oneRow.length - 9));
      connection.sayForEver(packet(5, '\x011'));
    },
    reason: 'protocol-error',
    says: 'The answer is not valid MySQL: its packets come out of order',
  },
  {
    why: 'it talks without end',
    script: async (connection) => {
      await letIn(connection);
      connection.say(oneRow.subarray(0, oneRow.length - 15));
      const numbers = Array.from({ length: 256 }, (_, number) => packet((number + 4) % 256, '\x011'));
      connection.sayForEver(Buffer.concat(numbers));
    },
    reason: 'body-too-large',
    says: 'The answer is larger than 1048576 bytes',
  },
  {
    why: 'it asks for a file of this machine and gets none',
    script: async (connection) => {
      await letIn(connection);
      connection.say(packet(1, '\xfb/etc/passwd'));
    },
    reason: 'timeout',
    says: 'No complete answer within 400 ms, while running the query',
  },
  {
    why: 'its columns have other lengths than it says',
    script: async (connection) => {
      await letIn(connection);
      connection.say(Buffer.concat([packet(1, '\x01'), packet(2, '\x03def\xfc\xff\xff')]));
    },
    reason: 'protocol-error',
    says: /^The answer is not valid MySQL: /,
  },
];
for (const { why, script, tls, reason, says } of badPeers) {
  test(`mysql: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const settings = { ...at(peer), ...(tls === undefined ? {} : { tls }) };
    const result = await probeOnce('mysql', settings, { timeoutMs: reason === 'timeout' ? timeoutMs : 5_000 });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason], ['fail', reason], JSON.stringify(result));
    if (typeof says === 'string') assert.equal(result.sentence, says);
    else assert.match(result.sentence, says);
    assert.ok(peer.heard.every(({ received }) => !received.includes('root:')));
  });
}
