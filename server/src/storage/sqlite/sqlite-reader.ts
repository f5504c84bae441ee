/** The everyday tables of a database file, to read only: beside a running Pitwall, or of a copy. */
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import { asStoreError } from './sqlite-errors.ts';

export interface SqliteReader extends AsyncDisposable {
  readonly read: Kysely<Tables>;
}

/** Throws `store-corrupt` where the file is no database of ours. */
export function openSqliteReader(filePath: string): SqliteReader {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(filePath, { readOnly: true });
    database.prepare('SELECT 1 FROM ledger LIMIT 1').all();
  } catch (error) {
    throw asStoreError(error, filePath);
  }
  return {
    read: new Kysely<Tables>({ dialect: nodeSqliteDialect(database) }),
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}
