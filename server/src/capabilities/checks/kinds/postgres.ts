/** Kind `postgres`: logs in to a PostgreSQL server or pooler, asks it something in a transaction that cannot write. */
import type { Client } from 'pg';
import type { HandedConnection } from '../../../platform/handed-connection.ts';
import { defineKind } from '../kind.ts';
import { wordsOfMs } from '../limits.ts';
import { probeSql, type SqlDriver, type SqlFault, type SqlLibrary, type SqlSession } from './sql/attempt.ts';
import type { Replication } from './sql/expectations.ts';
import { type SqlPlan, sqlPlanOf } from './sql/plan.ts';
import { type SqlSpec, sqlSchema } from './sql/spec.ts';

const usualPort = 5_432;

export const postgresKind = defineKind<SqlSpec>({
  kind: 'postgres',
  title: 'PostgreSQL database',
  schema: sqlSchema({
    schemes: ['postgres', 'postgresql'],
    example: 'postgres://user@host:5432/database',
    port: usualPort,
    usualDatabase: 'the one named as the user',
  }),
  secretPaths: ['password'],
  describe: (observed, totalUs) => `${observed['role'] ?? 'database'} answered in ${wordsOfMs(totalUs)} ms`,
  probe: (spec, context) => probeSql(driver, sqlPlanOf(spec, usualPort), context),
});

const driver: SqlDriver = {
  protocol: 'PostgreSQL',
  async load() {
    const { default: pg } = await import('pg');
    const library: SqlLibrary = {
      firstBytesFault,
      async login(connection, plan) {
        await encrypt(connection, plan);
        const client = new pg.Client(clientConfig(connection, plan));
        // Told by the connection already, and nobody else may end the process with it.
        client.on('error', () => {});
        await client.connect();
        return sessionOf(client);
      },
      faultOf,
    };
    return library;
  },
};

function clientConfig(connection: HandedConnection, plan: SqlPlan) {
  const { user, password = '', database, host, port } = plan;
  return {
    ...{ user, host, port, database: database ?? user },
    // Never undefined: it would then be looked for in the surroundings of this process, and in a file.
    password: () => password,
    ssl: false,
    application_name: 'Pitwall',
    // The types know Duplex alone; what the library calls is there.
    stream: () => connection.stream as never,
  };
}

/** SSLRequest: a length and a code that is no version of the protocol. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function encrypt(connection: HandedConnection, { host, tls, ca }: SqlPlan): Promise<void> {
  if (tls === 'off') return;
  const answer = await connection.ask(sslRequest);
  const word = answer.toString('latin1');
  if (word === 'S') return connection.secure({ host, verify: tls === 'verify', ca });
  // More than the one letter was not said by a server: who stands between could put words into what follows.
  if (word !== 'N')
    return connection.fail({
      reason: 'protocol-error',
      facts: { protocol: 'PostgreSQL', code: beginningWords(answer) },
    });
  if (tls !== 'prefer') connection.fail({ reason: 'tls-failed', facts: { code: 'the server does not offer it' } });
}

/** What may come first: a request to log in, an error, a notice, another version of the protocol. */
const firstLetters = 'RENv';
const longestFirst = 65_536;

function firstBytesFault(first: Buffer): string | undefined {
  const letter = String.fromCharCode(first[0]!);
  const tooLong = first.length >= 5 && first.readUInt32BE(1) > longestFirst;
  return firstLetters.includes(letter) && !tooLong ? undefined : beginningWords(first);
}

function beginningWords(bytes: Buffer): string {
  return `it begins with ${JSON.stringify(bytes.subarray(0, 12).toString('latin1'))}`;
}

