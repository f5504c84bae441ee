/** What results make of the watched services, before anything is stored. Pure. */
import { type ReasonCode, reasonSentence } from '../../../../contract/src/reasons.ts';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { decodePointCode, isTelling, type PointMeaning } from '../../core/point-code.ts';
import type { CheckState, JudgedResult, StatusChange } from '../status/api.ts';

export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface LastResult {
  readonly slotMs: number;
  readonly code: number;
  /** total, dns, connect, tls, wait, transfer in µs; −1 where absent */
  readonly values: readonly number[];
  readonly facts: Facts;
  readonly observed: Facts;
}

export interface ServiceState {
  readonly status: Status;
  readonly sinceMs: number | undefined;
  /** The last status that was up, degraded or down: what people were told, or would have been. */
  readonly lastKnown: Status | undefined;
  readonly reason: ReasonCode;
  readonly evidence: StatusChange['evidence'];
}

export const initialServiceState: ServiceState = {
  status: 'unknown',
  sinceMs: undefined,
  lastKnown: undefined,
  reason: 'first-result',
  evidence: {},
};

/** A change of a service, with what was last known before it. */
export interface ServiceChange extends StatusChange {
  readonly serviceId: string;
  readonly lastKnown: Status | undefined;
}

/** What a check's result says to the status machine. */
export function toJudgedResult(slotMs: number, code: number, facts: Facts): JudgedResult {
  const meaning = decodePointCode(code);
  return {
    slotMs,
    outcome: meaning.outcome,
    telling: isTelling(code),
    reason: meaning.reason,
    sentence: sentenceOf(meaning, facts),
  };
}

/** Sentences are made for what may be told; a pass needs none, and passes are nearly all there is. */
function sentenceOf(meaning: PointMeaning, facts: Facts): string {
  // What was seen while late may not be named as the reason: “unknown: answered 500” blames the service after all.
  if (meaning.suspect) return reasonSentence('seen-late');
  return meaning.outcome === 'pass' ? '' : reasonSentence(meaning.reason, facts);
}

/** The change of a service that follows from a change of one of its checks, or undefined where it stays as it is. */
export function changeOfService(
  serviceId: string,
  before: ServiceState,
  to: Status,
  cause: { readonly checkTitle: string; readonly status: Status; readonly change: StatusChange },
): ServiceChange | undefined {
  if (to === before.status) return undefined;
  const { change } = cause;
  return {
    serviceId,
    lastKnown: before.lastKnown,
    from: before.status,
    to,
    reason: to === 'up' ? change.reason : 'worst-check',
    evidence: { check: cause.checkTitle, status: cause.status, why: causeSentence(change) },
    effectiveAtMs: Math.max(change.effectiveAtMs, before.sinceMs ?? change.effectiveAtMs),
    decidedAtMs: change.decidedAtMs,
  };
}

/** The change of a service that follows from which checks it has now, or undefined where it stays as it is. */
export function changeByNewChecks(
  serviceId: string,
  before: ServiceState,
  to: Status,
  worst: { readonly checkTitle: string; readonly change: StatusChange } | undefined,
  nowMs: number,
): ServiceChange | undefined {
  if (to === before.status) return undefined;
  const told = to === 'up' || worst === undefined ? undefined : worst;
  return {
    serviceId,
    lastKnown: before.lastKnown,
    from: before.status,
    to,
    reason: told === undefined ? 'check-removed' : 'worst-check',
    evidence: told === undefined ? {} : { check: told.checkTitle, status: to, why: causeSentence(told.change) },
    effectiveAtMs: nowMs,
    decidedAtMs: nowMs,
  };
}

/** What was seen, without how often: a service’s sentence says how it is, its check’s how that was decided. */
function causeSentence(change: StatusChange): string {
  const { why } = change.evidence;
  return typeof why === 'string' && why !== '' ? why : changeSentence(change);
}

export function changeSentence(change: StatusChange): string {
  return reasonSentence(change.reason, change.evidence);
}

export function applyServiceChange(before: ServiceState, change: ServiceChange): ServiceState {
  return {
    status: change.to,
    sinceMs: change.effectiveAtMs,
    lastKnown: change.to === 'unknown' || change.to === 'maintenance' ? before.lastKnown : change.to,
    reason: change.reason,
    evidence: change.evidence,
  };
}

/** Puts the status that was stored back onto runs that were replayed from the newest points. */
export function resumedState(
  replayed: CheckState,
  stored: { readonly status: Status; readonly sinceMs: number; readonly lastKnown: Status | undefined } | undefined,
  /** The first replayed slot since then that told something. */
  toldSinceMs: number | undefined,
): CheckState {
  if (stored === undefined) return { ...replayed, status: 'unknown', sinceMs: undefined, lastKnown: undefined };
  return { ...replayed, ...stored, toldSinceMs: stored.status === 'unknown' ? toldSinceMs : undefined };
}
