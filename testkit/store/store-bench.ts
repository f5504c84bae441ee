/** One store on the bench: opened in a place of its own, closed, killed and opened again as a test goes on. */
import assert from 'node:assert/strict';
import type { AppendReport, Retention, SeriesDefinition, Store } from '../../server/src/storage/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { batchOf, hourMs, type Point, type Recount } from './recount.ts';

export interface OpenOptions {
  readonly clock: ManualClock;
  readonly graceMs: number;
  readonly retention?: Retention;
}

/** Where a store lives: a data folder, a schema … Made empty, and removed with everything in it. */
export interface Place extends AsyncDisposable {
  readonly name: string;
}

export interface StoreUnderTest {
  readonly name: string;
  makePlace(): Promise<Place>;
  open(place: Place, options: OpenOptions): Promise<Store>;
  /** Puts into the other place what a process that dies now would leave behind; the store stays open. */
  copyAsKilled(store: Store, from: Place, to: Place): Promise<void>;
  readonly abilities: {
    /** Most rows that one slice of `maintain` may touch while its clock stands still. */
    readonly rowsPerSlice: number;
  };
}

/** A Monday, midnight UTC, on which nothing else happens. */
export const startMs = Date.UTC(2026, 0, 5);
export const graceMs = 60_000;

export class StoreBench implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly #engine: StoreUnderTest;
  readonly #retention: Retention | undefined;
  readonly #places: Place[] = [];
  store!: Store;

  private constructor(engine: StoreUnderTest, retention: Retention | undefined, clock: ManualClock) {
    this.#engine = engine;
    this.#retention = retention;
    this.clock = clock;
  }

  /** `stepUs`: how far monotonic time goes on at each look. */
  static async open(
    engine: StoreUnderTest,
    { retention, stepUs = 0 }: { retention?: Retention; stepUs?: number } = {},
  ): Promise<StoreBench> {
    const bench = new StoreBench(engine, retention, new ManualClock(startMs, stepUs));
    bench.#places.push(await engine.makePlace());
    await bench.#open();
    return bench;
  }

  async #open(): Promise<void> {
    const retention = this.#retention === undefined ? {} : { retention: this.#retention };
    this.store = await this.#engine.open(this.#places.at(-1)!, { clock: this.clock, graceMs, ...retention });
  }

  async reopen(): Promise<void> {
    await this.store.close();
    await this.#open();
  }

  /** Goes on with what a process that was killed now would have left. */
  async crash(): Promise<void> {
    const place = await this.#engine.makePlace();
    this.#places.push(place);
    await this.#engine.copyAsKilled(this.store, this.#places.at(-2)!, place);
    await this.store.close();
    await this.#open();
  }

  async register(count: number, kind: SeriesDefinition['kind'] = 'check', prefix = 'shop/check'): Promise<number[]> {
    const definitions = seriesDefinitions(count, kind, prefix);
    const ids = await this.store.write((tx) => tx.series.register(definitions, this.clock.nowMs()));
    return definitions.map(({ key }) => ids.get(key)!);
  }

  /** One transaction; the points have columns alike. */
  append(points: readonly Point[]): Promise<AppendReport> {
    return this.store.write((tx) => tx.series.append(batchOf(points, points[0]!.values.length)));
  }

  /** Appends, and asks for the report that the recount expects. */
  async put(recount: Recount, points: readonly Point[], isLate?: (point: Point) => boolean): Promise<void> {
    assert.deepEqual(await this.append(points), recount.append(points, isLate));
  }

  /** All upkeep that is due; returns what was done. */
  async maintain(): Promise<{ sealed: number; pruned: number; slices: number }> {
    const total = { sealed: 0, pruned: 0, slices: 0 };
    for (let more = true; more; total.slices += 1) {
      const report = await this.store.maintain(this.clock.nowMs());
      total.sealed += report.sealed;
      total.pruned += report.pruned;
      more = report.more;
      assert.ok(total.slices < 100_000, 'upkeep comes to an end');
    }
    return total;
  }

  /** Sets the clock just after the hour may be sealed, and does what is due. */
  async sealThrough(hourStartMs: number): Promise<void> {
    this.clock.set(Math.max(this.clock.nowMs(), hourStartMs + hourMs + graceMs));
    await this.maintain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    for (const place of this.#places.reverse()) await place[Symbol.asyncDispose]();
  }
}

export function seriesDefinitions(count: number, kind: SeriesDefinition['kind'], prefix: string): SeriesDefinition[] {
  const unit = kind === 'check' ? { unit: 's', scale: 1_000_000 } : { unit: 'bytes', scale: 1 };
  return Array.from({ length: count }, (_, index) => ({ kind, key: `${prefix}-${index}`, ...unit }));
}
