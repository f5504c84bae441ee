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

export interface PassWhileDown {
  /** In a row within this slot. */
  readonly passes: number;
  readonly upAfter: number;
  readonly timeoutMs: number;
  /** To the check's next slot, or to when its silence would be judged, whichever is sooner. */
  readonly untilEndMs: number;
}

/** Between passes that confirm each other: a server that comes and goes while it starts has its second to go again. */
const confirmPauseMs = 1_000;

/** A pass of a check that is down is confirmed within its slot, so that nobody waits for another interval to be told. */
export function confirmingAttempt({ passes, upAfter, timeoutMs, untilEndMs }: PassWhileDown): NextAttempt {
  if (passes >= upAfter) return over;
  const roomMs = Math.floor(untilEndMs - confirmPauseMs - marginMs);
  // Where all of them will not fit, the next slots confirm it, as if this one were like any other.
  if (roomMs < timeoutMs / 2 || untilEndMs < (upAfter - passes) * confirmPauseMs) return over;
  return { again: true, pauseMs: confirmPauseMs, timeoutMs: Math.min(timeoutMs, roundedDown(roomMs)) };
}

/** Of a check, as its own results tell it: whether it is down, which decides nothing but whether passes are confirmed. */
export interface Trouble {
  readonly isDown: boolean;
  readonly fails: number;
  readonly answers: number;
}

export const noTrouble: Trouble = { isDown: false, fails: 0, answers: 0 };
export const inTrouble: Trouble = { isDown: true, fails: 0, answers: 0 };

/** After a result that tells something. */
export function troubleAfter(
  before: Trouble,
  { outcome, confirmed }: { readonly outcome: Outcome; readonly confirmed: boolean },
  { downAfter, upAfter }: { readonly downAfter: number; readonly upAfter: number },
): Trouble {
  if (outcome === 'fail') {
    const fails = before.fails + 1;
    return { isDown: before.isDown || fails >= downAfter, fails, answers: 0 };
  }
  if (!before.isDown || confirmed || before.answers + 1 >= upAfter) return noTrouble;
  return { isDown: true, fails: 0, answers: before.answers + 1 };
}

/** To two digits: the time-out stands in the evidence, and another number would make another failure. */
function roundedDown(ms: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1);
  return Math.floor(ms / step) * step;
}
