/** What becomes of a message after an attempt, and which one goes next. Pure. */

/**
 * What a refusal means where the receiver says more than its status does: no later attempt can succeed; one may, once
 * somebody has mended something; one will, by itself.
 */
export type Refusal = 'permanent' | 'mendable' | 'passing';

/** What an attempt came to. A definite answer is a status, or the certainty that nothing left this machine. */
export type AttemptResult =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      readonly retryAfterMs?: number | undefined;
      /** What to do about a refusal whose cause the receiver gives away; of what it took, whom that does not reach. */
      readonly hint?: string | undefined;
      /** Left out where the status is HTTP's and says it all. */
      readonly refusal?: Refusal | undefined;
    }
  /** Nothing was handed over: no address, no connection. The next attempt cannot be a repeat. */
  | { readonly outcome: 'unsent'; readonly why: string }
  /** It may have arrived: time-out, reset, crash. Every attempt from here on says “possible repeat”. */
  | { readonly outcome: 'unclear'; readonly why: string };

/** What the decision needs of a row; `attempts` counts the one just made. */
export interface AttemptedRow {
  readonly attempts: number;
  readonly createdAtMs: number;
  readonly possibleRepeat: boolean;
}

export type AttemptReason =
  | 'accepted'
  | 'gone'
  | 'refused-for-good'
  | 'refused'
  | 'busy'
  | 'server-error'
  | 'not-reached'
  | 'no-answer'
  | 'overtaken'
  | 'gave-up';

export interface NextOfRow {
  readonly state: 'pending' | 'delivered' | 'failed';
  /** Only for `pending`. */
  readonly nextAttemptAtMs: number;
  readonly possibleRepeat: boolean;
  readonly lastError: string | null;
  readonly finishedAtMs: number | null;
}

export interface AttemptDecision {
  readonly next: NextOfRow;
  readonly reason: AttemptReason;
  /** Whether the fault lies with the whole channel, so that its other messages wait as well. */
  readonly holdsChannel: boolean;
  /** It named a time itself: its limit is on messages, so each further one before then would be refused, too. */
  readonly asksForTime?: boolean;
}

export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** After an answer that will hardly change by itself: another 4xx, a redirect. */
  readonly slowFirstDelayMs: number;
  readonly slowLongestDelayMs: number;
  readonly longestRetryAfterMs: number;
  readonly giveUpAfterMs: number;
  /** And not before so many attempts: a machine that was off for days, or whose clock was set, has not tried for days. */
  readonly fewestAttempts: number;
  /** How long a channel that does not answer is left alone at most, before another of its messages is tried. */
  readonly longestHoldMs: number;
}

export const defaultPolicy: RetryPolicy = {
  firstDelayMs: 2_000,
  longestDelayMs: 5 * 60_000,
  slowFirstDelayMs: 60_000,
  slowLongestDelayMs: 60 * 60_000,
  longestRetryAfterMs: 60 * 60_000,
  giveUpAfterMs: 3 * 24 * 60 * 60_000,
  fewestAttempts: 50,
  longestHoldMs: 30_000,
};

/** The row after its attempt. `jitterRatio` in [0, 1) spreads retries over the second half of each delay. */
export function afterAttempt(
  row: AttemptedRow,
  result: AttemptResult,
  nowMs: number,
  jitterRatio: number,
  policy: RetryPolicy = defaultPolicy,
): AttemptDecision {
  const reason = reasonOf(result);
  const possibleRepeat = row.possibleRepeat || result.outcome === 'unclear';
  if (reason === 'accepted') {
    // Taken, and yet not for everybody: whom it did not reach must be seen.
    const lastError = (result.outcome === 'answered' ? result.hint : undefined) ?? null;
    const next = { state: 'delivered', nextAttemptAtMs: nowMs, possibleRepeat, lastError, finishedAtMs: nowMs };
    return { next: next as NextOfRow, reason, holdsChannel: false };
  }
  const why = whyOf(result);
  const fail = (reason: AttemptReason, lastError: string): AttemptDecision => ({
    next: { state: 'failed', nextAttemptAtMs: nowMs, possibleRepeat, lastError, finishedAtMs: nowMs },
    reason,
    holdsChannel: false,
  });
  if (reason === 'gone' || reason === 'refused-for-good') return fail(reason, why);
  const delayMs = delayOf(row.attempts, reason, result, jitterRatio, policy);
  const isOld = nowMs + delayMs - row.createdAtMs > policy.giveUpAfterMs;
  if (isOld && row.attempts >= policy.fewestAttempts) {
    return fail('gave-up', `Given up after ${row.attempts} attempts: ${why}`);
  }
  return {
    next: { state: 'pending', nextAttemptAtMs: nowMs + delayMs, possibleRepeat, lastError: why, finishedAtMs: null },
    reason,
    holdsChannel: reason !== 'refused',
    ...(reason === 'busy' && askedMsOf(result) > 0 ? { asksForTime: true } : {}),
  };
}

