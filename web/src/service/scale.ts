/** Round numbers for axes. Pure. */
import { clock, dayName } from '../parts/format.ts';

const steps = [1, 2, 2.5, 5, 10];

/** At most `most` lines above zero, on round values, the topmost at or above `peak`. */
export function niceTicks(peak: number, most = 3): number[] {
  if (!(peak > 0)) return [];
  const rough = peak / most;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = (steps.find((one) => one * magnitude >= rough * 0.999) ?? 10) * magnitude;
  const count = Math.ceil(peak / step - 1e-9);
  return Array.from({ length: count }, (_, index) => (index + 1) * step);
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const timeSteps = [
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  6 * hour,
  12 * hour,
  day,
  7 * day,
  15 * day,
];

/** Labels on whole hours or days UTC, six or so, none under the one that says now. */
export function timeTicks(fromMs: number, toMs: number): { atMs: number; text: string }[] {
  const span = toMs - fromMs;
  const step = timeSteps.find((one) => span / one <= 7) ?? 15 * day;
  const ticks: { atMs: number; text: string }[] = [];
  for (let atMs = Math.ceil(fromMs / step) * step; atMs < toMs - span * 0.05; atMs += step) {
    if (atMs - fromMs < span * 0.02) continue;
    ticks.push({ atMs, text: step >= day || atMs % day === 0 ? dayName(atMs) : clock(atMs) });
  }
  return ticks;
}
