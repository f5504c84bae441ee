/**
 * Services that stop when nobody asks: the first answer after a while takes seconds, and is no trouble. Whether an answer
 * is such a one is decided here, purely; a result that is one passes, and its time stays out of every latency figure.
 */
import type { ProbeContext, ProbeResult } from '../../kind.ts';

export interface ColdStart {
  /** An answer that took longer is judged as any other. */
  readonly upToMs: number;
  /** How long after its last answer it may have stopped. */
  readonly idleAfterMs: number;
  /** A faster answer is a warm one. */
  readonly fromMs: number;
  /** Its question may be repeated without harm. */
  readonly mayAskAgain: boolean;
}

export interface ColdState {
  readonly lastAnswerUs: number | undefined;
  readonly lastWasCold: boolean;
  /** Since when it is asked without an answer: a cold start may take longer than one attempt. */
  readonly askedSinceUs: number | undefined;
}

export const unknownYet: ColdState = { lastAnswerUs: undefined, lastWasCold: false, askedSinceUs: undefined };

export interface AttemptEnd {
  readonly startUs: number;
  readonly endUs: number;
  readonly answered: boolean;
  /** All is as expected but, at most, the time it took. */
  readonly rightAnswer: boolean;
}

/**
 * `cold`: it was stopped, and this was its start. `doubtful`: it would be the second start in a row, and a service that
 * is slow for good looks the same to somebody who asks seldom. `usual`: none of this.
 */
export type ColdVerdict = 'cold' | 'doubtful' | 'usual';

export function judgeColdStart(
  state: ColdState,
  { startUs, endUs, answered, rightAnswer }: AttemptEnd,
  { upToMs, idleAfterMs, fromMs }: ColdStart,
): { readonly next: ColdState; readonly verdict: ColdVerdict } {
  const askedSinceUs = state.askedSinceUs ?? startUs;
  if (!answered) return { next: { ...state, askedSinceUs }, verdict: 'usual' };
  const wasIdle = state.lastAnswerUs === undefined || askedSinceUs - state.lastAnswerUs >= idleAfterMs * 1_000;
  const tookUs = endUs - askedSinceUs;
  const cold = wasIdle && rightAnswer && tookUs >= fromMs * 1_000 && tookUs <= upToMs * 1_000;
  const next = { lastAnswerUs: endUs, lastWasCold: cold, askedSinceUs: undefined };
  return { next, verdict: !cold ? 'usual' : state.lastWasCold ? 'doubtful' : 'cold' };
}

/** What is known of each check between its attempts; a file that is read again begins anew. */
const states = new WeakMap<ColdStart, ColdState>();

/** Runs an attempt, and makes a cold start of its result where it was one. */
export async function allowColdStart(
  settings: ColdStart,
  { clock }: Pick<ProbeContext, 'clock'>,
  attempt: () => Promise<ProbeResult>,
): Promise<ProbeResult> {
  const startUs = clock.monotonicUs();
  const result = await attempt();
  const answered = 'status' in result.observed && result.reason !== 'timeout';
  const rightAnswer = result.outcome === 'pass' || result.reason === 'too-slow';
  const end = { startUs, endUs: clock.monotonicUs(), answered, rightAnswer };
  const { next, verdict } = judgeColdStart(states.get(settings) ?? unknownYet, end, settings);
  states.set(settings, next);
  if (verdict === 'cold') return asColdStart(result);
  if (verdict === 'usual' || !settings.mayAskAgain) return result;
  // Whoever has just started answers a second question at once.
  const again = await attempt();
  if (again.outcome === 'pass' && again.totalUs < settings.fromMs * 1_000) return asColdStart(result);
  // Where the time of the attempt ran out meanwhile, the first answer stands.
  return again.outcome === 'fail' && 'status' in again.observed && again.reason !== 'timeout' ? again : result;
}

function asColdStart({ evidence: _, ...result }: ProbeResult): ProbeResult {
  return { ...result, outcome: 'pass', reason: 'cold-start', observed: { ...result.observed, coldStart: true } };
}
