/**
 * What a check *is*, derived from its results. Pure: the same results in the same order give the same changes.
 *
 * A result tells something when it is pass, degraded or fail and was not taken while Pitwall was late. Results that
 * tell nothing (unknown, suspect, missed) cover their slot as `unknown`; they neither advance nor reset a run, and
 * only a row of them turns the status to `unknown`.
 */
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import type { Status } from '../../../../contract/src/vocabulary.ts';

export interface StatusSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Longest time from a slot to its result: all attempts. A silence is judged only after it. */
  readonly graceMs: number;
  readonly downAfter: number;
  readonly upAfter: number;
}

interface Run {
  readonly count: number;
  readonly firstSlotMs: number;
  /** One of it stands for as many passes as it takes, made within its slot. */
  readonly confirmed?: true;
}

export interface CheckState {
  readonly status: Status;
  /** When the status began; undefined before the first change. */
  readonly sinceMs: number | undefined;
  /** The last status that was not unknown. */
  readonly lastKnown: Status | undefined;
  readonly lastSlotMs: number | undefined;
  /** Until when the newest result speaks: its slot, one interval and the time-out. */
  readonly coveredUntilMs: number | undefined;
  readonly fails: Run | undefined;
  /** fail or degraded */
  readonly troubles: Run | undefined;
  /** pass */
  readonly fines: Run | undefined;
  /** pass or degraded */
  readonly answers: Run | undefined;
  /** results that tell nothing */
  readonly blanks: Run | undefined;
  /** The first result that told something since the status became unknown. */
  readonly toldSinceMs: number | undefined;
}

export const initialCheckState: CheckState = {
  status: 'unknown',
  sinceMs: undefined,
  lastKnown: undefined,
  lastSlotMs: undefined,
  coveredUntilMs: undefined,
  fails: undefined,
  troubles: undefined,
  fines: undefined,
  answers: undefined,
  blanks: undefined,
  toldSinceMs: undefined,
};

export interface JudgedResult {
  readonly slotMs: number;
  readonly outcome: 'pass' | 'degraded' | 'fail' | 'unknown';
  /** false: suspect, missed or unknown. */
  readonly telling: boolean;
  readonly reason: ReasonCode;
  /** The sentence of the reason, for the change's own sentence. */
  readonly sentence: string;
}

export interface StatusChange {
  readonly from: Status;
  readonly to: Status;
  readonly reason: ReasonCode;
  readonly evidence: Readonly<Record<string, string | number>>;
  /** The first slot of the run that decided it. */
  readonly effectiveAtMs: number;
  readonly decidedAtMs: number;
}

export interface Cover {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: ReasonCode;
}

export interface Judgement {
  readonly next: CheckState;
  readonly changes: readonly StatusChange[];
  /** The slot counts as unknown though the status stays, or is changed from before it. */
  readonly cover: Cover | undefined;
  /** The cover of the slot before ends sooner or later than was thought, since the schedule changed. */
  readonly coverEnds?: { readonly slotMs: number; readonly atMs: number };
}

const none: readonly StatusChange[] = [];

/** Takes in one result. Results out of order or repeated change nothing. */
export function judge(state: CheckState, result: JudgedResult, settings: StatusSettings, nowMs: number): Judgement {
  if (state.lastSlotMs !== undefined && result.slotMs <= state.lastSlotMs) {
    return { next: state, changes: none, cover: undefined };
  }
  const gap =
    state.coveredUntilMs !== undefined && result.slotMs > state.coveredUntilMs ? silence(state, nowMs) : undefined;
  const before = gap?.next ?? state;
  const verdict = result.telling
    ? judgeTelling(before, result, settings, nowMs)
    : judgeBlank(before, result, settings, nowMs);
  if (gap !== undefined) return { ...verdict, changes: [...gap.changes, ...verdict.changes] };
  const { lastSlotMs } = state;
  if (
    state.blanks === undefined ||
    !isCovered(state, lastSlotMs!) ||
    state.coveredUntilMs === result.slotMs + settings.timeoutMs
  )
    return verdict;
  return { ...verdict, coverEnds: { slotMs: lastSlotMs!, atMs: result.slotMs } };
}

/**
 * Whether a slot that tells nothing needs a cover: not where the status says unknown anyway, unless a run has begun
 * that may yet reach back over the slot, or the result was held up until after a later instant was judged.
 */
function isCovered(state: CheckState, slotMs: number): boolean {
  return state.status !== 'unknown' || state.toldSinceMs !== undefined || slotMs < (state.sinceMs ?? slotMs);
}

/** Turns the status to unknown when nothing was heard for too long. Called now and then for every check. */
export function lapse(state: CheckState, settings: StatusSettings, nowMs: number): Judgement {
  const untilMs = state.coveredUntilMs;
  if (untilMs === undefined || state.status === 'unknown' || nowMs <= untilMs + settings.graceMs) {
    return { next: state, changes: none, cover: undefined };
  }
  return silence(state, nowMs);
}

function silence(state: CheckState, nowMs: number): Judgement {
  const forgotten: CheckState = {
    ...state,
    fails: undefined,
    troubles: undefined,
    fines: undefined,
    answers: undefined,
    blanks: undefined,
    toldSinceMs: undefined,
  };
  if (state.status === 'unknown') return { next: forgotten, changes: none, cover: undefined };
  // After results that told nothing, nothing was known already: the last one's time-out must not count as up.
  const sinceMs = state.blanks?.firstSlotMs ?? state.coveredUntilMs!;
  return changed(forgotten, 'unknown', sinceMs, 'no-result-in-time', { lastSlotMs: state.lastSlotMs! }, nowMs);
}

