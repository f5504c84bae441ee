/**
 * The one commit boundary. Results are judged as they come; a second's results, or those with a change of status at
 * once, are stored together with the change, its ledger entry and its messages in one transaction. What is shown
 * (`live`) and what is sent follows the commit.
 */
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { checkColumns, type Store, type WriteTransaction } from '../../storage/store.ts';
import type { ResultBatch } from '../prober/api.ts';
import type { WatchedCheck, WatchedService } from '../services/api.ts';
import type { JudgedResult, StatusChange } from '../status/api.ts';
import {
  applyServiceChange,
  changeByNewChecks,
  changeOfService,
  type Facts,
  type LastResult,
  type ServiceChange,
  type ServiceState,
  toJudgedResult,
} from './domain.ts';
import {
  dropOldest,
  emptyPending,
  isEmpty,
  type LedgerNote,
  ledgerNotes,
  type OutgoingMessage,
  type Pending,
  prepend,
  spanOf,
  writePending,
} from './pending.ts';
import { type Aside, writeAside } from './told-aside.ts';
import { type Decisions, type Entry, resumeWatched, type ServiceEntry, type Watched } from './watched.ts';

/** A service that another needs, and what it is. */
export interface NeededService {
  readonly serviceId: string;
  readonly title: string;
  readonly status: Status;
}

/** Results kept in memory while the store cannot write; at 1,000 a second this is ten minutes. */
const mostPendingResults = 600_000;

export interface RecorderOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly decisions: Decisions;
  /** The message about a change of a service, or undefined where nobody is told. */
  readonly messageOf: (
    change: ServiceChange,
    service: WatchedService,
    needs: readonly NeededService[],
  ) => OutgoingMessage | undefined;
  /** Puts messages into the outbox; those of `sent` went out already, while nothing could be stored. */
  readonly enqueue: (
    tx: WriteTransaction,
    unsent: readonly OutgoingMessage[],
    sent: readonly OutgoingMessage[],
  ) => Promise<void>;
  readonly appendLedger: (tx: WriteTransaction, notes: readonly LedgerNote[]) => Promise<void>;
  /** Takes what people are about to be told while it cannot be stored. */
  readonly aside: Aside;
  /** The store cannot write, full or failing: tell people now; the record follows when it can. */
  readonly sendUnrecorded: (messages: readonly OutgoingMessage[]) => void;
  readonly onCommitted: (commit: Committed) => void;
  /** A commit failed; it is tried again each second. undefined: it works again. */
  readonly onFault: (fault: unknown) => void;
}

export interface Committed {
  readonly results: number;
  readonly checkChanges: readonly { readonly key: string; readonly change: StatusChange }[];
  readonly serviceChanges: readonly ServiceChange[];
  /** Spans of which something else is known now, though no status changed. */
  readonly covers: readonly { readonly key: string; readonly fromMs: number; readonly toMs: number }[];
}

export interface LiveCheck {
  readonly check: WatchedCheck;
  readonly seriesId: number;
  readonly watchedSinceMs: number;
  readonly status: Status;
  readonly sinceMs: number | undefined;
  /** The change that led here; undefined before the first. */
  readonly change: StatusChange | undefined;
  readonly last: LastResult | undefined;
}

export interface LiveService {
  readonly service: WatchedService;
  readonly state: ServiceState;
  readonly checks: readonly LiveCheck[];
}

export interface Recorder {
  /** Starts watching exactly these; states of those already watched go on, others resume from the store. */
  setServices(services: readonly WatchedService[]): Promise<void>;
  take(batch: ResultBatch): void;
  /** Once a second: judges silence and commits what waits. */
  tick(): Promise<void>;
  /** Commits what waits; resolves when it is stored, rejects where it could not be. */
  flush(): Promise<void>;
  /** Committed state only. */
  live(): readonly LiveService[];
  /** Results let go because the store could not write for too long. */
  lostResults(): number;
}