function reasonOf(result: AttemptResult): AttemptReason {
  if (result.outcome === 'unsent') return 'not-reached';
  if (result.outcome === 'unclear') return 'no-answer';
  const { status, refusal } = result;
  if (status >= 200 && status < 300) return 'accepted';
  if (refusal !== undefined) return reasonOfRefusal[refusal];
  if (status === 410) return 'gone';
  if (status === 408 || status === 425 || status === 429 || status === 503) return 'busy';
  return status >= 500 ? 'server-error' : 'refused';
}

const reasonOfRefusal = { permanent: 'refused-for-good', mendable: 'refused', passing: 'busy' } as const;

function whyOf(result: AttemptResult): string {
  if (result.outcome !== 'answered') return result.why;
  if (result.status === 410 && result.hint === undefined) return 'Answered 410: it wants no more messages';
  if (result.hint === undefined && result.status >= 300 && result.status < 400)
    return `Answered ${result.status}: redirects are not followed`;
  return `Answered ${result.status}${result.hint === undefined ? '' : `: ${result.hint}`}`;
}

function delayOf(
  attempts: number,
  reason: AttemptReason,
  result: AttemptResult,
  jitterRatio: number,
  policy: RetryPolicy,
): number {
  const slow = reason === 'refused';
  const firstMs = slow ? policy.slowFirstDelayMs : policy.firstDelayMs;
  const longestMs = slow ? policy.slowLongestDelayMs : policy.longestDelayMs;
  // 2^30 first delays are beyond every cap; larger powers would leave the integers.
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempts - 1, 30));
  const jitteredMs = Math.round(fullMs * (0.5 + jitterRatio / 2));
  return Math.max(jitteredMs, Math.min(askedMsOf(result), policy.longestRetryAfterMs));
}

function askedMsOf(result: AttemptResult): number {
  return result.outcome === 'answered' ? (result.retryAfterMs ?? 0) : 0;
}

/** How long the other messages of a channel wait when one of them found it unable. */
export function holdMs(decision: AttemptDecision, nowMs: number, policy: RetryPolicy = defaultPolicy): number {
  if (!decision.holdsChannel) return 0;
  // A receiver that asks for a year is still tried every five minutes, with one message.
  const longestMs = decision.asksForTime === true ? policy.longestDelayMs : policy.longestHoldMs;
  return Math.min(longestMs, Math.max(0, decision.next.nextAttemptAtMs - nowMs));
}

/**
 * With a full disk a service's newer message goes out from memory, though an older one waits in the store, which could
 * not mark its attempts. Sent after it, the older would say what is no longer so: it is let go of instead.
 */
export const overtakenError = 'Overtaken: the disk was full, and a later message about the service went out first';

/** What becomes of an outcome that could not be written down before the later message left. */
export function whenOvertaken(decision: AttemptDecision, nowMs: number): AttemptDecision {
  const { next } = decision;
  if (next.state !== 'pending') return decision;
  const failed = { ...next, state: 'failed', lastError: overtakenError, finishedAtMs: nowMs } as const;
  return { next: failed, reason: 'overtaken', holdsChannel: false };
}

/** A row that was in flight when Pitwall died: nobody knows whether it arrived. */
export const afterCrash = { possibleRepeat: true, lastError: 'Pitwall stopped during the attempt' } as const;

/** Milliseconds of a Retry-After header: seconds, or a date; undefined where it is neither. */
export function parseRetryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed) * 1_000;
  if (!/^[A-Z][a-z]{2}, /.test(trimmed)) return undefined;
  const atMs = Date.parse(trimmed);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

export interface WaitingRow {
  readonly serviceId: string;
  readonly nextAttemptAtMs: number;
}

/**
 * The row that goes next, of one channel's pending rows in the order they were made: the first that is due and is its
 * service's oldest, so that nobody hears “up” before “down”. Without one, when to look again.
 */
export function pickNext<R extends WaitingRow>(
  rows: readonly R[],
  nowMs: number,
  policy: RetryPolicy = defaultPolicy,
): { readonly row: R } | { readonly dueAtMs: number | undefined } {
  const services = new Set<string>();
  let dueAtMs: number | undefined;
  for (const row of rows) {
    if (services.has(row.serviceId)) continue;
    services.add(row.serviceId);
    // No delay is longer than this: what lies further ahead was written before the clock was set back.
    const longestMs = Math.max(policy.slowLongestDelayMs, policy.longestRetryAfterMs, policy.longestDelayMs);
    if (row.nextAttemptAtMs <= nowMs || row.nextAttemptAtMs > nowMs + longestMs) return { row };
    dueAtMs = Math.min(dueAtMs ?? Number.POSITIVE_INFINITY, row.nextAttemptAtMs);
  }
  return { dueAtMs };
}