function judgeBlank(state: CheckState, result: JudgedResult, settings: StatusSettings, nowMs: number): Judgement {
  const next: CheckState = { ...heard(state, result, settings), blanks: extend(state.blanks, result.slotMs) };
  const blanks = next.blanks!;
  if (state.status !== 'unknown' && blanks.count >= settings.downAfter) {
    const evidence = { count: blanks.count, why: result.sentence };
    const verdict = changed(next, 'unknown', blanks.firstSlotMs, 'unknown-in-a-row', evidence, nowMs);
    // A slot from before the change that was on record: what is changed from there on does not say it.
    const toMs = Math.min(verdict.next.sinceMs!, result.slotMs + settings.intervalMs);
    const cover = { fromMs: result.slotMs, toMs, reason: result.reason };
    return result.slotMs < toMs ? { ...verdict, cover } : verdict;
  }
  if (!isCovered(state, result.slotMs)) return { next, changes: none, cover: undefined };
  const cover = { fromMs: result.slotMs, toMs: result.slotMs + settings.intervalMs, reason: result.reason };
  return { next, changes: none, cover };
}

function judgeTelling(state: CheckState, result: JudgedResult, settings: StatusSettings, nowMs: number): Judgement {
  const { outcome, slotMs } = result;
  const next: CheckState = {
    ...heard(state, result, settings),
    blanks: undefined,
    fails: outcome === 'fail' ? extend(state.fails, slotMs) : undefined,
    troubles: outcome === 'pass' ? undefined : extend(state.troubles, slotMs),
    fines: outcome === 'pass' ? extend(state.fines, slotMs, result.reason === 'passed-in-a-row') : undefined,
    answers: outcome === 'fail' ? undefined : extend(state.answers, slotMs),
    toldSinceMs: state.status === 'unknown' ? (state.toldSinceMs ?? slotMs) : undefined,
  };
  const decision = decide(next, settings);
  if (decision === undefined || decision.to === state.status) return { next, changes: none, cover: undefined };
  const evidence = { count: decision.run.count, why: result.sentence };
  return changed(next, decision.to, decision.run.firstSlotMs, decision.reason, evidence, nowMs);
}

/** The status the runs call for, or undefined where the present one stands. */
function decide(
  state: CheckState,
  { downAfter, upAfter }: StatusSettings,
): { to: Status; run: Run; reason: ReasonCode } | undefined {
  const { status, fails, troubles, fines, answers } = state;
  if (fails !== undefined && fails.count >= downAfter) return { to: 'down', run: fails, reason: 'failing-in-a-row' };
  const wasDown = (status === 'unknown' ? state.lastKnown : status) === 'down';
  if (fines !== undefined) {
    // The first answer of a check that was never down is enough: a fresh board is not kept waiting.
    const needed = status === 'unknown' && !wasDown ? 1 : upAfter;
    // Whether it is well again is known with the next: a pass after a slow answer is no news of slowness.
    if (fines.count < needed && fines.confirmed !== true) return undefined;
    return { to: 'up', run: fines, reason: state.lastKnown === undefined ? 'first-result' : 'recovered' };
  }
  if (wasDown) {
    const answered = answers !== undefined && answers.count >= upAfter;
    return answered ? { to: 'degraded', run: answers, reason: 'degraded-in-a-row' } : undefined;
  }
  const troubled = troubles !== undefined && troubles.count >= downAfter;
  return troubled ? { to: 'degraded', run: troubles, reason: 'degraded-in-a-row' } : undefined;
}

function heard(state: CheckState, result: JudgedResult, settings: StatusSettings): CheckState {
  return {
    ...state,
    lastSlotMs: result.slotMs,
    coveredUntilMs: result.slotMs + settings.intervalMs + settings.timeoutMs,
  };
}

function extend(run: Run | undefined, slotMs: number, confirmed = false): Run {
  const { count = 0, firstSlotMs = slotMs } = run ?? {};
  return { count: count + 1, firstSlotMs, ...(confirmed || run?.confirmed === true ? { confirmed: true } : {}) };
}

function changed(
  state: CheckState,
  to: Status,
  runStartMs: number,
  reason: ReasonCode,
  evidence: StatusChange['evidence'],
  nowMs: number,
): Judgement {
  // What was recorded is never rewritten: a run that began before the last change counts from that change on, and one
  // that goes on after a doubt from where it was heard again.
  const effectiveAtMs = Math.max(runStartMs, state.sinceMs ?? runStartMs, state.toldSinceMs ?? runStartMs);
  const change: StatusChange = { from: state.status, to, reason, evidence, effectiveAtMs, decidedAtMs: nowMs };
  const next: CheckState = {
    ...state,
    status: to,
    sinceMs: effectiveAtMs,
    lastKnown: to === 'unknown' ? state.lastKnown : to,
    toldSinceMs: undefined,
  };
  return { next, changes: [change], cover: undefined };
}

const severity: Readonly<Record<Status, number>> = { up: 0, maintenance: 1, unknown: 2, degraded: 3, down: 4 };

/** The worse of two: down > degraded > unknown > maintenance > up. */
export function worseStatus(a: Status, b: Status): Status {
  return severity[b] > severity[a] ? b : a;
}

/** A service is what its worst check is; without checks nothing is known. */
export function serviceStatus(checks: readonly Status[]): Status {
  if (checks.length === 0) return 'unknown';
  return checks.reduce(worseStatus);
}
