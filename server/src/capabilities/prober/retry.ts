/** Whether a slot's attempts are over. Pure. */
import type { Outcome } from '../../../../contract/src/vocabulary.ts';

export interface AttemptEnd {
  readonly outcome: Outcome;
  /** How many were made, this one included. */
  readonly attempts: number;
  /** Further attempts that are allowed after the first. */
  readonly retries: number;
  readonly timeoutMs: number;
  /** From now to the check's next slot: attempts may run past their own slot, never into the next. */
  readonly untilNextSlotMs: number;
}

export type NextAttempt = { readonly again: false } | { readonly again: true; pauseMs: number; timeoutMs: number };

/** Long enough for a connection to be let go of, short enough for a slot of ten seconds. */
export const pauseMs = 500;
/** Left free before the next slot. */
const marginMs = 100;
const over: NextAttempt = { again: false };

export function nextAttempt(end: AttemptEnd): NextAttempt {
  if (end.outcome !== 'fail' || end.attempts > end.retries) return over;
  const pause = Math.min(pauseMs, Math.max(20, end.untilNextSlotMs / 20));
  const roomMs = Math.floor(end.untilNextSlotMs - pause - marginMs);
  // Half the time-out still tells a dead service from a slow one; less would fail what only needs its time.
  if (roomMs < end.timeoutMs / 2) return over;
  return { again: true, pauseMs: pause, timeoutMs: Math.min(end.timeoutMs, roundedDown(roomMs)) };
}

/** To two digits: the time-out stands in the evidence, and another number would make another failure. */
function roundedDown(ms: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1);
  return Math.floor(ms / step) * step;
}
