/**
 * Turns an open hour into chunk rows, some series at a time. Each slice is one transaction that also moves the hour's
 * watermark (`through_series`), so a kill between slices neither loses nor doubles a point: series up to the watermark
 * are read from their rows, the others from the journal, whose blocks are free once the last series is sealed.
 */
import type { StatementSync } from 'node:sqlite';
import { type DecodedBlock, encodePointBlock } from '../../core/point-block.ts';
import { isSampled } from '../../core/point-code.ts';
import { QuantileSketch } from '../../core/sketch.ts';
import { addToDay, type EngineState, seriesToSeal } from './engine-state.ts';
import { idsPerHour } from './journal-code.ts';
import type { OpenHour, OpenSeries } from './open-hours.ts';
import { encodeSketchRow } from './sketch-row.ts';
import { hourMs, hoursPerDay } from './tally.ts';

const blocksPerSlice = 64;

export function sketchOfBlock(block: DecodedBlock): QuantileSketch {
  const sketch = new QuantileSketch();
  for (let row = 0; row < block.count; row++) {
    const value = block.values[row * block.columns]!;
    if (value !== -1 && isSampled(block.codes[row]!)) sketch.add(value);
  }
  return sketch;
}

export class Sealer {
  readonly #state: EngineState;
  readonly #insertPoint: StatementSync;
  readonly #insertSummary: StatementSync;
  readonly #insertSketch: StatementSync;
  readonly #setWatermark: StatementSync;
  readonly #deleteBlock: StatementSync;
  readonly #unrollDay: StatementSync;

  constructor(state: EngineState) {
    this.#state = state;
    const { writer } = state;
    this.#insertPoint = writer.prepare('INSERT INTO point (id, blob) VALUES (?, ?)');
    this.#insertSummary = writer.prepare('INSERT INTO hour_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertSketch = writer.prepare('INSERT INTO hour_sketch (id, blob) VALUES (?, ?)');
    this.#setWatermark = writer.prepare(
      `INSERT INTO sealed_hour (hour, through_series, done) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET through_series = excluded.through_series, done = excluded.done`,
    );
    this.#deleteBlock = writer.prepare('DELETE FROM journal WHERE slot = ?');
    this.#unrollDay = writer.prepare('DELETE FROM rolled_day WHERE day = ?');
  }

  /** The oldest hour that is over for longer than the grace. */
  nextHour(nowMs: number, graceMs: number): OpenHour | undefined {
    let oldest: OpenHour | undefined;
    for (const open of this.#state.openHours.values()) {
      if ((open.hour + 1) * hourMs + graceMs <= nowMs && (oldest === undefined || open.hour < oldest.hour))
        oldest = open;
    }
    return oldest;
  }

  /**
   * Seals series of the hour until `isOver`, one at least: the watermark names a series whose row is written. Runs
   * inside a transaction; its effect on memory is returned, so that a slice that fails leaves the hour open.
   */
  sealSlice(open: OpenHour, isOver: (sealed: number) => boolean): { sealed: number; committed: () => void } {
    const queue = open.toSeal ?? seriesToSeal(open);
    const sealed: OpenSeries[] = [];
    while (sealed.length < queue.length && (sealed.length === 0 || !isOver(sealed.length))) {
      const series = open.series.get(queue[sealed.length]!)!;
      this.#sealSeries(open.hour, series);
      sealed.push(series);
    }
    const isDone = sealed.length === queue.length;
    this.#setWatermark.run(open.hour, sealed.at(-1)?.seriesId ?? 0, isDone ? 1 : 0);
    const day = Math.floor(open.hour / hoursPerDay);
    if (this.#state.rolledDays.has(day)) this.#unrollDay.run(day);
    return {
      sealed: sealed.length,
      committed: () => {
        open.toSeal = queue.slice(sealed.length);
        this.#forget(open, sealed, isDone);
      },
    };
  }

  #sealSeries(hour: number, series: OpenSeries): void {
    const { seriesId, tally } = series;
    const block = series.decode();
    const id = hour * idsPerHour + seriesId;
    this.#insertPoint.run(id, encodePointBlock(block));
    const { count, degraded, fail, unknown, sampled, sum, min, max } = tally;
    this.#insertSummary.run(hour, seriesId, count, degraded, fail, unknown, sampled, sum, min, max);
    this.#insertSketch.run(
      id,
      encodeSketchRow(tally, () => sketchOfBlock(block)),
    );
  }

  #forget(open: OpenHour, sealed: readonly OpenSeries[], isDone: boolean): void {
    const state = this.#state;
    state.sealedHours.add(open.hour);
    const dayNumber = Math.floor(open.hour / hoursPerDay);
    const day = state.openDays.get(dayNumber);
    state.rolledDays.delete(dayNumber);
    // A day that was not in memory is loaded from its rows, the ones just committed among them.
    if (day === undefined) state.openDay(dayNumber);
    for (const series of sealed) {
      if (day !== undefined) addToDay(day, series.seriesId, series.tally);
      if ((state.newestChunkHour.get(series.seriesId) ?? 0) < open.hour) {
        state.newestChunkHour.set(series.seriesId, open.hour);
      }
      open.series.delete(series.seriesId);
    }
    if (!isDone) return;
    state.openHours.delete(open.hour);
    state.freeBlocks.putAll(open.journal.slots);
  }

  /** Gives spare blocks of the journal back to the file, where there used to be more results; inside a transaction. */
  dropBlocksSlice(): { committed: () => void } {
    const { freeBlocks } = this.#state;
    const slots = freeBlocks.someSurplus(blocksPerSlice);
    for (const slot of slots) this.#deleteBlock.run(slot);
    return { committed: () => freeBlocks.forget(slots) };
  }
}
