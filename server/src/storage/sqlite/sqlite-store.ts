/** The embedded engine: one SQLite file in one data folder, one writer, and reads of committed rows beside it. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { PitwallError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import {
  defaultRetention,
  type MaintenanceReport,
  type Retention,
  type Store,
  type WriteTransaction,
} from '../store.ts';
import type { Tables } from '../tables.ts';
import { Ballast } from './ballast.ts';
import { createPrivateFile, databaseName, type FolderLock, lockDataFolder, prepareDataFolder } from './data-folder.ts';
import { EngineState } from './engine-state.ts';
import { checkDatabaseFile } from './file-check.ts';
import { FileGuard } from './file-guard.ts';
import { checkIntegrity } from './integrity.ts';
import { Maintenance } from './maintenance.ts';
import { migrate, newestVersion } from './migrations.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import { SqliteSeriesReader } from './series-reader.ts';
import { SeriesTransaction } from './series-writer.ts';
import { asStoreError, damaged, isDiskFull, unfit } from './sqlite-errors.ts';

export interface SqliteStoreOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly retention?: Retention;
  /** How long after its end an hour waits for its last results: the longest interval plus time-out. */
  readonly graceMs?: number;
  readonly ballastBytes?: number;
  /** WAL pages after which SQLite copies them into the file: fewer mean shorter pauses and more writing. */
  readonly checkpointPages?: number;
}

export interface SqliteStore extends Store {
  readonly filePath: string;
  /** The last process did not close the store: run `checkIntegrity` in the background. */
  readonly uncleanExit: boolean;
  /** False once the disk was full: only what people must be told should be written now. */
  readonly holdsBallast: boolean;
  /** SQLite's full check, in a thread and on a connection of its own; empty where all is well. */
  checkIntegrity(): Promise<string[]>;
}

const pageBytes = 8_192;
const defaultGraceMs = 60_000;
const defaultBallastBytes = 16 << 20;
const defaultCheckpointPages = 1_000;
const cacheKiB = 16_384;

class SqliteEngine implements SqliteStore {
  readonly filePath: string;
  readonly uncleanExit: boolean;
  readonly read: Kysely<Tables>;
  readonly series: SqliteSeriesReader;
  readonly #clock: Clock;
  readonly #lock: FolderLock;
  readonly #files: FileGuard;
  readonly #ballast: Ballast;
  readonly #state: EngineState;
  readonly #maintenance: Maintenance;
  readonly #write: Kysely<Tables>;
  readonly #writeBlock;
  readonly #pageCounts;
  #transaction: SeriesTransaction | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: SqliteStoreOptions, opened: OpenedFile, lock: FolderLock, ballast: Ballast) {
    this.filePath = opened.filePath;
    this.uncleanExit = opened.uncleanExit;
    this.#clock = options.clock;
    this.#lock = lock;
    this.#files = new FileGuard(opened.filePath);
    this.#ballast = ballast;
    this.#state = new EngineState(opened.writer, opened.reader);
    this.#maintenance = new Maintenance(
      this.#state,
      options.clock,
      options.retention ?? defaultRetention,
      options.graceMs ?? defaultGraceMs,
    );
    this.series = new SqliteSeriesReader(this.#state);
    this.read = new Kysely<Tables>({ dialect: nodeSqliteDialect(opened.reader) });
    this.#write = new Kysely<Tables>({
      dialect: nodeSqliteDialect(opened.writer, {
        committed: () => this.#transaction?.committed(),
        rolledBack: () => this.#transaction?.rolledBack(),
      }),
    });
    this.#writeBlock = opened.writer.prepare(
      'INSERT INTO journal (slot, blob) VALUES (?, ?) ON CONFLICT DO UPDATE SET blob = excluded.blob',
    );
    this.#pageCounts = opened.reader.prepare(
      'SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count',
    );
  }

  get holdsBallast(): boolean {
    return this.#ballast.isHeld;
  }

  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#enqueue(() => this.#withBallast(() => this.#runTransaction(work)));
  }

  async #runTransaction<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const oldestHour = this.#maintenance.retention.oldestRawHour(this.#clock.nowMs());
    try {
      return await this.#write.transaction().execute(async (db) => {
        const series = new SeriesTransaction(this.#state, this.#writeBlock, oldestHour);
        this.#transaction = series;
        const result = await work({ db, series });
        series.throwFault();
        return result;
      });
    } finally {
      this.#transaction = undefined;
    }
  }

  async maintain(nowMs: number): Promise<MaintenanceReport> {
    await this.#ballast.restore(nowMs);
    return await this.#enqueue(() => this.#withBallast(async () => this.#maintenance.slice(nowMs)));
  }

  sizes(): { readonly liveBytes: number; readonly fileBytes: number; readonly walBytes: number } {
    const counts = this.#pageCounts.get();
    const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
    return {
      liveBytes: (Number(counts?.page_count) - Number(counts?.freelist_count)) * pageBytes,
      fileBytes: sizeOf(this.filePath),
      walBytes: sizeOf(`${this.filePath}-wal`),
    };
  }

  checkIntegrity(): Promise<string[]> {
    return checkIntegrity(this.filePath);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue;
    this.#state.reader.close();
    this.#state.writer.close();
    this.#lock.release();
  }

  /** One at a time, in the order of asking. */
  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new PitwallError('unavailable', 'The store is closed'));
    const result = this.#queue.then(work);
    this.#queue = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  /** Not on a database that is another's, or that ends with this process. */
  async #withBallast<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#lock.keep();
    } finally {
      // Where the whole folder is gone this is the graver of the two, so it is the one that is told.
      this.#files.check();
    }
    try {
      return await work();
    } catch (error) {
      if (!isDiskFull(error, this.filePath) || !this.#ballast.free()) throw asStoreError(error, this.filePath);
    }
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error, this.filePath);
    }
  }
}

