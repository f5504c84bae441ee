/** Reads of points and summaries: sealed rows from the reader connection, open hours from memory. */
import type { StatementSync } from 'node:sqlite';
import { type DecodedBlock, decodePointBlock } from '../../core/point-block.ts';
import { QuantileSketch } from '../../core/sketch.ts';
import type { PointBatch, SeriesRange, SeriesReader, Summary } from '../store.ts';
import { addToDay, type EngineState } from './engine-state.ts';
import { idsPerHour } from './journal-code.ts';
import type { OpenSeries } from './open-hours.ts';
import { PointCollector } from './point-collector.ts';
import { sketchOfBlock } from './sealing.ts';
import { decodeSketchRow, unpackHours } from './sketch-row.ts';
import { dayMs, hourMs, hoursPerDay, type SummaryRow, summaryColumns, summaryOfRow, type Tally } from './tally.ts';

/** The start units from the first to the last, so that one series is a seek per unit in one statement: rows are keyed
 *  (hour, series), and a range over them would read every series. Who reads puts them in order, as SQLite would sort. */
const units = 'WITH RECURSIVE unit(u) AS (SELECT ?1 UNION ALL SELECT u + 1 FROM unit WHERE u < ?2)';

interface UnitRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

type UnitRow = readonly [unit: number, blob: Uint8Array];

/** Remembered of a series that has no chunk yet, as looking for one means looking into every hour. */
const noHour = -1;

export class SqliteSeriesReader implements SeriesReader {
  readonly #state: EngineState;
  readonly #chunks: StatementSync;
  readonly #chunk: StatementSync;
  readonly #newestBefore: StatementSync;
  readonly #bounds: Record<'hour' | 'day', StatementSync>;
  readonly #one: Record<'hour' | 'day', StatementSync>;
  readonly #packed: StatementSync;
  readonly #all: Record<'hour' | 'day', StatementSync>;