function sessionOf(client: Client): SqlSession {
  const rowsOf = async (text: string): Promise<(string | null)[][]> => {
    // Extended, so that it is one statement and cannot end the transaction and go on; values as the server writes them.
    const query = { text, rowMode: 'array' as const, queryMode: 'extended', types: { getTypeParser: () => asText } };
    return (await client.query<(string | null)[]>(query as never)).rows;
  };
  return {
    async prepare(statementTimeoutMs) {
      // Here and not at the log-in, where poolers refuse settings that they do not know.
      await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${statementTimeoutMs}`);
    },
    async replication() {
      const [row = []] = await rowsOf(replicationQuery);
      return replicationOf(row);
    },
    async query(text) {
      const rows = await rowsOf(text);
      return { rowCount: rows.length, value: rows[0]?.[0] };
    },
    goodbye: Buffer.from([0x58, 0, 0, 0, 4]),
  };
}

const asText = (value: string | null) => value;

/**
 * With all that was received replayed and the receiver running, a quiet primary is no lag. A replica that is cut off has
 * replayed all it received, too: so without a receiver its age counts, whatever it received.
 */
const replicationQuery = `
  SELECT pg_is_in_recovery() AS replica, receiving,
    CASE WHEN receiving AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
      ELSE round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000) END AS lag_ms
  FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver) AS receiving) AS receiver`;

function replicationOf([replica, receiving, lagMs]: readonly (string | null)[]): Replication {
  return {
    role: replica === 't' ? 'replica' : 'primary',
    lagMs: lagMs === null || lagMs === undefined ? undefined : Math.max(0, Number(lagMs)),
    broken: receiving === 't' ? undefined : 'it receives nothing from its primary',
  };
}

interface ServerError {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly severity?: string;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const codes = {
  wrongPassword: '28P01',
  noSuchDatabase: '3D000',
  tooManyConnections: '53300',
  cancelled: '57014',
};
/** Starting up, shutting down, crashed a moment ago. */
const notReady: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05']);
/** Poolers have one code for everything, so it is their words. */
const poolerFull =
  /max(?:imum)? ?clients?(?: connections?)? reached|no more connections allowed|too many (?:clients|connections)/i;
const poolerStranger = /tenant or user not found/i;

function faultOf(error: unknown, doing: string, plan: SqlPlan): SqlFault {
  const { code = '', message = '', detail, severity } = error as ServerError;
  const { user, database = user } = plan;
  if (severity === undefined) return libraryFault(message, plan);
  const body = [message, detail].filter((line) => line !== undefined).join('\n');
  const words = `${message} (${code})`;
  if (code === codes.noSuchDatabase) return { reason: 'database-missing', facts: { database, code }, body };
  if (code === codes.tooManyConnections || poolerFull.test(message))
    return { reason: 'no-connections-left', facts: { code: words }, body };
  if (notReady.has(code)) return { reason: 'server-not-ready', facts: { code: words }, body };
  if (doing === 'logging in')
    return { reason: 'login-refused', facts: { user, code: loginWords(code, message) }, body };
  // Our own limit, which its server holds just before ours ends.
  if (code === codes.cancelled) return { reason: 'timeout', facts: { doing, code }, body };
  return { reason: 'query-failed', facts: { code: words }, body };
}

function loginWords(code: string, message: string): string {
  if (code === codes.wrongPassword) return `wrong password, or no such user (${code})`;
  if (poolerStranger.test(message)) return `the pooler does not know it; it wants NAME.PROJECT as the user (${code})`;
  return `${message} (${code})`;
}

/** What the library says itself: a log-in that does not add up, or what it cannot read. */
function libraryFault(message: string, { user, password }: SqlPlan): SqlFault {
  if (password === undefined && /password must be a/.test(message))
    return { reason: 'login-refused', facts: { user, code: 'a password is asked for, and none is set' } };
  if (message.startsWith('SASL'))
    return {
      reason: 'protocol-error',
      facts: { protocol: 'PostgreSQL', code: 'the log-in does not add up' },
      body: message,
    };
  return { reason: 'protocol-error', facts: { protocol: 'PostgreSQL', code: message.slice(0, 120) } };
}
