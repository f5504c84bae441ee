/** The figures of a summary while they grow: an open hour of one series, or a day that is not over. */
import { isSampled, isTelling } from '../../core/point-code.ts';
import type { Summary } from '../store.ts';

export const hourMs = 3_600_000;
export const dayMs = 86_400_000;
export const hoursPerDay = 24;

/** Row of hour_summary or day_summary: start, series, count, degraded, fail, unknown, sampled, sum, min, max. */
export type SummaryRow = readonly [number, number, number, number, number, number, number, number, number, number];
export const summaryColumns = 'series, count, degraded, fail, unknown, sampled, sum, min, max';

export class Tally {
  count = 0;
  degraded = 0;
  fail = 0;
  unknown = 0;
  sampled = 0;
  sum = 0;
  min = 0;
  max = 0;

  add(code: number, firstValue: number): void {
    this.count += 1;
    if (!isTelling(code)) this.unknown += 1;
    else if ((code & 3) === 1) this.degraded += 1;
    else if ((code & 3) === 2) this.fail += 1;
    if (firstValue === -1 || !isSampled(code)) return;
    if (this.sampled === 0 || firstValue < this.min) this.min = firstValue;
    if (this.sampled === 0 || firstValue > this.max) this.max = firstValue;
    this.sampled += 1;
    this.sum += firstValue;
  }

  addSummary(row: Omit<Tally, 'add' | 'addSummary' | 'toSummary'>): void {
    this.count += row.count;
    this.degraded += row.degraded;
    this.fail += row.fail;
    this.unknown += row.unknown;
    if (row.sampled === 0) return;
    if (this.sampled === 0 || row.min < this.min) this.min = row.min;
    if (this.sampled === 0 || row.max > this.max) this.max = row.max;
    this.sampled += row.sampled;
    this.sum += row.sum;
  }

  toSummary(startMs: number): Summary {
    return {
      startMs,
      count: this.count,
      passCount: this.count - this.degraded - this.fail - this.unknown,
      degradedCount: this.degraded,
      failCount: this.fail,
      unknownCount: this.unknown,
      sampledCount: this.sampled,
      sum: this.sum,
      min: this.min,
      max: this.max,
    };
  }
}

export function tallyOfRow(row: SummaryRow): Tally {
  const tally = new Tally();
  [, , tally.count, tally.degraded, tally.fail, tally.unknown, tally.sampled, tally.sum, tally.min, tally.max] = row;
  return tally;
}

export function summaryOfRow(row: SummaryRow, unitMs: number): Summary {
  return {
    startMs: row[0] * unitMs,
    count: row[2],
    passCount: row[2] - row[3] - row[4] - row[5],
    degradedCount: row[3],
    failCount: row[4],
    unknownCount: row[5],
    sampledCount: row[6],
    sum: row[7],
    min: row[8],
    max: row[9],
  };
}
