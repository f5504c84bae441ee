/** One slice of upkeep at a time, most urgent first: sealing, the journal's spare blocks, days, retention, shrinking. */
import type { Clock } from '../../platform/clock.ts';
import type { MaintenanceReport, Retention } from '../store.ts';
import { DayRollup } from './day-rollup.ts';
import type { EngineState } from './engine-state.ts';
import { RetentionKeeper } from './retention.ts';
import { Sealer } from './sealing.ts';

/** Leaves 1.5 ms of the 5 for the commit. */
const sliceUs = 3_500;
/** Bounds a slice under a simulated clock, which stands still within it. */
const mostRowsPerSlice = 256;

export class Maintenance {
  readonly retention: RetentionKeeper;
  readonly #state: EngineState;
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #sealer: Sealer;
  readonly #rollup: DayRollup;

  constructor(state: EngineState, clock: Clock, retention: Retention, graceMs: number) {
    this.#state = state;
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#sealer = new Sealer(state);
    this.#rollup = new DayRollup(state);
    this.retention = new RetentionKeeper(state, retention);
  }

  /** Does what is most urgent for about 5 ms. The caller holds the write queue. */
  slice(nowMs: number): MaintenanceReport {
    const startUs = this.#clock.monotonicUs();
    const isOver = (rows = 0): boolean => rows >= mostRowsPerSlice || this.#clock.monotonicUs() - startUs >= sliceUs;
    const hour = this.#sealer.nextHour(nowMs, this.#graceMs);
    if (hour !== undefined) {
      const sealed = this.#commit(() => this.#sealer.sealSlice(hour, isOver));
      return { sealed: sealed.sealed, pruned: 0, more: true };
    }
    if (this.#state.freeBlocks.surplus > 0) {
      this.#commit(() => this.#sealer.dropBlocksSlice());
      return { sealed: 0, pruned: 0, more: true };
    }
    const day = this.#rollup.nextDay(nowMs, this.#graceMs);
    if (day !== undefined) {
      this.#commit(() => this.#rollup.rollSlice(day, isOver));
      return { sealed: 0, pruned: 0, more: true };
    }
    return this.#prune(nowMs, isOver);
  }

  #prune(nowMs: number, isOver: (rows?: number) => boolean): MaintenanceReport {
    if (this.retention.isDue(nowMs)) {
      const { pruned } = this.#commit(() => ({
        pruned: this.retention.pruneSlice(nowMs, isOver),
        committed: () => {},
      }));
      return { sealed: 0, pruned, more: true };
    }
    if (!this.retention.isMostlyAir()) return { sealed: 0, pruned: 0, more: false };
    this.retention.shrinkSlice();
    return { sealed: 0, pruned: 0, more: true };
  }

  #commit<T extends { committed: () => void }>(work: () => T): T {
    const { writer } = this.#state;
    writer.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      writer.exec('COMMIT');
      result.committed();
      return result;
    } catch (error) {
      if (writer.isTransaction) writer.exec('ROLLBACK');
      throw error;
    }
  }
}
