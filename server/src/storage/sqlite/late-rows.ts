/**
 * Points of an hour that is sealed already: its chunk, summary and sketch are made anew with them, in the transaction
 * that brings them. They come seldom (a result that was held up, a machine that slept), so each is worth a row of work;
 * what comes out is byte for byte what sealing the hour with them would have made.
 */
import type { StatementSync } from 'node:sqlite';
import { type DecodedBlock, decodePointBlock, encodePointBlock } from '../../core/point-block.ts';
import type { EngineState } from './engine-state.ts';
import { idsPerHour } from './journal-code.ts';
import { sketchOfBlock } from './sealing.ts';
import { encodeSketchRow } from './sketch-row.ts';
import { hoursPerDay, Tally } from './tally.ts';

interface Chunk {
  readonly hour: number;
  readonly seriesId: number;
  block: DecodedBlock;
  /** Something came that is not written yet, and since the transaction began. */
  changed: boolean;
  touched: boolean;
}

export class LateRows {
  readonly #state: EngineState;
  readonly #chunks = new Map<number, Chunk>();
  readonly #point: StatementSync;
  readonly #summary: StatementSync;

  constructor(state: EngineState) {
    this.#state = state;
    this.#point = state.writer.prepare('SELECT blob FROM point WHERE id = ?');
    this.#summary = state.writer.prepare('SELECT count FROM hour_summary WHERE hour = ? AND series = ?');
  }

  /** `late`: the raw points of that hour are gone already, so it cannot be made anew. */
  add(
    at: { readonly hour: number; readonly seriesId: number; readonly columns: number; readonly offsetMs: number },
    code: number,
    values: readonly number[],
  ): 'accepted' | 'repeated' | 'late' {
    const chunk = this.#chunkOf(at.hour, at.seriesId, at.columns);
    if (chunk === undefined) return 'late';
    const { atOffsetsMs, codes, values: before, columns, count } = chunk.block;
    const after = atOffsetsMs.findIndex((offsetMs) => offsetMs >= at.offsetMs);
    const row = after < 0 ? count : after;
    if (atOffsetsMs[row] === at.offsetMs) return 'repeated';
    chunk.block = {
      columns,
      count: count + 1,
      atOffsetsMs: atOffsetsMs.toSpliced(row, 0, at.offsetMs),
      codes: codes.toSpliced(row, 0, code),
      values: before.toSpliced(row * columns, 0, ...values),
    };
    chunk.changed = true;
    chunk.touched = true;
    return 'accepted';
  }

  #chunkOf(hour: number, seriesId: number, columns: number): Chunk | undefined {
    const id = hour * idsPerHour + seriesId;
    let chunk = this.#chunks.get(id);
    if (chunk === undefined) {
      const blob = this.#point.get(id)?.blob as Uint8Array | undefined;
      if (blob === undefined && this.#summary.get(hour, seriesId) !== undefined) return undefined;
      const block =
        blob === undefined ? { columns, count: 0, atOffsetsMs: [], codes: [], values: [] } : decodePointBlock(blob);
      chunk = { hour, seriesId, block, changed: false, touched: false };
      this.#chunks.set(id, chunk);
    }
    return chunk;
  }

  /** Inside the transaction. */
  write(): void {
    const { writer } = this.#state;
    for (const chunk of this.#chunks.values()) {
      if (!chunk.changed) continue;
      const { hour, seriesId, block } = chunk;
      const id = hour * idsPerHour + seriesId;
      const tally = new Tally();
      for (const [row, code] of block.codes.entries()) tally.add(code, block.values[row * block.columns]!);
      const { count, degraded, fail, unknown, sampled, sum, min, max } = tally;
      writer.prepare('INSERT OR REPLACE INTO point (id, blob) VALUES (?, ?)').run(id, encodePointBlock(block));
      writer
        .prepare('INSERT OR REPLACE INTO hour_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(hour, seriesId, count, degraded, fail, unknown, sampled, sum, min, max);
      const row = encodeSketchRow(tally, () => sketchOfBlock(block));
      writer.prepare('INSERT OR REPLACE INTO hour_sketch (id, blob) VALUES (?, ?)').run(id, row);
      // What the day says of it is made again from its hours.
      writer.prepare('DELETE FROM rolled_day WHERE day = ?').run(Math.floor(hour / hoursPerDay));
      chunk.changed = false;
    }
  }

  /** The transaction is on disk: what is known in memory of these hours is read again. */
  committed(): void {
    const state = this.#state;
    const days = new Set<number>();
    for (const { hour, seriesId, touched } of this.#chunks.values()) {
      if (!touched) continue;
      days.add(Math.floor(hour / hoursPerDay));
      if ((state.newestChunkHour.get(seriesId) ?? 0) < hour) state.newestChunkHour.set(seriesId, hour);
    }
    for (const day of days) state.reopenDay(day);
  }
}
