/** A store in memory for tests of everyday tables: real SQL, no points, one writer. Tests of the engine use the engine. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import type { Store, WriteTransaction } from '../server/src/storage/store.ts';
import type { Tables } from '../server/src/storage/tables.ts';

export interface MemoryStore extends Store {
  /** While set, every write throws it before its work begins: a full disk. */
  failWrites(error: Error | undefined): void;
  /** Calls back after each commit. */
  onCommit(listener: () => void): void;
}

const schema = `
  CREATE TABLE ledger (chain TEXT NOT NULL, seq INTEGER NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL,
    meta TEXT NOT NULL, body_digest TEXT NOT NULL, PRIMARY KEY (chain, seq)) WITHOUT ROWID;
  CREATE TABLE ledger_body (digest TEXT PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, channel_id TEXT NOT NULL,
    payload TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_attempt_at_ms INTEGER NOT NULL,
    in_flight_since_ms INTEGER, possible_repeat INTEGER NOT NULL, last_error TEXT, created_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER, UNIQUE (message_id, channel_id));
  CREATE TABLE resource (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
    updated_at_ms INTEGER NOT NULL, PRIMARY KEY (kind, id));
  CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

/** A fresh, empty store. */
export function openMemoryStore(): MemoryStore {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  const read = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(database) }) });
  let queue: Promise<unknown> = Promise.resolve();
  let failure: Error | undefined;
  const listeners: (() => void)[] = [];
  const absent = (): never => {
    throw new Error('the memory store keeps no points');
  };
  const series = new Proxy({}, { get: absent });
  return {
    read,
    series: series as Store['series'],
    write(work) {
      const done = queue.then(async () => {
        if (failure !== undefined) throw failure;
        const result = await read
          .transaction()
          .execute((db) => work({ db, series: series as WriteTransaction['series'] }));
        for (const listener of listeners) listener();
        return result;
      });
      queue = done.catch(() => undefined);
      return done;
    },
    maintain: absent,
    sizes: () => ({ liveBytes: 0, fileBytes: 0, walBytes: 0 }),
    close: async () => await read.destroy(),
    failWrites(error) {
      failure = error;
    },
    onCommit(listener) {
      listeners.push(listener);
    },
  };
}

/** What Kysely's SQLite dialect expects (better-sqlite3's shape), on node:sqlite. */
function forKysely(database: DatabaseSync) {
  return {
    close: () => database.close(),
    prepare(text: string) {
      const statement = database.prepare(text);
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
      };
    },
  };
}
