const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Spans of the time axis, shortest first: `[` and `]` walk this list. Buckets give 120 to 180 points each. */
export const ranges = {
  '1h': { spanMs: hour, bucketMs: 30_000, label: '1 h', title: 'One hour' },
  '6h': { spanMs: 6 * hour, bucketMs: 2 * minute, label: '6 h', title: 'Six hours' },
  '24h': { spanMs: day, bucketMs: 10 * minute, label: '24 h', title: 'A day' },
  '7d': { spanMs: 7 * day, bucketMs: hour, label: '7 d', title: 'Seven days' },
  '90d': { spanMs: 90 * day, bucketMs: day, label: '90 d', title: 'Ninety days' },
} as const;

export type Range = keyof typeof ranges;
export const rangeNames = Object.keys(ranges) as Range[];
/** The shortest axis: a service that was just added is not shown an hour of nothing. */
const shortestMs = 2 * minute;
/** Of a young one: the first that its interval fills and that gives a curve, else the first. */
const youngBucketsMs = [10_000, 15_000, 30_000, minute, 5 * minute, 30 * minute, 2 * hour, 12 * hour, day];

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketMs: number;
  /** It begins where the watching does. */
  readonly young: boolean;
}

/**
 * Bucket edges stay on round times, so that a refresh moves the axis by whole buckets or not at all. No bucket is shorter
 * than the check's interval, which would leave every other one empty.
 */
export function spanAt(range: Range, nowMs: number, intervalMs: number, sinceMs: number): Span {
  const { spanMs, bucketMs: usualMs } = ranges[range];
  const ageMs = Math.max(shortestMs, nowMs - sinceMs);
  if (ageMs < spanMs) {
    const fits = (ms: number) => ms >= intervalMs && ageMs / ms >= 12 && ageMs / ms <= 360;
    // The last one: an axis has at most 400 places.
    const bucketMs = youngBucketsMs.find(fits) ?? youngBucketsMs.find((ms) => ageMs / ms <= 360) ?? usualMs;
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    return { fromMs: toMs - Math.ceil(ageMs / bucketMs) * bucketMs, toMs, bucketMs, young: true };
  }
  const bucketMs = usualMs * Math.min(Math.ceil(intervalMs / usualMs), Math.floor(spanMs / usualMs / 10));
  const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
  return { fromMs: toMs - Math.floor(spanMs / bucketMs) * bucketMs, toMs, bucketMs, young: false };
}

export const bucketMsOf = (range: Range): number => ranges[range].bucketMs;
export const spanOf = (range: Range): number => ranges[range].spanMs;