interface OpenedFile {
  readonly filePath: string;
  readonly uncleanExit: boolean;
  readonly writer: DatabaseSync;
  readonly reader: DatabaseSync;
}

function openFile(options: SqliteStoreOptions): OpenedFile {
  const filePath = join(options.dataDir, databaseName);
  const { isNew, uncleanExit } = checkDatabaseFile(filePath, newestVersion);
  createPrivateFile(filePath);
  const writer = new DatabaseSync(filePath);
  try {
    // Both count only before the first table is made, and on an older file the second would write.
    if (isNew) writer.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL`);
    // SQLite keeps to the mode before, and says so, where the files cannot be shared and locked as a log needs it.
    if (writer.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode !== 'wal')
      throw unfit(filePath, 'its file system cannot share memory or lock files, which SQLite needs');
    writer.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${options.checkpointPages ?? defaultCheckpointPages};
      PRAGMA journal_size_limit = ${64 << 20};
      PRAGMA cache_size = -${cacheKiB};
      PRAGMA temp_store = MEMORY`);
    // The version in the file's own header is what a later start looks at before it touches anything.
    if (migrate(writer, options.clock.nowMs()) > 0) writer.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const reader = new DatabaseSync(filePath, { readOnly: true });
    reader.exec(`PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`);
    return { filePath, uncleanExit, writer, reader };
  } catch (error) {
    writer.close();
    throw asStoreError(error, filePath);
  }
}

/** Opens the store of a data folder, made on first use. Throws `data-folder-locked`, `store-corrupt`, `store-newer`. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  prepareDataFolder(options.dataDir);
  const lock = await lockDataFolder(options.dataDir, process.pid, options.clock);
  const indexPath = join(options.dataDir, `${databaseName}-shm`);
  const hadIndex = existsSync(indexPath);
  try {
    const ballast = new Ballast(options.dataDir, options.ballastBytes ?? defaultBallastBytes);
    const opened = openFile(options);
    try {
      const engine = new SqliteEngine(options, opened, lock, ballast);
      await ballast.restore(options.clock.nowMs());
      return engine;
    } catch (error) {
      closeUntouched(opened);
      throw error instanceof RangeError
        ? damaged(opened.filePath, error.message, error)
        : asStoreError(error, opened.filePath);
    }
  } catch (error) {
    // Nobody else has the folder: an index of the log that was not there before is of our own looking.
    if (!hadIndex) rmSync(indexPath, { force: true });
    lock.release();
    throw error;
  }
}

/** The last writer to close copies its log into the file: one that was left behind is kept from it by the reader. */
function closeUntouched({ uncleanExit, writer, reader }: OpenedFile): void {
  const inOrder = uncleanExit ? [writer, reader] : [reader, writer];
  for (const connection of inOrder) connection.close();
}
