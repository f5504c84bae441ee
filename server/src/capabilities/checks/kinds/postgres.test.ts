import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ReasonCode } from '../../../../../contract/src/reasons.ts';
import { makeCertificate } from '../../../../../testkit/certificates.ts';
import { DeafListener } from '../../../../../testkit/deaf-listener.ts';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { Postgres, postgresPassword } from '../../../../../testkit/postgres.ts';
import {
  afterRows,
  askForPassword,
  beforeRows,
  declineEncryption,
  errorMessage,
  letIn,
  logInDone,
  message,
  prepared,
  row,
} from '../../../../../testkit/postgres-bytes.ts';
import { probeOnce, type SeenResult } from '../../../../../testkit/probe-once.ts';
import { type Script, ScriptedPeer } from '../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../kind.ts';
import { postgresKind } from './postgres.ts';

const certificate = makeCertificate({ subject: 'database', names: ['127.0.0.1'] });
const stack = new AsyncDisposableStack();
let server: Postgres;
before(async () => {
  server = stack.use(await Postgres.start({ tls: certificate }));
});
after(() => stack.disposeAsync());

const shop = () => ({ host: '127.0.0.1', port: server.port, user: 'shop', password: postgresPassword });
const at = (peer: ScriptedPeer) => ({ host: '127.0.0.1', port: peer.port, user: 'shop', password: postgresPassword });

