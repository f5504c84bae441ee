/**
 * The store seam. One writer: `write` runs its function inside one durable transaction, one at a time, and resolves
 * once the transaction is on disk. Readers see committed rows only. An engine passes `store-conformance.ts`.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** A point of a check has these six values: total and the five phases in µs, −1 where absent; a metric has one. */
export const checkColumns = 6;

/** Columnar, so that a thousand points cost one object. Row i of `values` starts at i × columns. */
export interface PointBatch {
  /** All series of one batch have the same number of columns: 6 for checks, 1 for metrics. */
  readonly columns: number;
  readonly seriesIds: readonly number[];
  /** The slot, or the instant a metric was read: integer ms. */
  readonly atMs: readonly number[];
  /** See core/point-code.ts. */
  readonly codes: readonly number[];
  /** Integers; −1 means absent. Length = rows × columns. */
  readonly values: readonly number[];
}

export interface SeriesDefinition {
  /** `check` (six columns) or `metric` (one). */
  readonly kind: 'check' | 'metric';
  /** Unique within its kind: `service/check`, or the metric's name with its labels. */
  readonly key: string;
  readonly unit: string;
  /** A stored integer divided by this is the value in `unit`. */
  readonly scale: number;
}

/** One hour or day of one series. Figures about values count sampled points only (core/point-code.ts). */
export interface Summary {
  readonly startMs: number;
  readonly count: number;
  readonly passCount: number;
  readonly degradedCount: number;
  readonly failCount: number;
  /** unknown, suspect and missed together. */
  readonly unknownCount: number;
  readonly sampledCount: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Encoded quantile sketch (core/sketch.ts); absent where nobody asked for it. */
  readonly sketch?: Uint8Array;
}

export interface SeriesRange {
  readonly seriesId: number;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** What an append did with each row: `late` ones are older than raw points are kept, and were refused and counted. */
export interface AppendReport {
  readonly accepted: number;
  readonly repeated: number;
  readonly late: number;
}

export interface SeriesReader {
  /** Raw points with fromMs ≤ atMs < toMs in order, the open hours' committed ones included. */
  scan(range: SeriesRange): PointBatch;
  /** Hour summaries in order, the open hours included as far as committed; sketches where asked for. */
  hours(range: SeriesRange, options?: { readonly sketches?: boolean }): Summary[];
  /** Day summaries in order; today is merged from its hours. */
  days(range: SeriesRange, options?: { readonly sketches?: boolean }): Summary[];
  /** The same for every series at once, for boards: Map from series id to its summaries. */
  allHours(fromMs: number, toMs: number): Map<number, Summary[]>;
  allDays(fromMs: number, toMs: number): Map<number, Summary[]>;
  /** The last n points of each given series at or before now, oldest first; reads at most the last two hours and,
   *  for series silent that long, their newest chunk. */
  tail(seriesIds: readonly number[], n: number): Map<number, PointBatch>;
}

export interface SeriesWriter {
  /** Finds or makes the integer id of each series. */
  register(definitions: readonly SeriesDefinition[], nowMs: number): Promise<Map<string, number>>;
  /** Gives a series another key, its points with it; false where there is none, or the key is taken. */
  rename(kind: SeriesDefinition['kind'], from: string, to: string): Promise<boolean>;
  /** Journals the batch in this transaction. Repeats (same series and instant) are recognised and dropped. */
  append(batch: PointBatch): Promise<AppendReport>;
}

export interface MaintenanceReport {
  /** Chunk rows sealed in this slice. */
  readonly sealed: number;
  readonly pruned: number;
  /** Whether more waits: call again soon. */
  readonly more: boolean;
}

export interface Store {
  readonly read: Kysely<Tables>;
  readonly series: SeriesReader;
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T>;
  /** One slice of sealing, day rollup and retention of at most about 5 ms; transitions go between slices. */
  maintain(nowMs: number): Promise<MaintenanceReport>;
  /** Bytes of live data (ballast left out), of the file, and free on the disk. */
  sizes(): { readonly liveBytes: number; readonly fileBytes: number; readonly walBytes: number };
  close(): Promise<void>;
}

export interface WriteTransaction {
  readonly db: Transaction<Tables>;
  readonly series: SeriesWriter;
}

/** Defaults of DESIGN §6: raw points 35 days, hours 400 days, days for ever. */
export interface Retention {
  readonly rawMs: number;
  readonly hoursMs: number;
}
export const defaultRetention: Retention = { rawMs: 35 * 86_400_000, hoursMs: 400 * 86_400_000 };
