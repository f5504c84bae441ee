/** Kysely on node:sqlite. One connection, synchronous below, so a transaction needs the store's own write queue. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** Called in the same turn as COMMIT or ROLLBACK, so that memory and file never disagree before a reader's eyes. */
export interface TransactionHooks {
  committed(): void;
  rolledBack(): void;
}

/** Preparing costs 10 to 20 µs, more than most of our queries take. */
const mostStatements = 400;

interface CachedStatement {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, CachedStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  #prepare(sql: string): CachedStatement {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    if (this.#statements.size >= mostStatements) this.#statements.clear();
    const statement = this.#database.prepare(sql);
    const entry = { statement, returnsRows: statement.columns().length > 0 };
    this.#statements.set(sql, entry);
    return entry;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value)) as SQLInputValue[];
    // Rows come without a prototype, which strict comparisons and some libraries stumble over.
    if (returnsRows) return { rows: statement.all(...values).map((row) => ({ ...row }) as R) };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  // biome-ignore lint/correctness/useYield: streaming is refused, not implemented
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Streaming is not offered: a reader that stays open would keep the WAL from shrinking');
  }
}

class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #hooks: TransactionHooks | undefined;
  readonly #connection: NodeSqliteConnection;

  constructor(database: DatabaseSync, hooks: TransactionHooks | undefined) {
    this.#database = database;
    this.#hooks = hooks;
    this.#connection = new NodeSqliteConnection(database);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(): Promise<void> {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  async commitTransaction(): Promise<void> {
    this.#database.exec('COMMIT');
    this.#hooks?.committed();
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk may have rolled back already.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#hooks?.rolledBack();
  }

  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

export function nodeSqliteDialect(database: DatabaseSync, hooks?: TransactionHooks): Dialect {
  return {
    createDriver: () => new NodeSqliteDriver(database, hooks),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}
