/** What the parts of the engine share: two connections, and what they know in memory of the committed rows. */
import type { DatabaseSync } from 'node:sqlite';
import { type BlockHead, FreeBlocks, piecesOf, readBlockHead } from './journal-blocks.ts';
import { replayPiece } from './journal-code.ts';
import { OpenHour } from './open-hours.ts';
import { hoursPerDay, type SummaryRow, summaryColumns, Tally, tallyOfRow } from './tally.ts';

export interface KnownSeries {
  readonly id: number;
  readonly kind: 'check' | 'metric';
  readonly columns: number;
  readonly unit: string;
  readonly scale: number;
}

export class EngineState {
  readonly writer: DatabaseSync;
  /** Sees committed rows only, also while a transaction runs on the writer. */
  readonly reader: DatabaseSync;
  readonly seriesByName = new Map<string, KnownSeries>();
  readonly seriesById = new Map<number, KnownSeries>();
  readonly openHours = new Map<number, OpenHour>();
  /** Hours whose sealing has begun, and for those under way through which series. */
  readonly sealedHours = new Set<number>();
  readonly freeBlocks = new FreeBlocks();
  readonly rolledDays = new Set<number>();
  /** Sealed hours' sums of days that are not rolled up yet. */
  readonly openDays = new Map<number, Map<number, Tally>>();
  /** How often a day's hours changed after they were sealed. */
  reopenings = 0;
  /** Newest sealed hour with points of a series, as far as known. */
  readonly newestChunkHour = new Map<number, number>();

  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    this.writer = writer;
    this.reader = reader;
    this.#loadSeries();
    this.#loadDays();
    this.#replay();
    this.#loadNewestChunks();
  }

  static nameOf(kind: string, key: string): string {
    return `${kind} ${key}`;
  }

  addSeries(key: string, series: KnownSeries): void {
    this.seriesByName.set(EngineState.nameOf(series.kind, key), series);
    this.seriesById.set(series.id, series);
  }

  /** False where there is no such series, or one of the other name. */
  renameSeries(from: string, to: string): boolean {
    const series = this.seriesByName.get(from);
    if (series === undefined || this.seriesByName.has(to)) return false;
    this.seriesByName.delete(from);
    this.seriesByName.set(to, series);
    return true;
  }

  forgetSeries(name: string): void {
    const series = this.seriesByName.get(name);
    this.seriesByName.delete(name);
    if (series !== undefined) this.seriesById.delete(series.id);
  }

  openHour(hour: number): OpenHour {
    let open = this.openHours.get(hour);
    if (open === undefined) {
      open = new OpenHour(hour);
      this.openHours.set(hour, open);
    }
    return open;
  }

  /** Takes out what a transaction that was rolled back had begun. */
  dropIfEmpty(open: OpenHour): void {
    for (const series of open.series.values()) if (series.count === 0) open.series.delete(series.seriesId);
    if (open.series.size === 0 && open.toSeal === undefined) this.openHours.delete(open.hour);
  }

  /** The running sums of a day, loaded from its sealed hours where it was rolled up before. */
  openDay(day: number): Map<number, Tally> {
    const known = this.openDays.get(day);
    if (known !== undefined) return known;
    const loaded = new Map<number, Tally>();
    const rows = this.reader.prepare(`SELECT hour, ${summaryColumns} FROM hour_summary WHERE hour >= ? AND hour < ?`);
    rows.setReturnArrays(true);
    for (const row of rows.iterate(day * hoursPerDay, (day + 1) * hoursPerDay) as unknown as Iterable<SummaryRow>) {
      addToDay(loaded, row[1], tallyOfRow(row));
    }
    this.openDays.set(day, loaded);
    return loaded;
  }

  /** Its hours say something else now, on disk. */
  reopenDay(day: number): void {
    this.reopenings += 1;
    this.rolledDays.delete(day);
    this.openDays.delete(day);
    this.openDay(day);
  }

  #loadSeries(): void {
    for (const { id, kind, key, unit, scale } of this.writer.prepare('SELECT * FROM series').all()) {
      const isCheck = kind === 'check';
      this.addSeries(String(key), {
        id: Number(id),
        kind: isCheck ? 'check' : 'metric',
        columns: columnsOf(isCheck ? 'check' : 'metric'),
        unit: String(unit),
        scale: Number(scale),
      });
    }
  }

  #loadDays(): void {
    for (const { day } of this.writer.prepare('SELECT day FROM rolled_day').all()) this.rolledDays.add(Number(day));
    const open = this.writer.prepare(
      'SELECT DISTINCT hour / 24 AS day FROM sealed_hour WHERE hour / 24 NOT IN (SELECT day FROM rolled_day)',
    );
    for (const { day } of open.all()) this.openDay(Number(day));
  }

  #replay(): void {
    const sealedThrough = new Map<number, number>();
    for (const { hour, through_series, done } of this.writer.prepare('SELECT * FROM sealed_hour').all()) {
      this.sealedHours.add(Number(hour));
      if (done === 0) sealedThrough.set(Number(hour), Number(through_series));
    }
    const blocks = this.writer.prepare('SELECT slot, blob FROM journal');
    blocks.setReturnArrays(true);
    const byHour = new Map<number, BlockHead[]>();
    for (const [slot, bytes] of blocks.iterate() as unknown as Iterable<[number, Uint8Array]>) {
      const head = readBlockHead(slot, bytes);
      this.freeBlocks.noteWritten(slot, head.hour);
      if (this.sealedHours.has(head.hour) && !sealedThrough.has(head.hour)) this.freeBlocks.putBack(slot);
      else {
        const heads = byHour.get(head.hour);
        if (heads === undefined) byHour.set(head.hour, [head]);
        else heads.push(head);
      }
    }
    for (const [hour, heads] of byHour) this.#replayHour(this.openHour(hour), heads, sealedThrough.get(hour) ?? -1);
    for (const hour of sealedThrough.keys()) {
      const open = this.openHour(hour);
      open.toSeal = seriesToSeal(open);
    }
  }

  #replayHour(open: OpenHour, heads: BlockHead[], sealedThrough: number): void {
    const block = this.writer.prepare('SELECT blob FROM journal WHERE slot = ?');
    const stream = new Uint8Array(heads.reduce((sum, { start, end }) => sum + end - start, 0));
    let at = 0;
    for (const head of heads.sort((a, b) => a.order - b.order)) {
      open.journal.adopt(head);
      stream.set((block.get(head.slot)!.blob as Uint8Array).subarray(head.start, head.end), at);
      at += head.end - head.start;
    }
    for (const piece of piecesOf(stream)) replayPiece(piece, open, sealedThrough);
  }

  #loadNewestChunks(): void {
    const newest = this.reader.prepare('SELECT max(hour) AS hour FROM hour_summary').get()?.hour;
    if (typeof newest !== 'number') return;
    const rows = this.reader.prepare(
      'SELECT series, max(hour) AS hour FROM hour_summary WHERE hour > ? GROUP BY series',
    );
    for (const { series, hour } of rows.all(newest - 3)) this.newestChunkHour.set(Number(series), Number(hour));
  }
}

export function columnsOf(kind: 'check' | 'metric'): number {
  return kind === 'check' ? 6 : 1;
}

export function addToDay(day: Map<number, Tally>, seriesId: number, tally: Tally): void {
  let sum = day.get(seriesId);
  if (sum === undefined) {
    sum = new Tally();
    day.set(seriesId, sum);
  }
  sum.addSummary(tally);
}

/** The series of an hour in the order in which they are sealed. */
export function seriesToSeal(open: OpenHour): number[] {
  const ids: number[] = [];
  for (const series of open.series.values()) if (series.count > 0) ids.push(series.seriesId);
  return ids.sort((a, b) => a - b);
}
