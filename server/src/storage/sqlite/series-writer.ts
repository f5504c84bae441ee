/** Registers series and journals points inside a running transaction; memory follows only when it commits. */
import type { DatabaseSync } from 'node:sqlite';
import { PitwallError } from '../../core/errors.ts';
import { largestValue } from '../../core/rice.ts';
import type { AppendReport, PointBatch, SeriesDefinition, SeriesWriter } from '../store.ts';
import { columnsOf, EngineState } from './engine-state.ts';
import { idsPerHour, JournalPiece } from './journal-code.ts';
import { LateRows } from './late-rows.ts';
import type { OpenHour, OpenSeries } from './open-hours.ts';
import { hourMs } from './tally.ts';

/** Series ids share an integer with their hour (journal-code.ts). */
const mostSeries = idsPerHour - 1;

function checkShape(batch: PointBatch): void {
  const rows = batch.seriesIds.length;
  if (batch.atMs.length !== rows || batch.codes.length !== rows || batch.values.length !== rows * batch.columns) {
    throw new PitwallError('internal', `A batch of ${rows} points has columns of different lengths`);
  }
  for (const atMs of batch.atMs) {
    if (!(atMs >= 0 && Number.isSafeInteger(atMs))) {
      throw new PitwallError('internal', `${atMs} is not an instant in whole milliseconds and cannot be stored`);
    }
  }
  for (const value of batch.values) {
    if (!(Math.abs(value) <= largestValue && Number.isInteger(value))) {
      throw new PitwallError('internal', `${value} is not an integer within ± 2^50 and cannot be stored`);
    }
  }
}

export class SeriesTransaction implements SeriesWriter {
  readonly #state: EngineState;
  readonly #oldestHour: number;
  readonly #pieces: JournalPiece[] = [];
  readonly #registered: string[] = [];
  readonly #renamed: { readonly from: string; readonly to: string }[] = [];
  #late: LateRows | undefined;
  #fault: unknown;
  readonly #writeBlock: ReturnType<DatabaseSync['prepare']>;

  /** Points before `oldestHour` are beyond the retention of raw points, and late. */
  constructor(state: EngineState, writeBlock: ReturnType<DatabaseSync['prepare']>, oldestHour: number) {
    this.#state = state;
    this.#writeBlock = writeBlock;
    this.#oldestHour = oldestHour;
  }

