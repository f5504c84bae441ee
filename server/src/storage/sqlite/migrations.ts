/** Append-only: a released migration is never edited. Each runs in a transaction that records its number first. */
import type { DatabaseSync } from 'node:sqlite';
import { firstSchema } from './tables-sql.ts';

/** “PtWl”: marks the file as ours in its header. */
export const applicationId = 0x5074576c;

export interface Migration {
  readonly number: number;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [{ number: 2, sql: firstSchema }];

/** 1 was a shape from before the first release. */
export const oldestVersion = migrations[0]!.number;
export const newestVersion = migrations.at(-1)!.number;

/** Brings the schema to the newest version; returns how many migrations ran. */
export function migrate(database: DatabaseSync, nowMs: number, list: readonly Migration[] = migrations): number {
  database.exec(
    'CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, applied_at_ms INTEGER NOT NULL) STRICT',
  );
  const done = new Set(
    database
      .prepare('SELECT number FROM migration')
      .all()
      .map((row) => Number(row.number)),
  );
  let ran = 0;
  for (const { number, sql } of list) {
    if (done.has(number)) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.prepare('INSERT INTO migration (number, applied_at_ms) VALUES (?, ?)').run(number, nowMs);
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${number}; PRAGMA application_id = ${applicationId}`);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
    ran += 1;
  }
  return ran;
}
