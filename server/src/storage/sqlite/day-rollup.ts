/** Merges the sealed hours of a day that is over into its day rows, some series at a time; doing it twice is harmless. */
import type { StatementSync } from 'node:sqlite';
import { mergeSketches } from '../../core/sketch.ts';
import type { EngineState } from './engine-state.ts';
import { idsPerHour } from './journal-code.ts';
import { encodeSketchRow, packHours, sketchOfRow } from './sketch-row.ts';
import { dayMs, hoursPerDay, type Tally } from './tally.ts';

interface RollupProgress {
  readonly day: number;
  readonly seriesIds: readonly number[];
  /** How often hours were sealed or changed when it began: one more may belie rows that are written already. */
  readonly changes: number;
  next: number;
}

export class DayRollup {
  readonly #state: EngineState;
  readonly #insertSummary: StatementSync;
  readonly #insertSketch: StatementSync;
  readonly #insertHours: StatementSync;
  readonly #hourSketches: StatementSync;
  readonly #markRolled: StatementSync;
  #progress: RollupProgress | undefined;

  constructor(state: EngineState) {
    this.#state = state;
    const { writer } = state;
    this.#insertSummary = writer.prepare('INSERT OR REPLACE INTO day_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertSketch = writer.prepare('INSERT OR REPLACE INTO day_sketch (id, blob) VALUES (?, ?)');
    this.#insertHours = writer.prepare('INSERT OR REPLACE INTO day_hours (id, blob) VALUES (?, ?)');
    this.#hourSketches = writer.prepare(
      `WITH RECURSIVE unit(u) AS (SELECT ?1 UNION ALL SELECT u + 1 FROM unit WHERE u < ?2)
       SELECT u, blob FROM unit CROSS JOIN hour_sketch AS s ON s.id = u * ${idsPerHour} + ?3`,
    );
    this.#hourSketches.setReturnArrays(true);
    this.#markRolled = writer.prepare('INSERT OR IGNORE INTO rolled_day (day) VALUES (?)');
  }

  /** The oldest day that is over, all its hours sealed. */
  nextDay(nowMs: number, graceMs: number): number | undefined {
    let oldest: number | undefined;
    for (const day of this.#state.openDays.keys()) {
      if ((day + 1) * dayMs + graceMs > nowMs || (oldest !== undefined && oldest <= day)) continue;
      if (![...this.#state.openHours.keys()].some((hour) => Math.floor(hour / hoursPerDay) === day)) oldest = day;
    }
    return oldest;
  }

  /** Writes rows of the day until `isOver`; inside a transaction, its effect on memory is returned. */
  rollSlice(day: number, isOver: (rows: number) => boolean): { committed: () => void } {
    const tallies = this.#state.openDays.get(day)!;
    const changes = this.#state.sealedHours.size + this.#state.reopenings;
    if (this.#progress?.day !== day || this.#progress.changes !== changes) {
      this.#progress = { day, seriesIds: [...tallies.keys()].sort((a, b) => a - b), changes, next: 0 };
    }
    const progress = this.#progress;
    let next = progress.next;
    while (next < progress.seriesIds.length && (next === progress.next || !isOver(next - progress.next))) {
      const seriesId = progress.seriesIds[next++]!;
      const tally = tallies.get(seriesId)!;
      const { count, degraded, fail, unknown, sampled, sum, min, max } = tally;
      this.#insertSummary.run(day, seriesId, count, degraded, fail, unknown, sampled, sum, min, max);
      this.#putSketches(day, seriesId, tally);
    }
    const isDone = next === progress.seriesIds.length;
    if (isDone) this.#markRolled.run(day);
    return {
      committed: () => {
        progress.next = next;
        if (!isDone) return;
        this.#progress = undefined;
        this.#state.openDays.delete(day);
        this.#state.rolledDays.add(day);
      },
    };
  }

  #putSketches(day: number, seriesId: number, tally: Tally): void {
    const rows = this.#hourSketches.all(day * hoursPerDay, (day + 1) * hoursPerDay - 1, seriesId);
    const hours = (rows as unknown as [number, Uint8Array][]).map(([hour, blob]) => ({ hour, blob }));
    const sketches = hours.map(({ blob }) => sketchOfRow(blob)).filter((sketch) => sketch !== undefined);
    const id = day * idsPerHour + seriesId;
    this.#insertSketch.run(
      id,
      encodeSketchRow(tally, () => mergeSketches(sketches)),
    );
    this.#insertHours.run(id, packHours(hours));
  }
}
