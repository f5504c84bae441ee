/** Kind `mysql`: logs in to a MySQL or MariaDB server, asks it something in a transaction that cannot write. */
import type { Connection, FieldPacket, QueryOptions } from 'mysql2';
import type { HandedConnection } from '../../../platform/handed-connection.ts';
import { defineKind } from '../kind.ts';
import { wordsOfMs } from '../limits.ts';
import { probeSql, type SqlDriver, type SqlFault, type SqlLibrary, type SqlSession } from './sql/attempt.ts';
import type { Replication } from './sql/expectations.ts';
import { type SqlPlan, sqlPlanOf } from './sql/plan.ts';
import { type SqlSpec, sqlSchema } from './sql/spec.ts';

const usualPort = 3_306;

export const mysqlKind = defineKind<SqlSpec>({
  kind: 'mysql',
  title: 'MySQL or MariaDB database',
  schema: sqlSchema({
    schemes: ['mysql', 'mariadb'],
    example: 'mysql://user@host:3306/database',
    port: usualPort,
    usualDatabase: 'none',
  }),
  secretPaths: ['password'],
  describe: (observed, totalUs) => `${observed['role'] ?? 'database'} answered in ${wordsOfMs(totalUs)} ms`,
  probe: (spec, context) => probeSql(driver, sqlPlanOf(spec, usualPort), context),
});

const driver: SqlDriver = {
  protocol: 'MySQL',
  async load() {
    const { default: mysql } = await import('mysql2');
    const library: SqlLibrary = {
      firstBytesFault,
      async login(connection, plan) {
        let client: Client | undefined;
        // Before the library hears of it: what the server does not offer it would otherwise insist on.
        connection.stream.once('data', (greeting: Buffer) => {
          if (plan.tls === 'prefer' && !offersEncryption(greeting)) client!.config.ssl = undefined;
        });
        client = mysql.createConnection(clientConfig(connection, plan)) as unknown as Client;
        client.on('warn', endDisorder);
        encryptByOurselves(client, connection, plan);
        return sessionOf(client, await loggedIn(client));
      },
      faultOf,
    };
    return library;
  },
};

/** What of the library its types do not tell. */
interface Client extends Omit<Connection, 'config'> {
  readonly config: Omit<Connection['config'], 'ssl'> & { ssl: unknown };
  startTLS(done: (error?: unknown) => void): void;
}

function clientConfig(connection: HandedConnection, { user, password, database, tls }: SqlPlan) {
  return {
    ...{ user, stream: connection.stream },
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    // Its presence asks for encryption, which is then ours; see below.
    ...(tls === 'off' ? {} : { ssl: { rejectUnauthorized: false } }),
    connectTimeout: 0,
    // A server may otherwise ask for any file of this machine.
    flags: ['-LOCAL_FILES'],
    // Without it, names of columns become part of a program.
    disableEval: true,
    typeCast: (field: { string(): string | null }) => field.string(),
  };
}

/** The library would make a socket of its own, with times and a verdict on the certificate that nobody sees. */
function encryptByOurselves(client: Client, connection: HandedConnection, { host, tls, ca }: SqlPlan): void {
  client.startTLS = (done) => {
    connection.secure({ host, verify: tls === 'verify', ca }).then(() => done(), done);
  };
}

/** Packets in another order than they are numbered: the library would print a line for each. 0 begins a farewell. */
function endDisorder(warning: { received?: number }): void {
  if (warning.received !== 0) throw Object.assign(new Error(), { code: 'its packets come out of order' });
}

/** Resolves with the server’s version. */
function loggedIn(client: Client): Promise<string> {
  return new Promise((resolve, reject) => {
    client.on('connect', (handshake: { serverVersion: string }) => resolve(handshake.serverVersion));
    // It stays: nobody else may end the process with what comes later.
    client.on('error', reject);
  });
}

const protocolVersion = 10;
const errorMark = 255;
const longestFirst = 65_536;

/** A length of three bytes, number 0, and then a greeting or an error. */
function firstBytesFault(first: Buffer): string | undefined {
  const fits =
    (first.length < 3 || first.readUIntLE(0, 3) <= longestFirst) &&
    (first.length < 4 || first[3] === 0) &&
    (first.length < 5 || first[4] === protocolVersion || first[4] === errorMark);
  return fits ? undefined : `it begins with ${JSON.stringify(first.subarray(0, 12).toString('latin1'))}`;
}

const encryptionFlag = 0x08_00;

/** The lower flags stand behind the version’s text, the number of the connection and eight bytes and a zero of a nonce. */
function offersEncryption(greeting: Buffer): boolean {
  const versionEnd = greeting.indexOf(0, 5);
  const flagsAt = versionEnd + 1 + 4 + 9;
  return versionEnd < 0 || greeting.length < flagsAt + 2 || (greeting.readUInt16LE(flagsAt) & encryptionFlag) !== 0;
}

type Row = Readonly<Record<string, string | null>>;

