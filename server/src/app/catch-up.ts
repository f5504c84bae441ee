/** After a start: slots that were due while nobody ran are recorded as missed. */

import { type ResultBatch, slotAtOrAfter } from '../capabilities/prober/api.ts';
import type { LiveService } from '../capabilities/recording/api.ts';
import { encodePointCode } from '../core/point-code.ts';
import { checkColumns } from '../storage/store.ts';

/** A longer absence is one span of unknown; a row for each of its slots would tell nothing more. */
const mostRecorded = 10;

export function missedWhileAway(services: readonly LiveService[], nowMs: number): ResultBatch {
  const keys: string[] = [];
  const slotMs: number[] = [];
  for (const { check, last, sinceMs = 0 } of services.flatMap((service) => service.checks)) {
    // Without any result there may be a change all the same: one that was told on a full disk, its results lost.
    if (last === undefined && sinceMs === 0) continue;
    let dueMs = slotAtOrAfter(check, last === undefined ? sinceMs : last.slotMs + 1);
    // The span would begin with the newest change only: results from before one that was told on a full disk are lost.
    for (let count = 0; (count < mostRecorded || dueMs < sinceMs) && dueMs < nowMs; count += 1) {
      keys.push(check.key);
      slotMs.push(dueMs);
      dueMs += check.intervalMs;
    }
  }
  const code = encodePointCode({
    outcome: 'unknown',
    suspect: false,
    missed: true,
    attempts: 0,
    reason: 'missed-not-running',
  });
  return {
    keys,
    slotMs,
    codes: keys.map(() => code),
    values: new Array<number>(keys.length * checkColumns).fill(-1),
    details: [],
    observed: [],
  };
}
