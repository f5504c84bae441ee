/** From the columns of a series to what is drawn. Pure. */
import type { SeriesView } from '../../../contract/src/operations/services.ts';

export interface Columns {
  readonly xs: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  /** p95 where it is over the limit, with the point before, so that the warm line meets the cool one. */
  readonly over: readonly (number | null)[];
  /** Cumulated: network, plus waiting, plus reading. Null without raw points. */
  readonly stack: readonly (readonly (number | null)[])[] | null;
  readonly parts: readonly (readonly (number | null)[])[] | null;
  readonly failed: readonly (number | null)[];
  readonly unknown: readonly (number | null)[];
  readonly peakUs: number;
  readonly peakFailed: number;
}

type Column = readonly (number | null)[];
const sum = (...columns: Column[]): (number | null)[] =>
  (columns[0] ?? []).map((_, i) => {
    const values = columns.map((column) => column[i] ?? null);
    return values.every((value) => value === null)
      ? null
      : values.reduce<number>((all, value) => all + (value ?? 0), 0);
  });
const peak = (column: Column): number => column.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);

export function columnsOf(series: SeriesView, limitUs: number | null): Columns {
  const { startMs, bucketMs, phases } = series;
  const p95 = series.p95Us.map((value, i) => value ?? series.maxUs[i] ?? null);
  const isOver = (i: number) => limitUs !== null && (p95[i] ?? 0) > limitUs;
  const parts = phases && [sum(phases.dnsUs, phases.connectUs, phases.tlsUs), phases.waitUs, phases.transferUs];
  const stack = parts && [sum(parts[0]!), sum(parts[0]!, parts[1]!), sum(parts[0]!, parts[1]!, parts[2]!)];
  const some = (column: readonly number[]) => column.map((value) => (value > 0 ? value : null));
  return {
    xs: startMs.map((at) => at + bucketMs / 2),
    fromMs: startMs[0] ?? 0,
    toMs: (startMs.at(-1) ?? 0) + bucketMs,
    p50: series.p50Us,
    p95,
    over: p95.map((value, i) => (isOver(i) || (isOver(i + 1) && value !== null) ? value : null)),
    stack,
    parts,
    failed: some(series.failCount),
    unknown: some(series.unknownCount),
    peakUs: Math.max(peak(p95), stack ? peak(stack[2]!) : 0),
    peakFailed: Math.max(peak(series.failCount), peak(series.unknownCount)),
  };
}

/** Index of the newest place that has a value. */
export function newest(column: Column): number | null {
  const at = column.findLastIndex((value) => value !== null);
  return at === -1 ? null : at;
}
