/**
 * The disk under a simulated Pitwall: the real SQLite engine in a folder that outlives the process, behind a door that
 * takes its time, can be full, and can drop the process just before or just after a commit.
 */
import { DatabaseSync } from 'node:sqlite';
import type { Aside } from '../../server/src/capabilities/recording/api.ts';
import { PitwallError } from '../../server/src/core/errors.ts';
import type { Clock } from '../../server/src/platform/clock.ts';
import { openSqliteStore, type SqliteStore } from '../../server/src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../server/src/storage/store.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimulatedThread, SimulatedTime } from '../simulated-time.ts';

/** Never comes back: what a dead process waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {});

class ProcessDied extends Error {}

export interface DiskOptions {
  readonly dataDir: string;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  /** Right after each commit, before the process hears of it. */
  readonly onDurable: () => void;
  /** Asked for each second, upkeep of a database this small would be most of the run. */
  readonly maintainEveryMs: number;
}

export class SimulatedDisk {
  full = false;
  /** Asked at each commit; answering true kills the process there. */
  crashesAt: ((point: 'before-commit' | 'after-commit') => boolean) | undefined;
  /** Work on the real engine that has not come to rest. */
  busy = 0;
  commits = 0;
  /** Writes that the full disk refused. */
  refused = 0;
  /** Its room was taken before (platform/spill-file.ts): it works on a full disk, and outlives the process. */
  readonly aside: Aside = {
    write: (text) => {
      this.#aside = text;
    },
    read: () => this.#aside,
  };
  #aside = '';
  readonly #options: DiskOptions;
  #engine: SqliteStore | undefined;
  #observer: DatabaseSync | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** A connection of the judges' own: sees what is committed, whoever is dead. */
  get observer(): DatabaseSync {
    return this.#observer!;
  }

  /** The store as the given process sees it. */
  async open(thread: SimulatedThread, clock: Clock): Promise<Store> {
    await this.#engine?.close();
    this.#engine = await openSqliteStore({ dataDir: this.#options.dataDir, clock, ballastBytes: 0 });
    this.#observer ??= new DatabaseSync(this.#engine.filePath, { readOnly: true });
    const engine = this.#engine;
    let maintainedAtMs = Number.NEGATIVE_INFINITY;
    let queue: Promise<unknown> = Promise.resolve();
    const write: Store['write'] = (work) => {
      const result = queue.then(() => this.#write(engine, thread, clock, work));
      queue = result.catch(() => {});
      return result;
    };
    return {
      read: engine.read,
      series: engine.series,
      write,
      maintain: async (nowMs) => {
        const due = nowMs >= maintainedAtMs + this.#options.maintainEveryMs || nowMs < maintainedAtMs;
        if (!due) return { sealed: 0, pruned: 0, more: false };
        maintainedAtMs = nowMs;
        this.#throwIfFull();
        return await this.#atWork(() => engine.maintain(nowMs));
      },
      sizes: () => engine.sizes(),
      close: async () => {},
    };
  }

  async close(): Promise<void> {
    this.#observer?.close();
    await this.#engine?.close();
  }

  async #write<T>(
    engine: SqliteStore,
    thread: SimulatedThread,
    clock: Clock,
    work: Parameters<typeof engine.write<T>>[0],
  ) {
    const { random } = this.#options;
    await clock.sleep(random.chance(0.02) ? random.int(5, 400) : 1);
    this.#throwIfFull();
    let result: T;
    try {
      result = await this.#atWork(() =>
        engine.write(async (tx) => {
          const done = await work(tx);
          if (!thread.alive || this.crashesAt?.('before-commit') === true) throw new ProcessDied();
          return done;
        }),
      );
    } catch (error) {
      if (error instanceof ProcessDied || (error as Error).cause instanceof ProcessDied) return await never<T>();
      throw error;
    }
    this.commits += 1;
    this.#options.onDurable();
    if (this.crashesAt?.('after-commit') === true) return await never<T>();
    await clock.sleep(random.chance(0.02) ? random.int(5, 400) : 1);
    return result;
  }

  #throwIfFull(): void {
    if (!this.full) return;
    this.refused += 1;
    throw new PitwallError('store-full', 'The disk is full');
  }

  async #atWork<T>(work: () => Promise<T>): Promise<T> {
    this.busy += 1;
    try {
      return await work();
    } finally {
      this.busy -= 1;
    }
  }
}