  /** A batch that was refused midway must not be committed in part, even where its caller caught the error. */
  throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  async register(definitions: readonly SeriesDefinition[], nowMs: number): Promise<Map<string, number>> {
    const ids = new Map<string, number>();
    const insert = this.#state.writer.prepare(
      'INSERT INTO series (kind, key, unit, scale, created_at_ms) VALUES (?, ?, ?, ?, ?)',
    );
    for (const { kind, key, unit, scale } of definitions) {
      const name = EngineState.nameOf(kind, key);
      const known = this.#state.seriesByName.get(name);
      if (known !== undefined && (known.unit !== unit || known.scale !== scale)) {
        throw new PitwallError(
          'conflict',
          `Series ${key} is stored in ${known.unit}/${known.scale}, not ${unit}/${scale}`,
        );
      }
      if (known !== undefined) {
        ids.set(key, known.id);
        continue;
      }
      const id = Number(insert.run(kind, key, unit, scale, nowMs).lastInsertRowid);
      if (id > mostSeries) throw new PitwallError('store-failed', `No more than ${mostSeries} series can be stored`);
      this.#state.addSeries(key, { id, kind, columns: columnsOf(kind), unit, scale });
      this.#registered.push(name);
      ids.set(key, id);
    }
    return ids;
  }

  async rename(kind: SeriesDefinition['kind'], from: string, to: string): Promise<boolean> {
    const names = { from: EngineState.nameOf(kind, from), to: EngineState.nameOf(kind, to) };
    if (!this.#state.renameSeries(names.from, names.to)) return false;
    this.#renamed.push(names);
    this.#state.writer.prepare('UPDATE series SET key = ? WHERE kind = ? AND key = ?').run(to, kind, from);
    return true;
  }

  async append(batch: PointBatch): Promise<AppendReport> {
    try {
      checkShape(batch);
      return this.#append(batch);
    } catch (error) {
      this.#fault ??= error;
      throw error;
    }
  }

  #append(batch: PointBatch): AppendReport {
    const report = { accepted: 0, repeated: 0, late: 0 };
    const pieces = new Map<number, JournalPiece>();
    let hour = Number.NaN;
    let piece: JournalPiece | undefined;
    for (let row = 0; row < batch.seriesIds.length; row++) {
      const atMs = batch.atMs[row]!;
      const hourOfRow = Math.floor(atMs / hourMs);
      if (hourOfRow !== hour) {
        hour = hourOfRow;
        piece = pieces.get(hour);
      }
      if (hour < this.#oldestHour) {
        report.late += 1;
        continue;
      }
      const offsetMs = atMs - hour * hourMs;
      if (this.#isSealed(hour, batch.seriesIds[row]!)) {
        report[this.#addLate(batch, row, hour, offsetMs)] += 1;
        continue;
      }
      if (piece === undefined) {
        piece = this.#startPiece(hour, batch.columns);
        pieces.set(hour, piece);
      }
      const series = this.#seriesFor(piece.hour, batch.seriesIds[row]!, batch.columns);
      if (this.#isRepeat(series, offsetMs)) {
        report.repeated += 1;
        continue;
      }
      piece.add(series, offsetMs, batch.codes[row]!, batch.values, row * batch.columns);
      report.accepted += 1;
    }
    for (const written of pieces.values()) if (written.rows > 0) this.#journal(written);
    this.#late?.write();
    return report;
  }

  /** While an hour is being sealed, the series that wait for it still take points as before. */
  #isSealed(hour: number, seriesId: number): boolean {
    return this.#state.sealedHours.has(hour) && this.#state.openHours.get(hour)?.series.has(seriesId) !== true;
  }

  #addLate(
    { columns, seriesIds, codes, values }: PointBatch,
    row: number,
    hour: number,
    offsetMs: number,
  ): keyof AppendReport {
    const seriesId = seriesIds[row]!;
    this.#checkColumns(seriesId, columns);
    this.#late ??= new LateRows(this.#state);
    const at = { hour, seriesId, columns, offsetMs };
    return this.#late.add(at, codes[row]!, values.slice(row * columns, (row + 1) * columns));
  }

  #startPiece(hour: number, columns: number): JournalPiece {
    const piece = new JournalPiece(this.#state.openHour(hour), columns);
    this.#pieces.push(piece);
    return piece;
  }

  #seriesFor(hour: OpenHour, seriesId: number, columns: number): OpenSeries {
    const open = hour.series.get(seriesId);
    if (open !== undefined && open.columns === columns) return open;
    this.#checkColumns(seriesId, columns);
    return hour.seriesFor(seriesId, columns);
  }

  #checkColumns(seriesId: number, columns: number): void {
    const known = this.#state.seriesById.get(seriesId);
    if (known?.columns !== columns) {
      throw new PitwallError(
        'internal',
        known === undefined
          ? `Series ${seriesId} is not registered`
          : `Series ${seriesId} has ${known.columns} columns, the batch ${columns}`,
      );
    }
  }

  #isRepeat(series: OpenSeries, offsetMs: number): boolean {
    if (offsetMs > series.highestMs && offsetMs > series.highestStagedMs) return false;
    return series.has(offsetMs) || this.#pieces.some((piece) => piece.has(series, offsetMs));
  }

  #journal(piece: JournalPiece): void {
    piece.hour.journal.append(piece.bytes(), this.#state.freeBlocks, this.#writeBlock);
  }

  /** The transaction is on disk. */
  committed(): void {
    for (const piece of this.#pieces) {
      piece.applyToMemory();
      piece.hour.journal.commit(this.#state.freeBlocks);
    }
    this.#late?.committed();
  }

  rolledBack(): void {
    for (const piece of this.#pieces) {
      piece.forget();
      piece.hour.journal.rollBack(this.#state.freeBlocks);
      this.#state.dropIfEmpty(piece.hour);
    }
    for (const { from, to } of this.#renamed.reverse()) this.#state.renameSeries(to, from);
    for (const name of this.#registered) this.#state.forgetSeries(name);
  }
}
