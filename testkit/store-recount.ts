/** A store's answers counted again by brute force from every point that was accepted. */
import assert from 'node:assert/strict';
import { decodePointCode } from '../server/src/core/point-code.ts';
import { QuantileSketch } from '../server/src/core/sketch.ts';
import type { AppendReport, PointBatch, SeriesReader, Summary } from '../server/src/storage/store.ts';

export const hourMs = 3_600_000;
export const dayMs = 86_400_000;
/** Before and after everything that a test stores. */
export const always = { fromMs: 0, toMs: 8_640_000_000_000 };

export interface Point {
  readonly seriesId: number;
  readonly atMs: number;
  readonly code: number;
  readonly values: readonly number[];
}

export function batchOf(points: readonly Point[], columns: number): PointBatch {
  return {
    columns,
    seriesIds: points.map((point) => point.seriesId),
    atMs: points.map((point) => point.atMs),
    codes: points.map((point) => point.code),
    values: points.flatMap((point) => point.values),
  };
}

export function pointsOf(batch: PointBatch): Point[] {
  return batch.atMs.map((atMs, row) => ({
    seriesId: batch.seriesIds[row]!,
    atMs,
    code: batch.codes[row]!,
    values: batch.values.slice(row * batch.columns, (row + 1) * batch.columns),
  }));
}

export function summaryOf(points: readonly Point[], startMs: number, withSketch = false): Summary {
  const meanings = points.map((point) => ({ ...decodePointCode(point.code), value: point.values[0]! }));
  const clear = meanings.filter((meaning) => !meaning.suspect && !meaning.missed);
  const outcomeCount = (outcome: string) => clear.filter((meaning) => meaning.outcome === outcome).length;
  const sampled = clear
    .filter(({ outcome, value }) => (outcome === 'pass' || outcome === 'degraded') && value !== -1)
    .map(({ value }) => value);
  const sketch = new QuantileSketch();
  for (const value of sampled) sketch.add(value);
  const known = outcomeCount('pass') + outcomeCount('degraded') + outcomeCount('fail');
  return {
    startMs,
    count: points.length,
    passCount: outcomeCount('pass'),
    degradedCount: outcomeCount('degraded'),
    failCount: outcomeCount('fail'),
    unknownCount: points.length - known,
    sampledCount: sampled.length,
    sum: sampled.reduce((sum, value) => sum + value, 0),
    min: sampled.length === 0 ? 0 : Math.min(...sampled),
    max: sampled.length === 0 ? 0 : Math.max(...sampled),
    ...(withSketch && sampled.length > 0 ? { sketch: sketch.encode() } : {}),
  };
}

/** Sketches as plain lists, so that a Buffer equals an array of bytes. */
export function comparable(summaries: readonly Summary[]): unknown[] {
  return summaries.map(({ sketch, ...figures }) => ({ ...figures, sketch: sketch === undefined ? null : [...sketch] }));
}

export class Recount {
  readonly columns: number;
  readonly #points = new Map<number, Map<number, Point>>();

  constructor(columns: number) {
    this.columns = columns;
  }

  /** What the store must answer to these rows, `isLate` telling which of them come too late. */
  append(points: readonly Point[], isLate: (point: Point) => boolean): AppendReport {
    const report = { accepted: 0, repeated: 0, late: 0 };
    for (const point of points) {
      const known = this.#points.get(point.seriesId) ?? new Map<number, Point>();
      this.#points.set(point.seriesId, known);
      if (isLate(point)) report.late += 1;
      else if (known.has(point.atMs)) report.repeated += 1;
      else {
        known.set(point.atMs, point);
        report.accepted += 1;
      }
    }
    return report;
  }

  get seriesIds(): number[] {
    return [...this.#points.keys()].filter((id) => this.#points.get(id)!.size > 0);
  }

  points(seriesId: number, fromMs = always.fromMs, toMs = always.toMs): Point[] {
    return [...(this.#points.get(seriesId)?.values() ?? [])]
      .filter((point) => point.atMs >= fromMs && point.atMs < toMs)
      .sort((a, b) => a.atMs - b.atMs);
  }

  /** Summaries of the units that overlap the range. */
  summaries(seriesId: number, unitMs: number, fromMs: number, toMs: number, withSketches = false): Summary[] {
    const first = Math.floor(fromMs / unitMs) * unitMs;
    const last = Math.ceil(toMs / unitMs) * unitMs;
    const byUnit = Map.groupBy(this.points(seriesId, first, last), (point) => Math.floor(point.atMs / unitMs));
    return [...byUnit].map(([unit, points]) => summaryOf(points, unit * unitMs, withSketches));
  }

  /** Every way of reading the series, over this range, must give what the points say. */
  check(series: SeriesReader, { fromMs, toMs } = always): void {
    for (const seriesId of this.seriesIds) {
      const range = { seriesId, fromMs, toMs };
      const scanned = series.scan(range);
      assert.equal(scanned.columns, this.columns);
      assert.deepEqual(pointsOf(scanned), this.points(seriesId, fromMs, toMs));
      for (const sketches of [true, false]) {
        const hours = comparable(this.summaries(seriesId, hourMs, fromMs, toMs, sketches));
        assert.deepEqual(comparable(series.hours(range, { sketches })), hours);
        const days = comparable(this.summaries(seriesId, dayMs, fromMs, toMs, sketches));
        assert.deepEqual(comparable(series.days(range, { sketches })), days);
      }
    }
    assert.deepEqual(series.allHours(fromMs, toMs), this.#all(hourMs, fromMs, toMs, series.allHours(fromMs, toMs)));
    assert.deepEqual(series.allDays(fromMs, toMs), this.#all(dayMs, fromMs, toMs, series.allDays(fromMs, toMs)));
    this.#checkTails(series);
  }

  /** In the order of the other map, which is not promised. */
  #all(unitMs: number, fromMs: number, toMs: number, order: ReadonlyMap<number, unknown>): Map<number, Summary[]> {
    const found = new Map<number, Summary[]>();
    for (const id of new Set([...order.keys(), ...this.seriesIds])) {
      const summaries = this.summaries(id, unitMs, fromMs, toMs);
      if (summaries.length > 0) found.set(id, summaries);
    }
    return found;
  }

  /** The newest points, as many as asked for or at least the whole newest hour. */
  #checkTails(series: SeriesReader): void {
    for (const n of [1, 3, 500]) {
      const tails = series.tail(this.seriesIds, n);
      for (const seriesId of this.seriesIds) {
        const all = this.points(seriesId);
        const tail = pointsOf(tails.get(seriesId)!);
        assert.deepEqual(tail, all.slice(all.length - tail.length));
        const newestHour = Math.floor(all.at(-1)!.atMs / hourMs) * hourMs;
        assert.ok(tail.length <= n && tail.length >= Math.min(n, this.points(seriesId, newestHour).length));
      }
    }
  }
}