testKind({
  kind: postgresKind as CheckKind,
  async passes() {
    const peer = await ScriptedPeer.start(async (connection) => {
      await letIn(connection);
      connection.say(Buffer.concat([beforeRows, row('1'), afterRows]));
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
  async echoed() {
    const peer = await ScriptedPeer.start(async (connection) => {
      await declineEncryption(connection);
      connection.say(askForPassword);
      await connection.heard(postgresPassword);
      connection.say(
        errorMessage('28P01', `no “${postgresPassword}” ${encodeURIComponent(postgresPassword)} for shop`),
      );
      connection.end();
    });
    const url = `postgres://shop:${postgresPassword}@127.0.0.1:${peer.port}/shop`;
    return { peer, secrets: [postgresPassword], settings: { url } };
  },
  wrong: [
    { why: 'no place', settings: { user: 'shop' } },
    { why: 'two places', settings: { url: 'postgres://shop@a/b', host: 'a' } },
    { why: 'a port beside a url', settings: { url: 'postgres://shop@a/b', port: 1 } },
    { why: 'nobody who logs in', settings: { host: 'a' } },
    { why: 'nobody who logs in, in a url', settings: { url: 'postgres://a/b' } },
    { why: 'the address of something else', settings: { url: 'mysql://shop@a/b' } },
    { why: 'an address that cannot be read', settings: { url: 'postgres://shop:a/b@c/d' } },
    { why: 'an unknown way to encrypt', settings: { host: 'a', user: 'b', tls: 'maybe' } },
    { why: 'an authority that is no certificate', settings: { host: 'a', user: 'b', ca: 'x' } },
    { why: 'bounds that nothing meets', settings: { host: 'a', user: 'b', expect: { rows: { min: 2, max: 1 } } } },
  ],
  settingsFor: (host, port) => ({ host, port, user: 'shop' }),
});

interface Scene {
  readonly why: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
  readonly says: string | RegExp;
  readonly outcome?: SeenResult['outcome'];
}

/** With a real server; what it says is in `says`, which ends the sentence’s story for whoever reads it at night. */
const scenes: readonly Scene[] = [
  { why: 'a log-in and one row are enough', settings: {}, outcome: 'pass', says: 'Everything asked for was there' },
  {
    why: 'values are compared as what they were written as',
    settings: { query: "SELECT true, 'x'", expect: { value: true, rows: { min: 1 } } },
    outcome: 'pass',
    says: 'Everything asked for was there',
  },
  {
    why: 'a number may be in bounds',
    settings: { query: 'SELECT 12.5::numeric', expect: { value: { min: 12, max: 13 } } },
    outcome: 'pass',
    says: 'Everything asked for was there',
  },
  {
    why: 'a number out of its bounds fails',
    settings: { query: 'SELECT 12', expect: { value: { max: 10 } } },
    says: 'The query gave “12”, expected at most 10',
  },
  {
    why: 'nothing is no number, though it would be taken for 0',
    settings: { query: "SELECT ''", expect: { value: 0 } },
    says: 'The query gave “”, expected “0”',
  },
  {
    why: 'an empty answer is no data, never well',
    settings: { query: 'SELECT 1 WHERE false', expect: { value: 1 } },
    says: 'The query gave no row, expected “1”',
  },
  {
    why: 'NULL is said by its name',
    settings: { query: 'SELECT NULL', expect: { value: 0 } },
    says: 'The query gave NULL, expected “0”',
  },
  {
    why: 'too few rows',
    settings: { query: 'SELECT 1', expect: { rows: { min: 2 } } },
    says: 'The query gave 1 row, expected at least 2 rows',
  },
  {
    why: 'another role',
    settings: { expect: { role: 'replica' } },
    says: 'The server is a primary, expected a replica',
  },
  {
    why: 'lag is asked of a server that follows nobody',
    settings: { expect: { replicationLag: '5s' } },
    says: 'The server is a primary, expected a replica',
  },
  {
    why: 'a wrong password',
    settings: { password: 'not-the-one' },
    says: 'The login as shop is refused: wrong password, or no such user (28P01)',
  },
  {
    why: 'a user that does not exist looks the same, as the server means it to',
    settings: { user: 'nobody' },
    says: 'The login as nobody is refused: wrong password, or no such user (28P01)',
  },
  {
    why: 'no password',
    settings: { password: undefined },
    says: 'The login as shop is refused: a password is asked for, and none is set',
  },
  { why: 'a missing database', settings: { database: 'sales' }, says: 'There is no database sales' },
  {
    why: 'a user who may have no more connections',
    settings: { user: 'crowded' },
    says: 'The server takes no more connections: too many connections for role "crowded" (53300)',
  },
  {
    why: 'a slow query is ended by its server, which works no longer for nobody',
    settings: { query: 'SELECT pg_sleep(20)' },
    timeoutMs: 900,
    says: 'No complete answer within 900 ms, while running the query',
  },
  {
    why: 'a query over its limit is degraded',
    settings: { query: 'SELECT pg_sleep(0.06)', expect: { latency: { query: '50ms' } } },
    outcome: 'degraded',
    says: /^The query took \d+ ms, limit 50 ms$/,
  },
  {
    why: 'a missing table',
    settings: { query: 'SELECT count(*) FROM approvals' },
    says: 'The query failed: relation "approvals" does not exist (42P01)',
  },
  {
    why: 'nothing can be written',
    settings: { query: 'CREATE TABLE mine (a int)' },
    says: 'The query failed: cannot execute CREATE TABLE in a read-only transaction (25006)',
  },
  {
    why: 'nothing can be written after the transaction, either',
    settings: { query: 'COMMIT; CREATE TABLE mine (a int)' },
    says: 'The query failed: cannot insert multiple commands into a prepared statement (42601)',
  },
  {
    why: 'an answer without end is not kept',
    settings: { query: "SELECT repeat('x', 2000000)" },
    says: 'The answer is larger than 1048576 bytes',
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
    says: 'Everything asked for was there',
  },
  {
    why: 'a user who must come encrypted and does not',
    settings: { user: 'careful', tls: 'off' },
    says: /^The login as careful is refused: pg_hba\.conf rejects connection .*, no encryption \(28000\)$/,
  },
  {
    why: 'a certificate for another name',
    settings: { host: 'localhost', tls: 'verify', ca: certificate.cert },
    says: 'The certificate is not accepted: it is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
  },
];
test('postgres: against a real server', async (t) => {
  await server.run(
    `CREATE ROLE crowded LOGIN CONNECTION LIMIT 1 PASSWORD '${postgresPassword}'`,
    `CREATE ROLE careful LOGIN PASSWORD '${postgresPassword}'`,
  );
  await using _ = await server.client('crowded', 'shop');
  for (const { why, settings, timeoutMs = 10_000, outcome = 'fail', says } of scenes) {
    await t.test(why, async () => {
      const { password: _, ...without } = { ...shop(), database: 'shop', ...settings };
      const whole = { ...shop(), database: 'shop', ...settings };
      const result = await probeOnce('postgres', whole.password === undefined ? without : whole, { timeoutMs });
      if (typeof says === 'string') assert.equal(result.sentence, says, JSON.stringify(result));
      else assert.match(result.sentence, says);
      assert.equal(result.outcome, outcome);
    });
  }
});

test('postgres: encryption is taken where it is offered, and left where it is not wanted', async () => {
  const secure = await probeOnce('postgres', shop());
  assert.ok(secure.phases.tlsUs! > 0, JSON.stringify(secure));
  const url = `postgres://shop:${postgresPassword}@127.0.0.1:${server.port}/shop?sslmode=disable`;
  const plain = await probeOnce('postgres', { url });
  assert.deepEqual([plain.outcome, plain.phases.tlsUs], ['pass', undefined]);
});

test('postgres: nobody is left behind, and the server has nothing to complain about', async () => {
  const before = server.log.length;
  for (const query of ['SELECT 1', 'SELECT nonsense', 'SELECT pg_sleep(20)'])
    await probeOnce('postgres', { ...shop(), query }, { timeoutMs: query.includes('sleep') ? 3_000 : 10_000 });
  const sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'Pitwall'";
  // The server notices a goodbye a moment after it was said.
  while (Number((await server.run(sessions))[0]!['count']) > 0);
  assert.doesNotMatch(server.log.slice(before), /unexpected EOF|could not receive data/);
});

test('postgres: a replica follows, falls behind, and is cut off: each is told apart', async () => {
  await using replica = await Postgres.startReplica(server);
  const settings = { ...shop(), port: replica.port, expect: { role: 'replica', replicationLag: '1s' } };
  const look = () => probeOnce('postgres', settings);
  const first = await until('pass', look);
  assert.equal(first.observed['role'], 'replica');
  assert.ok(Number(first.observed['lagMs']) < 1_000);

  // Until it has replayed a first commit it knows no age.
  await server.run('CREATE TABLE customers (id int)');
  while ((await replica.run('SELECT pg_last_xact_replay_timestamp() AS at'))[0]!['at'] === null);
  // It receives, and makes nothing of it its own.
  await replica.run('SELECT pg_wal_replay_pause()');
  await server.run('CREATE TABLE orders (id int)');
  const behind = await untilNot('pass', look);
  assert.equal(behind.outcome, 'degraded');
  assert.match(behind.sentence, /^The replication lag is \d+\ss, limit 1\ss$/);

  await replica.run('SELECT pg_wal_replay_resume()');
  await until('pass', look);
  await replica.run(`ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'`, 'SELECT pg_reload_conf()');
  const cut = await untilNot('pass', look);
  assert.equal(cut.sentence, 'Replication does not run: it receives nothing from its primary');
});

async function until(outcome: string, look: () => Promise<SeenResult>): Promise<SeenResult> {
  while (true) {
    const result = await look();
    if (result.outcome === outcome) return result;
  }
}

async function untilNot(outcome: string, look: () => Promise<SeenResult>): Promise<SeenResult> {
  while (true) {
    const result = await look();
    if (result.outcome !== outcome) return result;
  }
}

test('postgres: a server that is shutting down answers, but is not ready', async () => {
  await using own = await Postgres.start();
  await using _ = await own.client('shop', 'shop');
  own.beginShutdown();
  const settings = { host: '127.0.0.1', port: own.port, user: 'shop', password: postgresPassword };
  const result = await untilNot('pass', () => probeOnce('postgres', settings));
  assert.deepEqual(
    [result.outcome, result.sentence],
    ['fail', 'The server answers but is not ready: the database system is shutting down (57P03)'],
  );
});

interface BadPeer {
  readonly why: string;
  readonly script: Script;
  readonly tls?: string;
  readonly reason: ReasonCode;
  readonly says: string | RegExp;
}

const refuses = (code: string, text: string): Script => {
  return async (connection) => {
    await declineEncryption(connection);
    connection.say(errorMessage(code, text));
    connection.end();
  };
};
const timeoutMs = 400;
const badPeers: readonly BadPeer[] = [
  {
    why: 'it takes connections and says nothing',
    script: () => {},
    reason: 'timeout',
    says: 'No complete answer within 400 ms, while agreeing on encryption',
  },
  {
    why: 'it declines encryption and says nothing more',
    script: declineEncryption,
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
    why: 'it announces a gigabyte and lets it be waited for',
    script: async (connection) => {
      await letIn(connection);
      connection.say(Buffer.concat([Buffer.from('D'), Buffer.from([64, 0, 0, 0])]));
    },
    reason: 'timeout',
    says: 'No complete answer within 400 ms, while running the query',
  },
  {
    why: 'it closes at once',
    script: (connection) => connection.end(),
    reason: 'connection-closed',
    says: 'The connection was closed while agreeing on encryption',
  },
  {
    why: 'it goes in the middle of a row',
    script: async (connection) => {
      await letIn(connection);
      connection.say(Buffer.concat([beforeRows, row('1').subarray(0, 6)]));
      connection.end();
    },
    reason: 'connection-closed',
    says: 'The connection was closed while running the query',
  },
  {
    why: 'it is a web server',
    script: (connection) => {
      connection.say('HTTP/1.1 400 Bad Request\r\n\r\n');
      connection.end();
    },
    tls: 'off',
    reason: 'protocol-error',
    says: 'The answer is not valid PostgreSQL: it begins with "HTTP/1.1 400"',
  },
  {
    why: 'it agrees to encryption and then does not encrypt',
    script: async (connection) => {
      await connection.heard('\x04\xd2\x16\x2f');
      connection.say('S');
      await connection.heard('\x16\x03');
      connection.say('220 mail server ready\r\n');
    },
    reason: 'tls-failed',
    says: /^No encrypted connection: the other side does not speak TLS/,
  },
  {
    why: 'somebody between puts words after its yes to encryption',
    script: async (connection) => {
      await connection.heard('\x04\xd2\x16\x2f');
      connection.say(Buffer.concat([Buffer.from('S'), logInDone]));
    },
    reason: 'protocol-error',
    says: /^The answer is not valid PostgreSQL: it begins with "SR/,
  },
  {
    why: 'it has no encryption where that is required',
    script: async (connection) => {
      await connection.heard('\x04\xd2\x16\x2f');
      connection.say('N');
    },
    tls: 'require',
    reason: 'tls-failed',
    says: 'No encrypted connection: the server does not offer it',
  },
  {
    why: 'it talks without end',
    script: async (connection) => {
      await declineEncryption(connection);
      connection.sayForEver(message('N', 'SNOTICE', 'C00000', 'Mstill here', Buffer.from([0])));
    },
    reason: 'body-too-large',
    says: 'The answer is larger than 1048576 bytes',
  },
  {
    why: 'its row has other lengths than it says',
    script: async (connection) => {
      await letIn(connection);
      connection.say(Buffer.concat([beforeRows, message('D', Buffer.from([0, 9]), 1_000_000), afterRows]));
    },
    reason: 'protocol-error',
    says: /^The answer is not valid PostgreSQL: /,
  },
  {
    why: 'it says what nobody knows',
    script: async (connection) => {
      await letIn(connection);
      connection.say(message('!', 'what'));
    },
    reason: 'protocol-error',
    says: /^The answer is not valid PostgreSQL: /,
  },
  {
    why: 'it sends rows before it was asked',
    script: async (connection) => {
      await declineEncryption(connection);
      connection.say(Buffer.concat([logInDone, row('1'), prepared]));
    },
    reason: 'protocol-error',
    says: /^The answer is not valid PostgreSQL: /,
  },
  {
    why: 'a pooler that does not know whose database is meant',
    script: refuses('XX000', 'Tenant or user not found'),
    reason: 'login-refused',
    says: 'The login as shop is refused: the pooler does not know it; it wants NAME.PROJECT as the user (XX000)',
  },
  {
    why: 'a pooler that is full',
    script: refuses('XX000', 'MaxClientsInSessionMode: max clients reached'),
    reason: 'no-connections-left',
    says: 'The server takes no more connections: MaxClientsInSessionMode: max clients reached (XX000)',
  },
  {
    why: 'a server that is full',
    script: refuses('53300', 'sorry, too many clients already'),
    reason: 'no-connections-left',
    says: 'The server takes no more connections: sorry, too many clients already (53300)',
  },
  {
    why: 'a server that is starting',
    script: refuses('57P03', 'the database system is starting up'),
    reason: 'server-not-ready',
    says: 'The server answers but is not ready: the database system is starting up (57P03)',
  },
];
for (const { why, script, tls, reason, says } of badPeers) {
  test(`postgres: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const settings = { ...at(peer), ...(tls === undefined ? {} : { tls }) };
    const result = await probeOnce('postgres', settings, { timeoutMs: reason === 'timeout' ? timeoutMs : 10_000 });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason], ['fail', reason], JSON.stringify(result));
    if (typeof says === 'string') assert.equal(result.sentence, says);
    else assert.match(result.sentence, says);
  });
}

test('postgres: a machine that drops what comes is a connection that does not stand', async () => {
  await using deaf = await DeafListener.start();
  const settings = { host: '127.0.0.1', port: deaf.port, user: 'shop' };
  const result = await probeOnce('postgres', settings, { timeoutMs: 300 });
  assert.equal(result.sentence, `No connection to 127.0.0.1:${deaf.port} within 300 ms`);
});