function sessionOf(client: Client, version: string): SqlSession {
  const ask = <T>(options: QueryOptions) =>
    new Promise<T>((resolve, reject) => {
      client.query(options, (error: Error | null, rows: unknown, _: FieldPacket[]) => {
        if (error === null) resolve(rows as T);
        else reject(error);
      });
    });
  return {
    async prepare(statementTimeoutMs) {
      const limit = /mariadb/i.test(version)
        ? `max_statement_time = ${statementTimeoutMs / 1_000}`
        : `max_execution_time = ${statementTimeoutMs}`;
      await ask({ sql: `SET SESSION ${limit}` }).catch(unless(codes.unknownVariable));
      // The session, too: MariaDB ends the transaction before it creates or drops something, and then looks there.
      await ask({ sql: 'SET SESSION TRANSACTION READ ONLY' });
      await ask({ sql: 'START TRANSACTION READ ONLY' });
    },
    async replication() {
      // Each of the two is unknown to some: the old word to MySQL since 8.4, the new one to MariaDB before 10.5.
      const statusOf = (word: string) => ask<Row[]>({ sql: `SHOW ${word} STATUS` });
      const rows = (await statusOf('REPLICA').catch(unless(codes.syntaxError))) ?? (await statusOf('SLAVE'));
      return replicationOf(rows);
    },
    async query(sql) {
      const rows = await ask<(string | null)[][]>({ sql, rowsAsArray: true });
      // What gives no rows, such as SET, gives a header instead of a list.
      return Array.isArray(rows) ? { rowCount: rows.length, value: rows[0]?.[0] } : { rowCount: 0, value: undefined };
    },
    goodbye: Buffer.from([1, 0, 0, 0, 1]),
  };
}

function unless(errno: number): (error: { errno?: number }) => undefined {
  return (error) => {
    if (error.errno !== errno) throw error;
  };
}

/** A replica may follow several primaries; the worst counts. */
export function replicationOf(rows: readonly Row[]): Replication {
  if (rows.length === 0) return { role: 'primary', lagMs: undefined, broken: undefined };
  const lagsMs: (number | undefined)[] = [];
  let broken: string | undefined;
  for (const row of rows) {
    const field = (...names: readonly string[]) => names.map((name) => row[name]).find((text) => text !== undefined);
    const seconds = field('Seconds_Behind_Source', 'Seconds_Behind_Master');
    lagsMs.push(seconds === null || seconds === undefined ? undefined : Number(seconds) * 1_000);
    const because = (error: string | null | undefined) => (error ? `: ${error.slice(0, 200)}` : '');
    if (field('Replica_SQL_Running', 'Slave_SQL_Running') !== 'Yes')
      broken ??= `it applies nothing${because(field('Last_SQL_Error'))}`;
    if (field('Replica_IO_Running', 'Slave_IO_Running') !== 'Yes')
      broken ??= `it receives nothing from its primary${because(field('Last_IO_Error'))}`;
  }
  const known = lagsMs.filter((lagMs) => lagMs !== undefined);
  return { role: 'replica', lagMs: known.length < lagsMs.length ? undefined : Math.max(...known), broken };
}

/** https://mariadb.com/kb/en/mariadb-error-code-reference/ */
const codes = {
  syntaxError: 1064,
  unknownVariable: 1193,
  noSuchDatabase: 1049,
  wrongPassword: 1045,
};
const full: ReadonlySet<number> = new Set([1040, 1203, 1226]);
const notReady: ReadonlySet<number> = new Set([1053, 1927, 3168]);
/** MariaDB’s, and MySQL’s two. */
const outOfTime: ReadonlySet<number> = new Set([1969, 3024, 1317]);

interface ServerError {
  readonly errno?: number;
  readonly code?: string;
  readonly sqlMessage?: string;
  readonly message?: string;
}

function faultOf(error: unknown, doing: string, { user, password, database = '' }: SqlPlan): SqlFault {
  const { errno, code = 'unreadable', message = '', sqlMessage: body = message } = error as ServerError;
  if (errno === undefined) return libraryFault(code);
  const words = `${body} (${errno})`;
  if (errno === codes.noSuchDatabase) return { reason: 'database-missing', facts: { database }, body };
  if (full.has(errno)) return { reason: 'no-connections-left', facts: { code: words }, body };
  if (notReady.has(errno)) return { reason: 'server-not-ready', facts: { code: words }, body };
  if (doing === 'logging in') {
    const wrong = password === undefined ? 'no password is set' : 'wrong password, or no such user';
    const why = errno === codes.wrongPassword ? `${wrong} (${errno})` : words;
    return { reason: 'login-refused', facts: { user, code: why }, body };
  }
  if (outOfTime.has(errno)) return { reason: 'timeout', facts: { doing }, body };
  return { reason: 'query-failed', facts: { code: words }, body };
}

function libraryFault(code: string): SqlFault {
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return { reason: 'tls-failed', facts: { code: 'the server does not offer it' } };
  return { reason: 'protocol-error', facts: { protocol: 'MySQL', code } };
}
