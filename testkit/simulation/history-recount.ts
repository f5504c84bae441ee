/** Raw points, hours and days, each counted again from a plain list of everything that was ever accepted. */
import { isSampled, isTelling } from '../../server/src/core/point-code.ts';
import { defaultRetention, type SeriesReader, type Summary } from '../../server/src/storage/store.ts';
import type { Judges } from './judges.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export interface Accepted {
  readonly code: number;
  readonly totalUs: number;
}

/** The first instant of which raw points are kept. */
export function rawFromMs(nowMs: number): number {
  return Math.floor((nowMs - defaultRetention.rawMs) / hourMs) * hourMs;
}

/** By slot. A slot has one result: a repeat changes nothing. */
export class HistoryRecount {
  readonly #points = new Map<number, Accepted>();
  readonly #days = new Map<number, number[]>();

  add(slotMs: number, accepted: Accepted): void {
    if (this.#points.has(slotMs)) return;
    this.#points.set(slotMs, accepted);
    const day = Math.floor(slotMs / dayMs);
    this.#days.set(day, [...(this.#days.get(day) ?? []), slotMs]);
  }

  /** The process died: of what is newer than `sinceMs`, only what is stored was ever accepted. */
  forget(sinceMs: number, isStored: (slotMs: number) => boolean): void {
    for (const [day, slots] of this.#days) {
      if ((day + 1) * dayMs <= sinceMs) continue;
      const gone = slots.filter((slotMs) => slotMs >= sinceMs && !isStored(slotMs));
      for (const slotMs of gone) this.#points.delete(slotMs);
      this.#days.set(
        day,
        slots.filter((slotMs) => !gone.includes(slotMs)),
      );
    }
  }

  /** After upkeep has come to its end at `nowMs`. */
  judge(judges: Judges, name: string, series: SeriesReader, seriesId: number, nowMs: number): void {
    const firstMs = Math.min(...this.#points.keys());
    const range = { seriesId, fromMs: Math.floor(firstMs / dayMs) * dayMs, toMs: nowMs + dayMs };
    const fromMs = rawFromMs(nowMs);
    const kept = [...this.#points.keys()].filter((slotMs) => slotMs >= fromMs).sort((a, b) => a - b);
    const raw = series.scan(range).atMs;
    if (kept.join() !== raw.join())
      judges.fault('raw retention', `${name}: ${raw.length} points, recounted ${kept.length}`);
    const hoursFromMs = Math.floor((nowMs - defaultRetention.hoursMs) / hourMs) * hourMs;
    this.#compare(judges, `${name} hours`, series.hours(range), hourMs, hoursFromMs);
    this.#compare(judges, `${name} days`, series.days(range), dayMs, range.fromMs);
  }

  #compare(judges: Judges, name: string, stored: readonly Summary[], unitMs: number, fromMs: number): void {
    const slots = [...this.#days.values()].flat().filter((slotMs) => slotMs >= fromMs);
    const expected = Map.groupBy(slots, (slotMs) => Math.floor(slotMs / unitMs) * unitMs);
    const starts = stored.map(({ startMs }) => startMs).sort((a, b) => a - b);
    const wanted = [...expected.keys()].sort((a, b) => a - b);
    if (starts.join() !== wanted.join()) {
      const odd = [...new Set(wanted).symmetricDifference(new Set(starts))].map((ms) => new Date(ms).toISOString());
      judges.fault(
        'retention',
        `${name}: ${starts.length}, recounted ${wanted.length}; not in both: ${odd.slice(0, 5)}`,
      );
      return;
    }
    for (const summary of stored) {
      const counted = this.#summaryOf(summary.startMs, expected.get(summary.startMs)!);
      const { sketch: _, ...said } = summary;
      if (JSON.stringify(said) !== JSON.stringify(counted))
        judges.fault('summary', `${name}: ${JSON.stringify(said)}, recounted ${JSON.stringify(counted)}`);
    }
  }

  #summaryOf(startMs: number, slots: readonly number[]): Summary {
    const points = slots.map((slotMs) => this.#points.get(slotMs)!);
    const telling = points.filter(({ code }) => isTelling(code));
    const sampled = points.filter(({ code, totalUs }) => isSampled(code) && totalUs >= 0).map(({ totalUs }) => totalUs);
    const outcomes = (outcome: number): number => telling.filter(({ code }) => (code & 3) === outcome).length;
    return {
      startMs,
      count: points.length,
      passCount: outcomes(0),
      degradedCount: outcomes(1),
      failCount: outcomes(2),
      unknownCount: points.length - telling.length,
      sampledCount: sampled.length,
      sum: sampled.reduce((sum, us) => sum + us, 0),
      min: sampled.length === 0 ? 0 : Math.min(...sampled),
      max: sampled.length === 0 ? 0 : Math.max(...sampled),
    };
  }
}