export function createRecorder(options: RecorderOptions): Recorder {
  const { store, decisions } = options;
  let watched: Watched = { services: new Map(), entries: new Map() };
  let pending = emptyPending();
  /** Messages that went out while nothing could be stored. */
  const sentUnrecorded = new Set<string>();
  let committing: Promise<void> | undefined;
  let urgent = false;
  let faulty = false;
  let lost = 0;

  function noteChange(entry: Entry, change: StatusChange): void {
    pending.checkChanges.push({ key: entry.check.key, change });
    judgeService(entry, change);
  }

  /** What the service of a check is now, given what happened to the check. */
  function judgeService(entry: Entry, change: StatusChange): void {
    const owner = watched.services.get(entry.check.serviceId)!;
    const to = decisions.serviceStatus(tellingStatuses(owner));
    // Of several that are alike, the one that brought it about: what was mended when it is up again.
    const alike = entry.decided.status === to ? entry : owner.checks.find((check) => check.decided.status === to);
    const worst = alike ?? entry;
    const cause = { checkTitle: worst.check.title, status: worst.decided.status, change };
    noteServiceChange(owner, changeOfService(owner.service.serviceId, owner.decided, to, cause));
  }

  /**
   * A service whose checks were added or removed may be something else now, without any result. Whoever was told that
   * it is down is told that it is no longer, whatever the cause.
   */
  function noteNewChecks(owner: ServiceEntry, nowMs: number): void {
    const to = decisions.serviceStatus(tellingStatuses(owner));
    const worst = owner.checks.find((check) => check.decided.status === to && check.change !== undefined);
    const cause = worst && { checkTitle: worst.check.title, change: worst.change! };
    noteServiceChange(owner, changeByNewChecks(owner.service.serviceId, owner.decided, to, cause, nowMs));
  }

  function noteServiceChange(owner: ServiceEntry, change: ServiceChange | undefined): void {
    if (change === undefined) return;
    owner.decided = applyServiceChange(owner.decided, change);
    pending.serviceChanges.push(change);
    const message = options.messageOf(change, owner.service, neededBy(owner));
    if (message !== undefined) pending.messages.push(message);
  }

  /** By what is decided, stored or not: an outage takes what needs it along within the same second. */
  function neededBy({ service }: ServiceEntry): NeededService[] {
    return service.dependsOn.flatMap((serviceId) => {
      const needed = watched.services.get(serviceId);
      return needed === undefined ? [] : [{ serviceId, title: needed.service.title, status: needed.decided.status }];
    });
  }

  function takeRow(entry: Entry, batch: ResultBatch, row: number, nowMs: number): void {
    const slotMs = batch.slotMs[row]!;
    const code = batch.codes[row]!;
    const values = batch.values.slice(row * checkColumns, (row + 1) * checkColumns);
    pending.seriesIds.push(entry.seriesId);
    pending.atMs.push(slotMs);
    pending.codes.push(code);
    for (const value of values) pending.values.push(value);
    const passed = isPass(code);
    const facts = passed ? noFacts : entry.facts;
    if (passed) pointAtLastFailure(entry);
    pending.lastResults.set(entry.check.key, { slotMs, code, values, facts, observed: entry.observed });
    const result = toJudgedResult(slotMs, code, facts);
    const isFirst = entry.decided.lastSlotMs === undefined;
    const judged = decisions.judge(entry.decided, result, entry.settings, nowMs);
    entry.decided = judged.next;
    const { key } = entry.check;
    if (judged.coverEnds !== undefined) pending.covers.push({ key, ends: judged.coverEnds });
    if (judged.cover !== undefined) pending.covers.push({ key, cover: judged.cover });
    for (const change of judged.changes) noteChange(entry, change);
    // From its first result on a check counts, even where that tells nothing and its status is unknown as before.
    if (isFirst && judged.changes.length === 0) judgeService(entry, firstDoubt(result, nowMs));
  }

  /** The last failure of a row keeps its evidence too, known once the row has ended. */
  function pointAtLastFailure(entry: Entry): void {
    const { failure } = entry;
    if (failure === undefined) return;
    if (!failure.pointed) {
      pending.resultEvidence.push({ key: entry.check.key, slotMs: failure.slotMs, digest: failure.digest });
    }
    entry.failure = undefined;
  }

  function takeDetails(batch: ResultBatch): void {
    for (const { row, digest, evidence } of batch.details) {
      const entry = watched.entries.get(batch.keys[row]!);
      if (entry === undefined) continue;
      if (evidence !== undefined) {
        entry.facts = evidence.facts;
        pending.evidence.push({ digest, evidence });
      }
      // The first of a row of failures keeps its evidence, though the same was seen in a row before.
      const pointed = evidence !== undefined || entry.failure === undefined;
      if (pointed) pending.resultEvidence.push({ key: entry.check.key, slotMs: batch.slotMs[row]!, digest });
      entry.failure = { slotMs: batch.slotMs[row]!, digest, pointed };
    }
    for (const { row, facts } of batch.observed) {
      const entry = watched.entries.get(batch.keys[row]!);
      if (entry !== undefined) entry.observed = facts;
    }
  }

  /** Where even that has no room people are told all the same, and a crash before the store is back forgets it. */
  function setAside(work: Pending): void {
    try {
      writeAside(options.aside, work);
    } catch (fault) {
      options.onFault(fault);
    }
  }

  /** What is left there is found to be stored at the next start, and forgotten then. */
  function forgetAside(): void {
    try {
      options.aside.write('');
    } catch (fault) {
      options.onFault(fault);
    }
  }

  async function storeWork(work: Pending): Promise<void> {
    const unsent = work.messages.filter((message) => !sentUnrecorded.has(message.messageId));
    const sent = work.messages.filter((message) => sentUnrecorded.has(message.messageId));
    try {
      await store.write(async (tx) => {
        await writePending(tx, work);
        await options.appendLedger(tx, ledgerNotes(work));
        if (work.messages.length > 0) await options.enqueue(tx, unsent, sent);
      });
    } catch (fault) {
      if (unsent.length > 0) {
        setAside(work);
        for (const { messageId } of unsent) sentUnrecorded.add(messageId);
        options.sendUnrecorded(unsent);
      }
      throw fault;
    }
    for (const { messageId } of work.messages) sentUnrecorded.delete(messageId);
    if (sent.length > 0) forgetAside();
  }

  function show(work: Pending): void {
    for (const [key, last] of work.lastResults) {
      const entry = watched.entries.get(key);
      if (entry !== undefined) entry.last = last;
    }
    for (const { key, change } of work.checkChanges) {
      const entry = watched.entries.get(key);
      if (entry !== undefined) entry.change = change;
    }
    for (const change of work.serviceChanges) {
      const owner = watched.services.get(change.serviceId);
      if (owner !== undefined) owner.committed = applyServiceChange(owner.committed, change);
    }
  }

  async function commit(): Promise<void> {
    urgent = false;
    if (isEmpty(pending)) return;
    const work = pending;
    pending = emptyPending();
    try {
      await storeWork(work);
    } catch (fault) {
      pending = prepend(work, pending);
      lost += dropOldest(pending, mostPendingResults, checkColumns);
      faulty = true;
      options.onFault(fault);
      throw fault;
    }
    if (faulty) {
      faulty = false;
      options.onFault(undefined);
    }
    show(work);
    options.onCommitted({ ...work, results: work.seriesIds.length, covers: work.covers.map(spanOf) });
  }

  async function flush(): Promise<void> {
    while (committing !== undefined) await committing.catch(() => {});
    committing = commit().finally(() => {
      committing = undefined;
      if (urgent && !faulty) flush().catch(() => {});
    });
    return committing;
  }

  return {
    async setServices(services) {
      // What cannot be stored now must not be forgotten by picking states up from the store: the caller tries again.
      await flush();
      watched = await resumeWatched(store, services, options.nowMs(), decisions, watched);
      for (const owner of watched.services.values()) noteNewChecks(owner, options.nowMs());
      await flush();
    },
    take(batch) {
      const nowMs = options.nowMs();
      takeDetails(batch);
      const changesBefore = pending.checkChanges.length;
      for (let row = 0; row < batch.keys.length; row += 1) {
        const entry = watched.entries.get(batch.keys[row]!);
        if (entry !== undefined) takeRow(entry, batch, row, nowMs);
      }
      if (pending.checkChanges.length > changesBefore && !faulty) {
        urgent = true;
        if (committing === undefined) flush().catch(() => {});
      }
    },
    async tick() {
      const nowMs = options.nowMs();
      for (const entry of watched.entries.values()) {
        const judged = decisions.lapse(entry.decided, entry.settings, nowMs);
        entry.decided = judged.next;
        for (const change of judged.changes) noteChange(entry, change);
      }
      await flush().catch(() => {});
    },
    flush,
    live: () => [...watched.services.values()].map(toLive),
    lostResults: () => lost,
  };
}

const noFacts: Facts = {};

function firstDoubt({ slotMs, reason, sentence }: JudgedResult, nowMs: number): StatusChange {
  const when = { effectiveAtMs: slotMs, decidedAtMs: nowMs };
  return { from: 'unknown', to: 'unknown', reason, evidence: { why: sentence }, ...when };
}

function isPass(code: number): boolean {
  return (code & 3) === 0;
}

/** Checks that were never run yet say nothing about their service, unless none was; one that changed was run. */
function tellingStatuses(owner: ServiceEntry): Status[] {
  const run = owner.checks.filter(({ decided }) => decided.lastSlotMs !== undefined || decided.sinceMs !== undefined);
  return (run.length > 0 ? run : owner.checks).map((check) => check.decided.status);
}

function toLive(owner: ServiceEntry): LiveService {
  return {
    service: owner.service,
    state: owner.committed,
    checks: owner.checks.map(({ check, seriesId, watchedSinceMs, change, last }) => ({
      check,
      seriesId,
      watchedSinceMs,
      status: change?.to ?? 'unknown',
      sinceMs: change?.effectiveAtMs,
      change,
      last,
    })),
  };
}
