/** The prober itself: takes due slots, runs their attempts, hands the results over. It lives in a worker thread. */
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import type { PointMeaning } from '../../core/point-code.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import type { CheckKind, Evidence, ProbeResult } from '../checks/kind.ts';
import type { GateKeeper } from '../gates/api.ts';
import { longestSlotMs, type WatchedCheck } from '../services/api.ts';
import { Attempt } from './attempt.ts';
import { isSuspect, LatenessMeter } from './lateness.ts';
import { BatchBuilder, emptyRow, type PackedBatch, type ResultRow, type SentBefore } from './packed-batch.ts';
import type { ProberEvent, ProberStats } from './results.ts';
import {
  confirmingAttempt,
  inTrouble,
  type NextAttempt,
  nextAttempt,
  noTrouble,
  type Trouble,
  troubleAfter,
} from './retry.ts';
import { SlotHeap, slotAtOrAfter, toleranceMs } from './slots.ts';
import type { Timeline } from './timeline.ts';
import { TimeoutRing } from './timeout-ring.ts';

export interface EngineOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly timeline: Timeline;
  readonly kindNamed: (name: string) => CheckKind;
  /** Attempts at the same time. */
  readonly concurrency: number;
  /** Asked before a failure counts; without one every failure is the target's. */
  readonly gates?: Pick<GateKeeper, 'blamed'>;
  readonly onBatch: (batch: PackedBatch) => void;
  readonly onEvent: (event: ProberEvent) => void;
}

/** A check as the engine knows it: its number stands for its key on the way out. */
export interface NumberedCheck {
  readonly id: number;
  readonly check: WatchedCheck;
  /** Of a check without any result: when it is run for the first time, ahead of its slots. */
  readonly openingMs?: number | undefined;
  /** As of when it was handed over: a pass of it is confirmed at once. */
  readonly isDown?: boolean;
}

interface Entry extends SentBefore {
  readonly key: string;
  readonly intervalMs: number;
  readonly id: number;
  check: WatchedCheck;
  kind: CheckKind;
  run: Run | undefined;
  wanted: boolean;
  trouble: Trouble;
}

interface Run {
  readonly slotMs: number;
  readonly nextSlotMs: number;
  readonly beganUs: number;
  attempts: number;
  /** The newest of them that passed, in a row. */
  passes: number;
  attempt: Attempt | undefined;
  /** Slots that came while it ran: handed over after it, so that a check's slots are always in order. */
  readonly missedMs: number[];
  /** The result that counts unless another attempt can still be made. */
  last: Ended | undefined;
}

interface Ended {
  readonly result: ProbeResult;
  readonly suspect: boolean;
  /** Whom it asked for last. */
  readonly host: string | undefined;
}

/** Slots due within one of these start together; each wake-up costs more than a small check. */
const tickMs = 6;
/** While something runs, the loop's lateness is measured at least this often. */
const heartbeatMs = 20;
const flushMs = 100;
/** After a stall the overdue are spread over the ticks that follow. */
const mostStartsATick = 48;
/** A stall of hours would make millions of rows; the event says how many there were. */
const mostMissedRows = 100;

