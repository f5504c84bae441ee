/**
 * One check's stored slots against the requests that the shop logged for it. A request names no slot: it belongs to one
 * that had begun, in order, and a loaded machine may hand it to the shop a while after it was sent.
 */
import type { PointMeaning } from '../../server/src/core/point-code.ts';
import type { LoggedRequest } from './logged-shop.ts';
import type { Finding, Run } from './record.ts';

export interface Point {
  readonly atMs: number;
  readonly meaning: PointMeaning;
  readonly totalUs: number;
}

export interface Asked {
  readonly request: LoggedRequest;
  readonly run: Run;
  /** By Pitwall's clock. */
  readonly atMs: number;
}

export interface SlotTotals {
  results: number;
  missed: number;
  /** Requests that ended before the kill and whose slot is marked as missed. */
  lost: number;
  oldestLostMs: number;
}

/** Wall clocks count whole milliseconds. */
const clockStepMs = 2;
const latestMs = 2_500;
/** Of a longer absence only the first slots are recorded (app/catch-up.ts). */
const mostMissed = 10;
/** DESIGN §14. */
const goneAfterMs = 1_000;

export function slotFindings(
  key: string,
  intervalMs: number,
  points: readonly Point[],
  asked: readonly Asked[],
  totals: SlotTotals,
): Finding[] {
  const left = [...asked];
  const take = (slotMs: number): Asked | undefined => {
    const at = left.findIndex(({ atMs }) => atMs >= slotMs - clockStepMs);
    return at >= 0 && left[at]!.atMs <= slotMs + latestMs ? left.splice(at, 1)[0] : undefined;
  };
  const results = points.filter(({ meaning }) => !meaning.missed);
  const missed = points.filter(({ meaning }) => meaning.missed).map(({ atMs }) => atMs);
  totals.results += results.length;
  totals.missed += missed.length;
  const findings = results.flatMap(({ atMs, meaning }): Finding[] => {
    const found = take(atMs);
    const what = `${key} in its slot ${atMs}: ${meaning.reason}`;
    if (found === undefined) return neverArrived(meaning) ? [] : [{ kind: 'stored but never asked', evidence: what }];
    if (contradicts(meaning, found.request)) return [{ kind: 'stored otherwise than answered', evidence: what }];
    return [];
  });
  return [...findings, ...gapFindings(key, intervalMs, points), ...lostFindings(key, left, missed, totals)];
}

/** A request that a busy machine let time out may never have been read. */
function neverArrived({ reason }: PointMeaning): boolean {
  return reason === 'timeout' || reason === 'connect-timeout';
}

/** A good answer may come too late, but never as another answer; a bad one never passes. */
function contradicts({ outcome, reason }: PointMeaning, { well }: LoggedRequest): boolean {
  return well ? reason === 'wrong-status' || reason === 'reply-mismatch' : outcome === 'pass';
}

function gapFindings(key: string, intervalMs: number, points: readonly Point[]): Finding[] {
  return points.slice(1).flatMap(({ atMs, meaning }, index) => {
    const beforeMs = points[index]!.atMs;
    const absent = (atMs - beforeMs) / intervalMs - 1;
    // Only the very first slot of a check is off its grid, nearer to the next than an interval.
    if (absent === 0 || (index === 0 && absent < 0) || absent > mostMissed) return [];
    return [
      {
        kind: 'slot without a row' as const,
        evidence: `${key}: ${absent} between ${beforeMs} and ${atMs}, which is ${meaning.reason}`,
      },
    ];
  });
}

/** What was asked and is not stored must have ended in the last second, or its slot is marked as missed. */
function lostFindings(key: string, left: readonly Asked[], missed: number[], totals: SlotTotals): Finding[] {
  return left.flatMap(({ request, run, atMs }) => {
    const { endMs } = request;
    if (endMs === undefined || endMs > run.killedMs || run.killedMs === Number.POSITIVE_INFINITY) return [];
    const ageMs = run.killedMs - endMs;
    const at = missed.findIndex((slotMs) => slotMs <= atMs + clockStepMs && slotMs >= atMs - latestMs);
    if (at >= 0) {
      missed.splice(at, 1);
      totals.lost += 1;
      totals.oldestLostMs = Math.max(totals.oldestLostMs, ageMs);
      return [];
    }
    if (ageMs <= goneAfterMs) return [];
    return [
      { kind: 'asked but not stored' as const, evidence: `${key} at ${atMs}, ended ${ageMs} ms before the kill` },
    ];
  });
}
