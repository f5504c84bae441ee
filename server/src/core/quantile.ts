/**
 * The smallest value of which at least the ratio of all values are not larger (nearest rank): always a value that was
 * there, so a p95 of four samples is the largest of them.
 * @param sorted ascending, not empty
 * @param ratio 0 < ratio ≤ 1
 */
export function nearestRank(sorted: readonly number[], ratio: number): number {
  const rank = Math.max(1, Math.ceil(ratio * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1]!;
}
