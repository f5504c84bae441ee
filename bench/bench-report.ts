/** How every bench ends: one line of JSON that says what was measured against which limit, and the exit code. */

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly ok: boolean;
}

/** A bar that the value must not exceed. */
export function atMost(name: string, value: number, limit: number): Bar {
  return { name, value: Math.round(value * 1_000) / 1_000, limit, ok: value <= limit };
}

/** Prints the last line and sets the exit code: 1 where a bar is not met, or none was measured. */
export function report(bench: string, bars: readonly Bar[]): void {
  const ok = bars.length > 0 && bars.every((bar) => bar.ok);
  console.log(JSON.stringify({ bench, ok, bars }));
  process.exitCode = ok ? 0 : 1;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
