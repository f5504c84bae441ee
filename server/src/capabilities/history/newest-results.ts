/** The newest results of a series, of one outcome where one is asked for. */
import type { Outcome } from '../../../../contract/src/vocabulary.ts';
import { decodePointCode } from '../../core/point-code.ts';
import type { SeriesReader, Summary } from '../../storage/store.ts';

export interface FoundResult {
  readonly slotMs: number;
  readonly code: number;
  readonly values: readonly number[];
}

export interface ResultSearch {
  readonly seriesId: number;
  /** Exclusive. */
  readonly untilMs: number;
  readonly watchedSinceMs: number;
  readonly outcome: Outcome | undefined;
  readonly limit: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const allStepMs = 6 * hourMs;
/** A week of hours is 168 rows: enough to step over quickly what holds nothing of the outcome. */
const hoursStepMs = 7 * dayMs;

/** Goes back in steps until enough are found or the watching began. */
export function newestResults(series: SeriesReader, search: ResultSearch): FoundResult[] {
  const found: FoundResult[] = [];
  const sinceMs = search.watchedSinceMs - dayMs;
  const stepMs = search.outcome === undefined ? allStepMs : hoursStepMs;
  for (let toMs = search.untilMs; found.length < search.limit && toMs > sinceMs; ) {
    // On the hour, or the hour that a step ends in would be read by both.
    const fromMs = Math.floor((toMs - stepMs) / hourMs) * hourMs;
    if (search.outcome === undefined) collect(series, search, fromMs, toMs, found);
    else collectHours(series, search, search.outcome, fromMs, toMs, found);
    toMs = fromMs;
  }
  return found;
}

/** One failure in a month is found by its hour's summary: thirty days of raw points are not read for it. */
function collectHours(
  series: SeriesReader,
  search: ResultSearch,
  outcome: Outcome,
  fromMs: number,
  toMs: number,
  found: FoundResult[],
): void {
  const hours = series.hours({ seriesId: search.seriesId, fromMs, toMs });
  for (const hour of hours.toReversed()) {
    if (found.length >= search.limit) return;
    if (mayHold(hour, outcome)) collect(series, search, hour.startMs, Math.min(toMs, hour.startMs + hourMs), found);
  }
}

/** A suspect or missed result counts as unknown in the summary, whatever it came to. */
function mayHold(hour: Summary, outcome: Outcome): boolean {
  const counts = { pass: hour.passCount, degraded: hour.degradedCount, fail: hour.failCount, unknown: 0 };
  return counts[outcome] + hour.unknownCount > 0;
}

function collect(
  series: SeriesReader,
  { seriesId, outcome, limit }: ResultSearch,
  fromMs: number,
  toMs: number,
  found: FoundResult[],
): void {
  const points = series.scan({ seriesId, fromMs, toMs });
  const { columns } = points;
  for (let row = points.atMs.length - 1; row >= 0 && found.length < limit; row -= 1) {
    const code = points.codes[row]!;
    if (outcome !== undefined && decodePointCode(code).outcome !== outcome) continue;
    found.push({ slotMs: points.atMs[row]!, code, values: points.values.slice(row * columns, (row + 1) * columns) });
  }
}