export class ProbeEngine {
  readonly #options: EngineOptions;
  readonly #heap = new SlotHeap<Entry>();
  #entries = new Map<number, Entry>();
  readonly #ring: TimeoutRing;
  readonly #meter = new LatenessMeter();
  readonly #batch = new BatchBuilder();
  #batchSinceUs = 0;
  #flushSoon = false;
  #runs = 0;
  #busy = 0;
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #cancelTick: (() => void) | undefined;
  #expectedUs = 0;
  #stopped = false;
  #counts = { results: 0, late: 0, missed: 0, suspect: 0 };
  #worstDeviationMs = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#ring = new TimeoutRing(options.clock.monotonicUs());
  }

  /** What is watched from `fromMs` on. `lastSlotMs` knows the last reported slot of a check after a restart. */
  setChecks(
    checks: readonly NumberedCheck[],
    fromMs = this.#nowMs(),
    lastSlotMs?: (id: number) => number | undefined,
  ): void {
    const before = this.#entries;
    this.#entries = new Map(checks.map((numbered) => [numbered.id, this.#entryOf(numbered, before.get(numbered.id))]));
    for (const entry of before.values()) {
      if (this.#entries.get(entry.id) === entry) continue;
      entry.wanted = false;
      entry.run?.attempt?.expire(this.#options.clock.monotonicUs());
    }
    const openings = new Map(checks.map(({ id, openingMs }) => [id, openingMs]));
    const lastOf = lastSlotMs && (({ id }: Entry) => lastSlotMs(id));
    this.#heap.setChecks([...this.#entries.values()], fromMs, lastOf, ({ id }) => openings.get(id));
    if (lastSlotMs !== undefined) this.#missBefore(this.#nowMs());
    this.#arm();
  }

  stats(): ProberStats {
    return {
      ...this.#counts,
      inFlight: this.#busy,
      eventLoopDelayP99Ms: this.#meter.p99Us / 1_000,
      worstDeviationMs: this.#worstDeviationMs,
    };
  }

  /** Frees every socket and hands over what is finished; what runs is not recorded. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTick?.();
    for (const entry of this.#entries.values()) {
      entry.wanted = false;
      entry.run?.attempt?.expire(this.#options.clock.monotonicUs());
    }
    this.#flush();
  }

  #nowMs(): number {
    return this.#options.timeline.atMs(this.#options.clock.monotonicUs());
  }

  #entryOf({ id, check, isDown = false }: NumberedCheck, before: Entry | undefined): Entry {
    const kind = this.#options.kindNamed(check.kind);
    if (before !== undefined && before.intervalMs === check.intervalMs) {
      before.check = check;
      before.kind = kind;
      return before;
    }
    const { key, intervalMs } = check;
    const trouble = isDown ? inTrouble : noTrouble;
    const nothingSent = { failure: undefined, observed: undefined };
    return { key, intervalMs, id, check, kind, trouble, run: undefined, wanted: true, ...nothingSent };
  }

  #tick(): void {
    this.#cancelTick = undefined;
    const { clock, timeline, onEvent } = this.#options;
    const nowUs = clock.monotonicUs();
    this.#noteLateness(nowUs);
    const step = timeline.observeWall(clock.nowMs(), nowUs);
    if (step !== undefined) onEvent({ kind: 'clock-step', ...step });
    this.#ring.advance(nowUs);
    this.#takeDue(timeline.atMs(nowUs));
    if (this.#batch.rows > 0 && (this.#flushSoon || nowUs - this.#batchSinceUs >= flushMs * 1_000)) this.#flush();
    this.#arm();
  }

  #noteLateness(nowUs: number): void {
    this.#meter.note(nowUs, Math.max(0, nowUs - this.#expectedUs));
  }

  /** Sets the next wake-up: one timer for everything. */
  #arm(): void {
    if (this.#stopped) return;
    const nowUs = this.#options.clock.monotonicUs();
    // The tick that is put off may have been overdue: what ran meanwhile must know.
    if (this.#cancelTick !== undefined) this.#noteLateness(nowUs);
    this.#cancelTick?.();
    const nowMs = this.#options.timeline.atMs(nowUs);
    let waitMs = this.#runs > 0 ? heartbeatMs : 1_000;
    const dueMs = this.#heap.nextDueMs;
    if (dueMs !== undefined) waitMs = Math.min(waitMs, dueMs - nowMs);
    if (this.#batch.rows > 0) waitMs = Math.min(waitMs, this.#flushSoon ? 0 : flushMs);
    // Timers of Node fire on whole milliseconds, at or after.
    const delayMs = Math.max(tickMs, Math.ceil(waitMs));
    this.#expectedUs = nowUs + delayMs * 1_000;
    this.#cancelTick = this.#options.clock.setTimer(() => this.#tick(), delayMs);
  }

  #takeDue(nowMs: number): void {
    let starts = 0;
    while (this.#heap.nextDueMs !== undefined && this.#heap.nextDueMs <= nowMs) {
      const slotMs = this.#heap.nextDueMs;
      const entry = this.#heap.nextCheck!;
      const lateMs = nowMs - slotMs;
      if (entry.run !== undefined) {
        entry.run.missedMs.push(slotMs);
        this.#heap.advance();
      } else if (lateMs > toleranceMs(entry.intervalMs)) {
        if (this.#heap.nextIsOpening) this.#heap.advance();
        else this.#missOverdue(entry, slotMs, nowMs);
      } else if (entry.check.missing.length > 0) {
        this.#notConfigured(entry, slotMs);
        this.#heap.advance();
      } else if (this.#busy >= this.#options.concurrency) {
        this.#fullAtMs = nowMs;
        return;
      } else {
        this.#begin(entry, slotMs, this.#heap.advance(), lateMs);
        starts += 1;
        if (starts >= mostStartsATick) return;
      }
    }
  }

  #begin(entry: Entry, slotMs: number, nextSlotMs: number, lateMs: number): void {
    if (lateMs > this.#worstDeviationMs) this.#worstDeviationMs = lateMs;
    if (lateMs >= heartbeatMs) this.#counts.late += 1;
    const beganUs = this.#options.clock.monotonicUs();
    entry.run = {
      slotMs,
      nextSlotMs,
      beganUs,
      attempts: 0,
      passes: 0,
      attempt: undefined,
      missedMs: [],
      last: undefined,
    };
    this.#runs += 1;
    this.#attempt(entry, entry.run, entry.check.timeoutMs);
  }

  #attempt(entry: Entry, run: Run, timeoutMs: number): void {
    this.#busy += 1;
    run.attempts += 1;
    const attempt = new Attempt(
      this.#options,
      this.#ring,
      { timeoutMs, secrets: entry.check.secrets },
      (ended, result) => this.#attemptEnded(entry, run, ended, result),
    );
    run.attempt = attempt;
    attempt.run(entry.kind, entry.check.spec);
  }

  #attemptEnded(entry: Entry, run: Run, attempt: Attempt, result: ProbeResult): void {
    this.#busy -= 1;
    run.attempt = undefined;
    const nowUs = this.#options.clock.monotonicUs();
    const lateUs = this.#meter.worstSince(attempt.startUs, nowUs - this.#expectedUs);
    run.last = { result, suspect: isSuspect(lateUs, result.totalUs), host: attempt.lastHost };
    run.passes = result.outcome === 'pass' && !run.last.suspect ? run.passes + 1 : 0;
    const next = this.#nextOf(entry, run, result.outcome, nowUs);
    if (next.again && entry.wanted) this.#retryLater(entry, run, nowUs + next.pauseMs * 1_000, next.timeoutMs);
    else this.#runEnded(entry, run);
  }

  #nextOf(entry: Entry, run: Run, outcome: ProbeResult['outcome'], nowUs: number): NextAttempt {
    const { retries, timeoutMs, upAfter } = entry.check;
    const nowMs = this.#options.timeline.atMs(nowUs);
    const untilNextSlotMs = run.nextSlotMs - nowMs;
    if (run.passes === 0 || !entry.trouble.isDown) {
      return nextAttempt({ outcome, attempts: run.attempts, retries, timeoutMs, untilNextSlotMs });
    }
    const untilEndMs = Math.min(untilNextSlotMs, run.slotMs + longestSlotMs(entry.check) - nowMs);
    return confirmingAttempt({ passes: run.passes, upAfter, timeoutMs, untilEndMs });
  }

  #retryLater(entry: Entry, run: Run, atUs: number, timeoutMs: number): void {
    this.#ring.add({
      atUs,
      cancelled: false,
      expire: () => {
        // Where there is no place, what is known already counts: a crowd of retries must not take the firsts' places.
        if (!entry.wanted || this.#busy >= this.#options.concurrency) this.#runEnded(entry, run);
        else this.#attempt(entry, run, timeoutMs);
      },
    });
  }

  /** A failure waits for the gates, without a place of its own: it is us or them. */
  #runEnded(entry: Entry, run: Run): void {
    const confirmed = entry.trouble.isDown && run.passes > 1 && run.passes >= entry.check.upAfter;
    if (confirmed) run.last = { ...run.last!, result: { ...run.last!.result, reason: 'passed-in-a-row' } };
    const { result, host } = run.last!;
    const failed = entry.wanted && result.outcome === 'fail' && host !== undefined;
    const blamed = failed
      ? this.#options.gates?.blamed({ reason: result.reason, host, sinceUs: run.beganUs })
      : undefined;
    if (blamed === undefined) this.#settle(entry, run, run.last!);
    else void blamed.then((gate) => this.#settle(entry, run, gate === undefined ? run.last! : ours(run.last!, gate)));
  }

  #settle(entry: Entry, run: Run, { result, suspect }: Ended): void {
    this.#runs -= 1;
    if (entry.run === run) entry.run = undefined;
    if (!entry.wanted) return;
    const { outcome, reason } = result;
    this.#counts.results += 1;
    if (suspect) this.#counts.suspect += 1;
    if (outcome !== 'unknown' && !suspect && (outcome === 'fail' || entry.trouble !== noTrouble)) {
      entry.trouble = troubleAfter(entry.trouble, { outcome, confirmed: reason === 'passed-in-a-row' }, entry.check);
    }
    const failureBefore = entry.failure;
    this.#record(entry, run.slotMs, { outcome, reason, suspect, missed: false, attempts: run.attempts }, result);
    for (const slotMs of run.missedMs) this.#miss(entry, slotMs, 'missed-still-running', {});
    // A verdict may hang on it: not even a tenth of a second is waited for.
    if (outcome !== 'pass' || failureBefore !== undefined) this.#flushSoon = true;
  }

  #record(entry: Entry, slotMs: number, meaning: PointMeaning, row: ResultRow): void {
    if (this.#batch.rows === 0) this.#batchSinceUs = this.#options.clock.monotonicUs();
    this.#batch.add(entry.id, slotMs, meaning, row, entry);
  }

  #notConfigured(entry: Entry, slotMs: number): void {
    const row = emptyRow({ missing: entry.check.missing.join(', ') });
    const meaning = {
      outcome: 'unknown',
      reason: 'not-configured',
      suspect: false,
      missed: false,
      attempts: 0,
    } as const;
    this.#record(entry, slotMs, meaning, row);
  }

  #miss(entry: Entry, slotMs: number, reason: ReasonCode, facts: Evidence['facts']): void {
    this.#counts.missed += 1;
    const meaning = { outcome: 'unknown', reason, suspect: false, missed: true, attempts: 0 } as const;
    this.#record(entry, slotMs, meaning, emptyRow(facts));
  }

  /** Slots too late to be run: recorded one by one as far as that is sensible, and the rest in an event. */
  #missOverdue(entry: Entry, slotMs: number, nowMs: number): void {
    const overloaded = this.#fullAtMs >= slotMs;
    const reason = overloaded ? 'missed-overload' : 'missed-prober-late';
    const facts: Evidence['facts'] = overloaded
      ? { limit: this.#options.concurrency }
      : { lateMs: Number((nowMs - slotMs).toPrecision(1)) };
    this.#missUntil(entry, slotMs, nowMs - toleranceMs(entry.intervalMs), reason, facts);
  }

  /** After a restart: whatever was due and never reported. */
  #missBefore(nowMs: number): void {
    while (this.#heap.nextDueMs !== undefined && this.#heap.nextDueMs < nowMs) {
      this.#missUntil(this.#heap.nextCheck!, this.#heap.nextDueMs, nowMs, 'missed-prober-restarted', {});
    }
  }

  #missUntil(entry: Entry, firstMs: number, untilMs: number, reason: ReasonCode, facts: Evidence['facts']): void {
    const nextMs = slotAtOrAfter(entry, Math.max(untilMs, firstMs + 1));
    const count = Math.round((nextMs - firstMs) / entry.intervalMs);
    const rows = Math.min(count, mostMissedRows);
    for (let row = 0; row < rows; row += 1) this.#miss(entry, firstMs + row * entry.intervalMs, reason, facts);
    if (count > rows) {
      const { onEvent } = this.#options;
      const fromMs = firstMs + rows * entry.intervalMs;
      onEvent({ kind: 'slots-missed', key: entry.key, reason, fromMs, toMs: nextMs, count: count - rows });
    }
    this.#heap.advance(nextMs);
  }

  #flush(): void {
    this.#flushSoon = false;
    if (this.#batch.rows > 0) this.#options.onBatch(this.#batch.take());
  }
}

/** What a failure comes to where Pitwall's own way was cut: nobody is blamed, and what was seen stays in the evidence. */
function ours({ result, ...ended }: Ended, gate: string): Ended {
  const facts = { gate, instead: result.reason };
  return { ...ended, result: { ...result, outcome: 'unknown', reason: 'gate-shut', evidence: { facts } } };
}
