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
export const spanOf = (range: Range): number => ranges[range].spanMs;
export const bucketMsOf = (range: Range): number => ranges[range].bucketMs;
