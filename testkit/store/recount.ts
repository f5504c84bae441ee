/** A store's answers counted again by brute force from every point that was accepted. */
import assert from 'node:assert/strict';
import { decodePointCode } from '../../server/src/core/point-code.ts';
import { QuantileSketch } from '../../server/src/core/sketch.ts';
import type { AppendReport, PointBatch, SeriesReader, Summary } from '../../server/src/storage/store.ts';

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
    .filter(({ reason }) => reason !== 'cold-start')
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

/** Everything that was accepted, of checks and metrics alike. */
export class Recount {
  readonly #points = new Map<number, Map<number, Point>>();

  /** What the store must answer to these rows, `isLate` telling which of them come too late. */
  append(points: readonly Point[], isLate: (point: Point) => boolean = () => false): AppendReport {
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
  summaries(seriesId: number, unitMs: number, { fromMs, toMs } = always, withSketches = false): Summary[] {
    const first = Math.floor(fromMs / unitMs) * unitMs;
    const last = Math.ceil(toMs / unitMs) * unitMs;
    const byUnit = Map.groupBy(this.points(seriesId, first, last), (point) => Math.floor(point.atMs / unitMs));
    return [...byUnit].map(([unit, points]) => summaryOf(points, unit * unitMs, withSketches));
  }

  /** Of every series that has any. */
  allSummaries(unitMs: number, range = always): Map<number, Summary[]> {
    const all = this.seriesIds.map((id) => [id, this.summaries(id, unitMs, range)] as const);
    return new Map(all.filter(([, summaries]) => summaries.length > 0));
  }

  /** Every way of reading, over this range, must give what the points say. */
  check(series: SeriesReader, range = always): void {
    for (const seriesId of this.seriesIds) {
      const scanned = pointsOf(series.scan({ seriesId, ...range }));
      assert.deepEqual(scanned, this.points(seriesId, range.fromMs, range.toMs), `points of series ${seriesId}`);
      this.checkSummaries(series, seriesId, range);
    }
    assert.deepEqual(series.allHours(range.fromMs, range.toMs), this.allSummaries(hourMs, range), 'hours of all');
    assert.deepEqual(series.allDays(range.fromMs, range.toMs), this.allSummaries(dayMs, range), 'days of all');
    this.checkTails(series);
  }

  checkSummaries(series: SeriesReader, seriesId: number, range = always): void {
    for (const sketches of [true, false]) {
      const hours = comparable(this.summaries(seriesId, hourMs, range, sketches));
      assert.deepEqual(comparable(series.hours({ seriesId, ...range }, { sketches })), hours, 'hours');
      const days = comparable(this.summaries(seriesId, dayMs, range, sketches));
      assert.deepEqual(comparable(series.days({ seriesId, ...range }, { sketches })), days, 'days');
    }
  }

  /** The newest points, as many as asked for or at least the whole newest hour. */
  checkTails(series: SeriesReader): void {
    for (const n of [1, 3, 500]) {
      const tails = series.tail(this.seriesIds, n);
      for (const seriesId of this.seriesIds) {
        const all = this.points(seriesId);
        const tail = pointsOf(tails.get(seriesId)!);
        assert.deepEqual(tail, all.slice(all.length - tail.length), `tail of series ${seriesId}`);
        const newestHour = Math.floor(all.at(-1)!.atMs / hourMs) * hourMs;
        const fewest = Math.min(n, this.points(seriesId, newestHour).length);
        assert.ok(tail.length <= n && tail.length >= fewest, `${tail.length} of ${n} points of series ${seriesId}`);
      }
    }
  }
}