  constructor(state: EngineState) {
    this.#state = state;
    const prepare = (sql: string): StatementSync => {
      const statement = state.reader.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    const pair = (sql: (unit: 'hour' | 'day') => string) => ({ hour: prepare(sql('hour')), day: prepare(sql('day')) });
    this.#chunks = prepare(`${units} SELECT u, blob FROM unit CROSS JOIN point ON point.id = u * ${idsPerHour} + ?3`);
    this.#chunk = prepare('SELECT blob FROM point WHERE id = ?');
    this.#newestBefore = prepare(
      `WITH RECURSIVE unit(u) AS (SELECT max(id) / ${idsPerHour} FROM point UNION ALL
         SELECT u - 1 FROM unit WHERE u > (SELECT min(id) / ${idsPerHour} FROM point))
       SELECT u FROM unit CROSS JOIN point ON point.id = u * ${idsPerHour} + ?1 LIMIT 1`,
    );
    this.#bounds = {
      hour: prepare('SELECT min(hour), (SELECT max(hour) FROM hour_summary) FROM hour_summary'),
      day: prepare('SELECT min(day), (SELECT max(day) FROM day_summary) FROM day_summary'),
    };
    this.#one = pair(
      (unit) => `${units} SELECT u, blob FROM unit CROSS JOIN ${unit}_sketch AS k ON k.id = u * ${idsPerHour} + ?3`,
    );
    this.#packed = prepare(
      `${units} SELECT u, blob FROM unit CROSS JOIN day_hours AS k ON k.id = u * ${idsPerHour} + ?3`,
    );
    this.#all = pair(
      (unit) => `SELECT ${unit}, ${summaryColumns} FROM ${unit}_summary WHERE ${unit} >= ? AND ${unit} < ?`,
    );
  }

  scan({ seriesId, fromMs, toMs }: SeriesRange): PointBatch {
    const columns = this.#state.seriesById.get(seriesId)?.columns ?? 1;
    const points = new PointCollector(columns);
    const hours = this.#clamp('hour', fromMs, toMs);
    const blocks: [hour: number, block: DecodedBlock][] = [];
    if (hours !== undefined) {
      for (const [hour, blob] of this.#chunks.all(hours.first, hours.last, seriesId) as unknown as [
        number,
        Uint8Array,
      ][]) {
        blocks.push([hour, decodePointBlock(blob)]);
      }
    }
    for (const [hour, series] of this.#openSeries(seriesId)) {
      if (hour * hourMs < toMs && (hour + 1) * hourMs > fromMs) blocks.push([hour, series.decode()]);
    }
    // Sealing follows time, but history that is filled in later may be open before what is sealed.
    blocks.sort((a, b) => a[0] - b[0]);
    for (const [hour, block] of blocks) points.add(seriesId, hour * hourMs, block, fromMs, toMs);
    return points.toBatch();
  }

  hours(range: SeriesRange, options: { readonly sketches?: boolean } = {}): Summary[] {
    const { seriesId, fromMs, toMs } = range;
    const summaries = this.#sealed('hour', range, options.sketches ?? false);
    for (const [hour, series] of this.#openSeries(seriesId)) {
      if (hour < Math.floor(fromMs / hourMs) || hour * hourMs >= toMs) continue;
      const summary = series.tally.toSummary(hour * hourMs);
      const isSketched = options.sketches && summary.sampledCount > 0;
      summaries.push(isSketched ? { ...summary, sketch: sketchOfBlock(series.decode()).encode() } : summary);
    }
    return summaries.sort((a, b) => a.startMs - b.startMs);
  }

  days(range: SeriesRange, options: { readonly sketches?: boolean } = {}): Summary[] {
    const { seriesId, fromMs, toMs } = range;
    const wanted = options.sketches ?? false;
    const growing = this.#growingDays(fromMs, toMs);
    const summaries = this.#sealed('day', range, wanted).filter((day) => !growing.has(day.startMs / dayMs));
    for (const day of growing) {
      const tally = this.#dayTallies(day, seriesId).get(seriesId);
      if (tally === undefined) continue;
      const summary = tally.toSummary(day * dayMs);
      const isSketched = wanted && summary.sampledCount > 0;
      summaries.push(isSketched ? { ...summary, sketch: this.#daySketch(seriesId, day) } : summary);
    }
    return summaries.sort((a, b) => a.startMs - b.startMs);
  }

  allHours(fromMs: number, toMs: number): Map<number, Summary[]> {
    const bySeries = this.#allSealed('hour', hourMs, fromMs, toMs);
    for (const hour of this.#openHoursWithin(fromMs, toMs)) {
      for (const series of this.#state.openHours.get(hour)!.series.values()) {
        if (series.count > 0) put(bySeries, series.seriesId, series.tally.toSummary(hour * hourMs));
      }
    }
    return bySeries;
  }

  allDays(fromMs: number, toMs: number): Map<number, Summary[]> {
    const growing = this.#growingDays(fromMs, toMs);
    const bySeries = this.#allSealed('day', dayMs, fromMs, toMs, growing);
    for (const day of growing) {
      for (const [seriesId, tally] of this.#dayTallies(day)) put(bySeries, seriesId, tally.toSummary(day * dayMs));
    }
    return bySeries;
  }

  tail(seriesIds: readonly number[], n: number): Map<number, PointBatch> {
    const tails = new Map<number, PointBatch>();
    for (const seriesId of seriesIds) {
      const blocks: [hour: number, block: DecodedBlock][] = [];
      const newestSealed = this.#newestChunkHour(seriesId);
      let missing = n;
      for (const [hour, series] of this.#openSeries(seriesId).reverse()) {
        // History that is filled in later is open, yet older than what is sealed.
        if (missing <= 0 || (newestSealed !== undefined && hour < newestSealed)) break;
        const block = series.decode(missing);
        missing -= block.count;
        blocks.unshift([hour, block]);
      }
      if (newestSealed !== undefined && missing > 0) {
        const [row] = this.#chunk.all(newestSealed * idsPerHour + seriesId) as unknown as [Uint8Array][];
        if (row !== undefined) blocks.unshift([newestSealed, decodePointBlock(row[0])]);
      }
      const points = new PointCollector(this.#state.seriesById.get(seriesId)?.columns ?? 1);
      for (const [hour, block] of blocks) points.add(seriesId, hour * hourMs, block, 0, Number.POSITIVE_INFINITY);
      tails.set(seriesId, points.toBatch(n));
    }
    return tails;
  }

  /** The committed open hours of a series in order of time. */
  #openSeries(seriesId: number): [hour: number, series: OpenSeries][] {
    const found: [number, OpenSeries][] = [];
    for (const [hour, open] of this.#state.openHours) {
      const series = open.series.get(seriesId);
      if (series !== undefined && series.count > 0) found.push([hour, series]);
    }
    return found.sort((a, b) => a[0] - b[0]);
  }

  #openHoursWithin(fromMs: number, toMs: number): number[] {
    const first = Math.floor(fromMs / hourMs);
    return [...this.#state.openHours.keys()]
      .filter((hour) => hour >= first && hour * hourMs < toMs)
      .sort((a, b) => a - b);
  }

  /** Days whose rows do not say all: not rolled up yet, or with an hour that is filled in later. */
  #growingDays(fromMs: number, toMs: number): Set<number> {
    const first = Math.floor(fromMs / dayMs);
    const days = new Set<number>();
    for (const day of this.#state.openDays.keys()) if (day >= first && day * dayMs < toMs) days.add(day);
    for (const hour of this.#state.openHours.keys()) {
      const day = Math.floor(hour / hoursPerDay);
      if (day >= first && day * dayMs < toMs) days.add(day);
    }
    return days;
  }

  /** Sealed hours' sums and the open hours of a day, of one series or of all. */
  #dayTallies(day: number, onlySeriesId?: number): Map<number, Tally> {
    const tallies = new Map<number, Tally>();
    const sealed = this.#state.openDay(day);
    const only = onlySeriesId === undefined ? undefined : sealed.get(onlySeriesId);
    if (only !== undefined) addToDay(tallies, onlySeriesId!, only);
    else if (onlySeriesId === undefined) for (const [id, tally] of sealed) addToDay(tallies, id, tally);
    for (const hour of this.#openHoursWithin(day * dayMs, (day + 1) * dayMs)) {
      for (const [id, series] of this.#state.openHours.get(hour)!.series) {
        if (series.count > 0 && (onlySeriesId === undefined || id === onlySeriesId))
          addToDay(tallies, id, series.tally);
      }
    }
    return tallies;
  }

  #daySketch(seriesId: number, day: number): Uint8Array {
    const merged = new QuantileSketch();
    for (const hour of this.hours({ seriesId, fromMs: day * dayMs, toMs: (day + 1) * dayMs }, { sketches: true })) {
      if (hour.sketch !== undefined) merged.merge(QuantileSketch.decode(hour.sketch));
    }
    return merged.encode();
  }

  #clamp(unit: 'hour' | 'day', fromMs: number, toMs: number): UnitRange | undefined {
    const unitMs = unit === 'hour' ? hourMs : dayMs;
    const [bounds] = this.#bounds[unit].all() as unknown as [number | null, number | null][];
    if (bounds === undefined || bounds[0] === null || bounds[1] === null) return undefined;
    const first = Math.max(bounds[0], Math.floor(fromMs / unitMs));
    const last = Math.min(bounds[1], Math.ceil(toMs / unitMs) - 1);
    return first <= last ? { first, last } : undefined;
  }

  #sealed(unit: 'hour' | 'day', { seriesId, fromMs, toMs }: SeriesRange, sketches: boolean): Summary[] {
    const unitMs = unit === 'hour' ? hourMs : dayMs;
    const range = this.#clamp(unit, fromMs, toMs);
    if (range === undefined) return [];
    const rows = unit === 'hour' ? this.#hourRows(seriesId, range) : this.#rows('day', seriesId, range);
    return rows.map(([start, blob]) => {
      const { sketch, ...figures } = decodeSketchRow(blob, start * unitMs);
      return sketches && sketch !== undefined ? { ...figures, sketch } : figures;
    });
  }

  #rows(unit: 'hour' | 'day', seriesId: number, { first, last }: UnitRange): UnitRow[] {
    return this.#one[unit].all(first, last, seriesId) as unknown as UnitRow[];
  }

  /** Of a rolled day its one row; of the days between, their hours. */
  #hourRows(seriesId: number, { first, last }: UnitRange): UnitRow[] {
    const rows: UnitRow[] = [];
    const firstDay = Math.floor(first / hoursPerDay);
    const lastDay = Math.floor(last / hoursPerDay);
    for (const [day, packed] of this.#packed.all(firstDay, lastDay, seriesId) as unknown as UnitRow[]) {
      if (!this.#state.rolledDays.has(day)) continue;
      for (const { hour, blob } of unpackHours(day, packed)) {
        if (hour >= first && hour <= last) rows.push([hour, blob]);
      }
    }
    for (let day = firstDay; day <= lastDay; day++) {
      if (this.#state.rolledDays.has(day)) continue;
      const within = { first: Math.max(first, day * hoursPerDay), last: Math.min(last, (day + 1) * hoursPerDay - 1) };
      rows.push(...this.#rows('hour', seriesId, within));
    }
    return rows;
  }

  #allSealed(
    unit: 'hour' | 'day',
    unitMs: number,
    fromMs: number,
    toMs: number,
    without: ReadonlySet<number> = new Set(),
  ): Map<number, Summary[]> {
    const bySeries = new Map<number, Summary[]>();
    const rows = this.#all[unit].all(Math.floor(fromMs / unitMs), Math.ceil(toMs / unitMs)) as unknown as SummaryRow[];
    for (const row of rows) if (!without.has(row[0])) put(bySeries, row[1], summaryOfRow(row, unitMs));
    return bySeries;
  }

  #newestChunkHour(seriesId: number): number | undefined {
    let hour = this.#state.newestChunkHour.get(seriesId);
    if (hour === undefined) {
      const [row] = this.#newestBefore.all(seriesId) as unknown as [number][];
      hour = row?.[0] ?? noHour;
      this.#state.newestChunkHour.set(seriesId, hour);
    }
    return hour === noHour ? undefined : hour;
  }
}

function put(bySeries: Map<number, Summary[]>, seriesId: number, summary: Summary): void {
  const list = bySeries.get(seriesId);
  if (list === undefined) bySeries.set(seriesId, [summary]);
  else if (list.at(-1)!.startMs <= summary.startMs) list.push(summary);
  else list.splice(list.findLastIndex((other) => other.startMs <= summary.startMs) + 1, 0, summary);
}
