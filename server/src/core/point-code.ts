/**
 * What a point says beside its numbers, in one integer: outcome (2 bits), suspect (1 bit), missed (1 bit),
 * attempts (4 bits, 0–15), reason index (the rest). The layout is stored: it may only be extended upwards.
 */

import { type ReasonCode, reasonCodes, reasonIndex } from '../../../contract/src/reasons.ts';
import { type Outcome, outcomes } from '../../../contract/src/vocabulary.ts';

export interface PointMeaning {
  readonly outcome: Outcome;
  /** Taken while Pitwall itself was late: shown, never decisive. */
  readonly suspect: boolean;
  /** Nothing was run in this slot; the reason says why. */
  readonly missed: boolean;
  readonly attempts: number;
  readonly reason: ReasonCode;
}

const outcomeIndexes = new Map(outcomes.map((outcome, index) => [outcome, index]));

export function encodePointCode(meaning: PointMeaning): number {
  return (
    outcomeIndexes.get(meaning.outcome)! |
    (meaning.suspect ? 4 : 0) |
    (meaning.missed ? 8 : 0) |
    (Math.min(meaning.attempts, 15) << 4) |
    (reasonIndex(meaning.reason) << 8)
  );
}

export function decodePointCode(code: number): PointMeaning {
  return {
    outcome: outcomes[code & 3]!,
    suspect: (code & 4) !== 0,
    missed: (code & 8) !== 0,
    attempts: (code >> 4) & 15,
    reason: reasonCodes[code >> 8] ?? 'internal-error',
  };
}

const coldStart = reasonIndex('cold-start');

/**
 * Whether the point's first value belongs into latency figures: an answer was had, it was not our lateness, and not the
 * start of a service that had stopped because nobody asked.
 */
export function isSampled(code: number): boolean {
  return (code & 3) <= 1 && (code & 12) === 0 && code >> 8 !== coldStart;
}

/** Whether the point says anything about the service: neither `unknown` nor suspect nor missed. */
export function isTelling(code: number): boolean {
  return (code & 3) !== 3 && (code & 12) === 0;
}
