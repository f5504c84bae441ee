/** A piece of the journal: points of one write and one hour, each with its series and slot as steps from the row before. */
import { ByteReader, ByteWriter } from '../../core/varint.ts';
import type { OpenHour, OpenSeries } from './open-hours.ts';
import { readBody, writeBody } from './point-body.ts';

/** Chunks of an hour lie in one range of the points. */
export const idsPerHour = 2 ** 24;
const mostColumns = 64;

/** Rows accepted for one hour in a running transaction: they enter memory when it commits. */
export class JournalPiece {
  readonly hour: OpenHour;
  readonly #out = new ByteWriter(4_096);
  readonly #series: OpenSeries[] = [];
  readonly #offsetsMs: number[] = [];
  readonly #codes: number[] = [];
  readonly #firstValues: number[] = [];
  /** Where each body starts and, in turn, ends. */
  readonly #bounds: number[] = [];
  #lastSeriesId = 0;
  #lastOffsetMs = 0;

  constructor(hour: OpenHour, columns: number) {
    this.hour = hour;
    this.#out.varint(columns);
  }

  get rows(): number {
    return this.#series.length;
  }

  add(series: OpenSeries, offsetMs: number, code: number, values: readonly number[], firstIndex: number): void {
    const out = this.#out;
    out.signed(series.seriesId - this.#lastSeriesId);
    out.signed(offsetMs - this.#lastOffsetMs);
    this.#lastSeriesId = series.seriesId;
    this.#lastOffsetMs = offsetMs;
    this.#bounds.push(out.length);
    writeBody(out, code, values, firstIndex, series.columns);
    this.#bounds.push(out.length);
    this.#series.push(series);
    this.#offsetsMs.push(offsetMs);
    this.#codes.push(code);
    this.#firstValues.push(values[firstIndex]!);
    if (offsetMs > series.highestStagedMs) series.highestStagedMs = offsetMs;
  }

  has(series: OpenSeries, offsetMs: number): boolean {
    return this.#offsetsMs.some((at, row) => at === offsetMs && this.#series[row] === series);
  }

  bytes(): Uint8Array {
    return this.#out.view();
  }

  /** The transaction is durable: the points become visible. */
  applyToMemory(): void {
    const bytes = this.#out.bytes;
    for (let row = 0; row < this.rows; row++) {
      const series = this.#series[row]!;
      series.highestStagedMs = -1;
      series.push(
        this.#offsetsMs[row]!,
        this.#codes[row]!,
        this.#firstValues[row]!,
        bytes,
        this.#bounds[2 * row]!,
        this.#bounds[2 * row + 1]!,
      );
    }
  }

  forget(): void {
    for (const series of this.#series) series.highestStagedMs = -1;
  }
}

/** Puts a piece's points back into memory, leaving out series that are sealed already. */
export function replayPiece(piece: Uint8Array, hour: OpenHour, sealedThrough: number): void {
  const source = new ByteReader(piece);
  const columns = source.varint();
  if (columns === 0 || columns > mostColumns) throw new RangeError('Not a piece of the journal');
  const values = new Array<number>(columns);
  let seriesId = 0;
  let offsetMs = 0;
  while (!source.atEnd) {
    seriesId += source.signed();
    offsetMs += source.signed();
    const start = source.offset;
    const code = readBody(source, values, 0, columns);
    if (seriesId <= sealedThrough) continue;
    hour.seriesFor(seriesId, columns).push(offsetMs, code, values[0]!, piece, start, source.offset);
  }
}
