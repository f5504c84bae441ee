/**
 * The checks that ask nothing: on the main thread, each slot judged from what is known there. They follow the same
 * slots as those of the prober and hand over the same batches, so that all that comes after knows no difference.
 */
import type { Clock } from '../../platform/clock.ts';
import { type DerivedKind, internalError, type Knowledge, type ProbeResult } from '../checks/kind.ts';
import type { WatchedCheck } from '../services/api.ts';
import { BatchBuilder, emptyRow, type SentBefore } from './packed-batch.ts';
import type { ResultBatch } from './results.ts';
import { SlotHeap, slotAtOrAfter } from './slots.ts';

export interface DeriverOptions {
  readonly clock: Clock;
  readonly kindNamed: (name: string) => DerivedKind;
  readonly knowledge: Knowledge;
  /** Since when a check is watched, by its key. */
  readonly watchedSinceMs: (key: string) => number | undefined;
  readonly onBatch: (batch: ResultBatch) => void;
}

export interface Deriver {
  /** What is judged from `fromMs` on, in place of all before. */
  setChecks(checks: readonly WatchedCheck[], fromMs: number): void;
  /** One check now, recorded nowhere. */
  once(check: WatchedCheck): ProbeResult;
  stop(): void;
}

interface Entry extends SentBefore {
  readonly key: string;
  readonly intervalMs: number;
  readonly id: number;
  readonly check: WatchedCheck;
}

/** Slots due within one of these are judged together. */
const tickMs = 20;
/** After a sleep of the machine only so many slots of a check are recorded one by one as missed. */
const mostMissedRows = 100;

export function startDeriver(options: DeriverOptions): Deriver {
  const { clock } = options;
  const heap = new SlotHeap<Entry>();
  const batch = new BatchBuilder();
  let entries: readonly Entry[] = [];
  let cancelTick: (() => void) | undefined;

  function arm(): void {
    cancelTick?.();
    const dueMs = heap.nextDueMs;
    if (dueMs === undefined) return;
    cancelTick = clock.setTimer(tick, Math.max(tickMs, Math.ceil(dueMs - clock.nowMs())));
  }

  function tick(): void {
    const nowMs = clock.nowMs();
    while (heap.nextDueMs !== undefined && heap.nextDueMs <= nowMs) takeDue(heap.nextCheck!, heap.nextDueMs, nowMs);
    if (batch.rows > 0) {
      const { ids, ...columns } = batch.take();
      options.onBatch({ keys: ids.map((id) => entries[id]!.key), ...columns });
    }
    arm();
  }

  /** Only the newest of several slots that are due: of the others nobody knows any more what would have been found. */
  function takeDue(entry: Entry, firstMs: number, nowMs: number): void {
    const nextMs = slotAtOrAfter(entry, nowMs + 1);
    const lastMs = nextMs - entry.intervalMs;
    const missed = Math.min(mostMissedRows, Math.round((lastMs - firstMs) / entry.intervalMs));
    for (let n = missed; n > 0; n -= 1) {
      const lateMs = Number((nowMs - lastMs + n * entry.intervalMs).toPrecision(1));
      const meaning = {
        outcome: 'unknown',
        reason: 'missed-prober-late',
        suspect: false,
        missed: true,
        attempts: 0,
      } as const;
      batch.add(entry.id, lastMs - n * entry.intervalMs, meaning, emptyRow({ lateMs }), entry);
    }
    const result = judge(entry.check, lastMs);
    const { outcome, reason } = result;
    batch.add(entry.id, lastMs, { outcome, reason, suspect: false, missed: false, attempts: 1 }, result, entry);
    heap.advance(nextMs);
  }

  function judge(check: WatchedCheck, atMs: number): ProbeResult {
    if (check.missing.length > 0) {
      const row = emptyRow({ missing: check.missing.join(', ') });
      return { outcome: 'unknown', reason: 'not-configured', ...row };
    }
    try {
      const watchedSinceMs = options.watchedSinceMs(check.key) ?? atMs;
      const { knowledge } = options;
      return options.kindNamed(check.kind).derive(check.spec, { key: check.key, atMs, watchedSinceMs, knowledge });
    } catch (error) {
      return internalError(error, -1);
    }
  }

  return {
    setChecks(checks, fromMs) {
      const before = new Map(entries.map((entry) => [entry.key, entry]));
      entries = checks.map((check, id) => {
        const { failure, observed } = before.get(check.key) ?? { failure: undefined, observed: undefined };
        return { key: check.key, intervalMs: check.intervalMs, id, check, failure, observed };
      });
      heap.setChecks(entries, fromMs);
      arm();
    },
    once: (check) => judge(check, clock.nowMs()),
    stop() {
      cancelTick?.();
    },
  };
}
