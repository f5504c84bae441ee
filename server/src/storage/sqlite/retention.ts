/** Drops what is older than it is kept, and gives room back to the disk when much of the file is empty. */
import type { StatementSync } from 'node:sqlite';
import type { Retention } from '../store.ts';
import type { EngineState } from './engine-state.ts';
import { EvidenceKeeper } from './evidence-retention.ts';
import { idsPerHour } from './journal-code.ts';
import { hourMs, hoursPerDay } from './tally.ts';

const rowsPerStep = 64;
/** Of an hour its summary and its sketch, and of a day its packed hours. */
const hoursPerStep = Math.floor(rowsPerStep / 3);
/** Free pages are used again by the next hour; only a file that is mostly air is shrunk. */
const leastFreePages = 2_048;
const freeShare = 0.25;
const pagesPerStep = 64;

export class RetentionKeeper {
  readonly #state: EngineState;
  readonly #retention: Retention;
  readonly #evidence: EvidenceKeeper;
  readonly #oldestPoint: StatementSync;
  readonly #oldestHour: StatementSync;
  readonly #prunePoints: StatementSync;
  readonly #pruneHours: StatementSync;
  readonly #pruneSketches: StatementSync;
  readonly #prunePacked: StatementSync;
  readonly #pruneMarks: StatementSync;
  readonly #freePages: StatementSync;
  readonly #allPages: StatementSync;

  constructor(state: EngineState, retention: Retention) {
    this.#state = state;
    this.#retention = retention;
    const { writer } = state;
    this.#evidence = new EvidenceKeeper(writer);
    this.#oldestPoint = writer.prepare('SELECT min(id) AS oldest FROM point');
    this.#oldestHour = writer.prepare('SELECT min(hour) AS oldest FROM hour_summary');
    this.#prunePoints = writer.prepare(
      'DELETE FROM point WHERE id IN (SELECT id FROM point WHERE id < ? ORDER BY id LIMIT ?)',
    );
    this.#pruneHours = writer.prepare(
      `DELETE FROM hour_summary WHERE (hour, series) IN
       (SELECT hour, series FROM hour_summary WHERE hour < ? ORDER BY hour, series LIMIT ?)`,
    );
    this.#pruneSketches = writer.prepare(
      'DELETE FROM hour_sketch WHERE id IN (SELECT id FROM hour_sketch WHERE id < ? ORDER BY id LIMIT ?)',
    );
    this.#prunePacked = writer.prepare(
      'DELETE FROM day_hours WHERE id IN (SELECT id FROM day_hours WHERE id < ? ORDER BY id LIMIT ?)',
    );
    this.#pruneMarks = writer.prepare('DELETE FROM sealed_hour WHERE hour < ?');
    this.#freePages = writer.prepare('PRAGMA freelist_count');
    this.#allPages = writer.prepare('PRAGMA page_count');
  }

  /** Hours before this one have no raw points, and take none. */
  oldestRawHour(nowMs: number): number {
    return Math.floor((nowMs - this.#retention.rawMs) / hourMs);
  }

  #oldestSummaryHour(nowMs: number): number {
    const cutoff = Math.floor((nowMs - this.#retention.hoursMs) / hourMs);
    // A day that is not rolled up yet, or that may still take points and be rolled up again, needs its hours.
    const oldestRawDay = Math.floor(this.oldestRawHour(nowMs) / hoursPerDay);
    return Math.min(cutoff, ...[oldestRawDay, ...this.#state.openDays.keys()].map((day) => day * hoursPerDay));
  }

  isDue(nowMs: number): boolean {
    const point = this.#oldestPoint.get()?.oldest;
    if (typeof point === 'number' && point < this.oldestRawHour(nowMs) * idsPerHour) return true;
    if (this.#evidence.isDue(this.oldestRawHour(nowMs) * hourMs)) return true;
    const hour = this.#oldestHour.get()?.oldest;
    return typeof hour === 'number' && hour < this.#oldestSummaryHour(nowMs);
  }

  /** Deletes rows until `isOver`, which is told how many; inside a transaction. */
  pruneSlice(nowMs: number, isOver: (pruned: number) => boolean): number {
    let pruned = 0;
    let changed: number;
    do {
      const rawCutoff = this.oldestRawHour(nowMs) * idsPerHour;
      changed = Number(this.#prunePoints.run(rawCutoff, rowsPerStep).changes);
      if (changed === 0) changed = this.#evidence.pruneStep(this.oldestRawHour(nowMs) * hourMs, rowsPerStep);
      if (changed === 0) {
        const cutoff = this.#oldestSummaryHour(nowMs);
        changed = Number(this.#pruneHours.run(cutoff, hoursPerStep).changes);
        changed += Number(this.#pruneSketches.run(cutoff * idsPerHour, hoursPerStep).changes);
        // Hours of a day that is not over for all of them stay together; who reads them leaves the older ones out.
        const day = Math.floor(cutoff / hoursPerDay);
        changed += Number(this.#prunePacked.run(day * idsPerHour, hoursPerStep).changes);
        if (changed === 0) this.#pruneMarks.run(Math.min(cutoff, this.#state.freeBlocks.oldestHour));
      }
      pruned += changed;
    } while (changed > 0 && !isOver(pruned + rowsPerStep));
    return pruned;
  }

  isMostlyAir(): boolean {
    const free = Number(this.#freePages.get()?.freelist_count ?? 0);
    return free > leastFreePages && free > freeShare * Number(this.#allPages.get()?.page_count ?? 0);
  }

  shrinkSlice(): void {
    this.#state.writer.exec(`PRAGMA incremental_vacuum(${pagesPerStep})`);
  }
}
