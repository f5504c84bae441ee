/** A store in memory for tests of everyday tables: real SQL, no points, one writer. Tests of the engine use the engine. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { firstSchema } from '../server/src/storage/sqlite/tables-sql.ts';
import type { Store, WriteTransaction } from '../server/src/storage/store.ts';
import type { Tables } from '../server/src/storage/tables.ts';

export interface MemoryStore extends Store {
  /** While set, every write throws it before its work begins: a full disk. */
  failWrites(error: Error | undefined): void;
  /** Calls back after each commit. */
  onCommit(listener: () => void): void;
}

/** A fresh, empty store. */
export function openMemoryStore(): MemoryStore {
  const database = new DatabaseSync(':memory:');
  database.exec(firstSchema);
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
