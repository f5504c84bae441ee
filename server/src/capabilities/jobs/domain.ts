/** What a report's address says, and how often a job may report. Pure. */
import type { JobReport } from '../checks/api.ts';

/** `start`, `log`, `success`, `fail`, or an exit code: 0 is success. */
export function reportOf(signal: string, runId: string | undefined, atMs: number): JobReport {
  const exitCode = /^\d+$/.test(signal) ? Number(signal) : undefined;
  const named = exitCode === undefined ? (signal as JobReport['signal']) : exitCode === 0 ? 'success' : 'fail';
  return { signal: named, atMs, runId, exitCode };
}

/** The end of what a job says holds its error; the beginning is let go. */
export function tailOf(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text;
  return `…${text.slice(1 - mostCharacters)}`;
}

export interface Allowance {
  readonly left: number;
  readonly atMs: number;
}

/** A burst of 60 reports, then one a second: a loop that reports by mistake must not fill the disk. */
export const burst = 60;
const perMs = 1 / 1_000;

/** The allowance after one more report, or undefined where there is none left. */
export function spend(before: Allowance | undefined, nowMs: number): Allowance | undefined {
  const grown = before === undefined ? burst : before.left + Math.max(0, nowMs - before.atMs) * perMs;
  const left = Math.min(burst, grown) - 1;
  return left < 0 ? undefined : { left, atMs: nowMs };
}
