/** From points and summaries to the columns of a chart. Pure. */
import type { SeriesView } from '../../../../contract/src/operations/services.ts';
import { isSampled, isTelling } from '../../core/point-code.ts';
import { nearestRank } from '../../core/quantile.ts';
import { mergeSketches, quantilesOf } from '../../core/sketch.ts';
import { checkColumns, type PointBatch, type Summary } from '../../storage/store.ts';

export type Columns = Pick<
  SeriesView,
  'startMs' | 'count' | 'failCount' | 'unknownCount' | 'p50Us' | 'p95Us' | 'maxUs' | 'phases'
>;

const phaseColumns = ['dnsUs', 'connectUs', 'tlsUs', 'waitUs', 'transferUs'] as const;

function emptyColumns(fromMs: number, bucketMs: number, buckets: number, withPhases: boolean): Columns {
  const nulls = (): (number | null)[] => new Array<number | null>(buckets).fill(null);
  const zeros = (): number[] => new Array<number>(buckets).fill(0);
  return {
    startMs: Array.from({ length: buckets }, (_, i) => fromMs + i * bucketMs),
    count: zeros(),
    failCount: zeros(),
    unknownCount: zeros(),
    p50Us: nulls(),
    p95Us: nulls(),
    maxUs: nulls(),
    phases: withPhases
      ? { dnsUs: nulls(), connectUs: nulls(), tlsUs: nulls(), waitUs: nulls(), transferUs: nulls() }
      : null,
  };
}

/** Of a check that is judged and not probed no time was taken (−1), however well it is. */
function isTimed({ codes, values }: PointBatch, row: number): boolean {
  return isSampled(codes[row]!) && values[row * checkColumns]! >= 0;
}

/** Exact figures from raw points: percentiles by nearest rank over each bucket's sampled results. */
export function bucketPoints(points: PointBatch, fromMs: number, bucketMs: number, buckets: number): Columns {
  const columns = emptyColumns(fromMs, bucketMs, buckets, true);
  const rowsOf: number[][] = Array.from({ length: buckets }, () => []);
  for (let row = 0; row < points.atMs.length; row += 1) {
    const bucket = Math.floor((points.atMs[row]! - fromMs) / bucketMs);
    if (bucket < 0 || bucket >= buckets) continue;
    const code = points.codes[row]!;
    columns.count[bucket]! += 1;
    if (!isTelling(code)) columns.unknownCount[bucket]! += 1;
    else if ((code & 3) === 2) columns.failCount[bucket]! += 1;
    if (isTimed(points, row)) rowsOf[bucket]!.push(row);
  }
  for (const [bucket, rows] of rowsOf.entries()) fillBucket(columns, points, bucket, rows);
  return columns;
}

function fillBucket(columns: Columns, points: PointBatch, bucket: number, rows: readonly number[]): void {
  if (rows.length === 0) return;
  const totals = rows.map((row) => points.values[row * checkColumns]!).sort((a, b) => a - b);
  columns.p50Us[bucket] = nearestRank(totals, 0.5);
  columns.p95Us[bucket] = nearestRank(totals, 0.95);
  columns.maxUs[bucket] = totals.at(-1)!;
  for (const [index, name] of phaseColumns.entries()) {
    const values = rows.map((row) => points.values[row * checkColumns + 1 + index]!).filter((value) => value >= 0);
    const sum = values.reduce((total, value) => total + value, 0);
    columns.phases![name][bucket] = values.length === 0 ? null : Math.round(sum / values.length);
  }
}

/** From hours or days: percentiles are the sketches’, within 1 %. */
export function bucketSummaries(
  summaries: readonly Summary[],
  fromMs: number,
  bucketMs: number,
  buckets: number,
): Columns {
  const columns = emptyColumns(fromMs, bucketMs, buckets, false);
  const sketchesOf: Uint8Array[][] = Array.from({ length: buckets }, () => []);
  for (const summary of summaries) {
    const bucket = Math.floor((summary.startMs - fromMs) / bucketMs);
    if (bucket < 0 || bucket >= buckets) continue;
    columns.count[bucket]! += summary.count;
    columns.failCount[bucket]! += summary.failCount;
    columns.unknownCount[bucket]! += summary.unknownCount;
    if (summary.sampledCount === 0) continue;
    columns.maxUs[bucket] = Math.max(columns.maxUs[bucket] ?? 0, summary.max);
    if (summary.sketch !== undefined) sketchesOf[bucket]!.push(summary.sketch);
  }
  for (const [bucket, sketches] of sketchesOf.entries()) {
    if (sketches.length === 0) continue;
    const only = sketches.length === 1 ? sketches[0]! : mergeSketches(sketches).encode();
    const [p50, p95] = quantilesOf(only, [0.5, 0.95]);
    columns.p50Us[bucket] = roundOrNull(p50);
    columns.p95Us[bucket] = roundOrNull(p95);
  }
  return columns;
}

function roundOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(value);
}

export interface DayFacts {
  readonly count: number;
  readonly p50Us: number | null;
  readonly p95Us: number | null;
  readonly maxUs: number | null;
  readonly failCount: number;
  readonly tellingCount: number;
}

/** A p95 of fewer results is one of the two slowest by chance, so none is given. */
export const fewestForP95 = 20;

/** The figures of one span as a whole. */
export function figuresOf(points: PointBatch): DayFacts {
  const totals: number[] = [];
  let failCount = 0;
  let tellingCount = 0;
  for (let row = 0; row < points.atMs.length; row += 1) {
    const code = points.codes[row]!;
    if (isTelling(code)) tellingCount += 1;
    if (isTelling(code) && (code & 3) === 2) failCount += 1;
    if (isTimed(points, row)) totals.push(points.values[row * checkColumns]!);
  }
  totals.sort((a, b) => a - b);
  return {
    count: totals.length,
    p50Us: totals.length === 0 ? null : nearestRank(totals, 0.5),
    p95Us: totals.length < fewestForP95 ? null : nearestRank(totals, 0.95),
    maxUs: totals.at(-1) ?? null,
    failCount,
    tellingCount,
  };
}
