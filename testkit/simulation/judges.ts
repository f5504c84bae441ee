/**
 * The invariants of DESIGN §10, looked at from outside: at each commit, each hand-over and each arrival. They read the
 * file through a connection of their own and believe nothing that the process says of itself.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Status } from '../../contract/src/vocabulary.ts';
import { type ResultBatch, slotAtOrAfter } from '../../server/src/capabilities/prober/api.ts';
import type { LiveService } from '../../server/src/capabilities/recording/api.ts';
import type { WatchedService } from '../../server/src/capabilities/services/api.ts';
import type { Arrival } from './peers.ts';
import { CheckRecount, letterOf } from './recount.ts';

export interface Violation {
  readonly rule: string;
  readonly what: string;
  readonly atMs: number;
}

export interface TransitionRow {
  readonly id: number;
  readonly subject: string;
  readonly subject_kind: 'check' | 'service';
  readonly from_status: Status;
  readonly to_status: Status;
  readonly reason: string;
  readonly effective_at_ms: number;
  readonly decided_at_ms: number;
}

const worstFirst: readonly Status[] = ['down', 'degraded', 'unknown', 'maintenance', 'up'];

export function worstOf(statuses: readonly Status[]): Status {
  return worstFirst.find((status) => statuses.includes(status)) ?? 'unknown';
}

export class Judges {
  readonly violations: Violation[] = [];
  readonly transitions: TransitionRow[] = [];
  readonly arrivals: Arrival[] = [];
  readonly recounts = new Map<string, CheckRecount>();
  /** Messages that were told while the disk was full. */
  readonly unrecorded = new Set<string>();
  /** Services that had other checks before: their closed days are counted from those. */
  readonly regrouped = new Set<string>();
  services: readonly WatchedService[] = [];
  fullForMs = 0;
  diskFullAtMs = Number.NEGATIVE_INFINITY;
  readonly #nowMs: () => number;
  readonly #checksOf = new Map<string, string>();
  readonly #latest = new Map<string, TransitionRow>();
  readonly #lastSlotMs = new Map<string, number>();
  readonly #rescheduled = new Set<string>();
  readonly #spans = new Map<string, { readonly fromMs: number; readonly toMs: number }[]>();
  /** The newest message that each channel has heard of each service. */
  readonly #toldOf = new Map<string, Arrival['data'] & { readonly messageId: string }>();
  readonly #arrivedOf = new Map<string, Arrival[]>();

  #newTransitions: StatementSync | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  fault(rule: string, what: string): void {
    this.violations.push({ rule, what, atMs: Math.round(this.#nowMs()) });
  }

  /** The prober reports its slots: each once, none left out. */
  slots(batch: ResultBatch): void {
    for (const [row, key] of batch.keys.entries()) {
      const slotMs = batch.slotMs[row]!;
      const { intervalMs } = this.recounts.get(key)!.settings;
      const newestMs = this.recounts.get(key)!.heard.at(-1)?.slotMs ?? -1;
      if (slotMs <= newestMs) this.fault('blind', `${key}: ${slotMs} is new, and before ${newestMs}`);
      // What was under way when the schedule changed is no slot of the new one.
      const { settings } = this.recounts.get(key)!;
      if (this.#rescheduled.has(key) && slotAtOrAfter({ key, ...settings }, slotMs) !== slotMs) continue;
      const lastMs = this.#lastSlotMs.get(key);
      this.#lastSlotMs.set(key, Math.max(slotMs, lastMs ?? slotMs));
      if (lastMs === undefined) continue;
      // The very first result of a check comes ahead of its grid.
      const settingsNow = { key, ...settings };
      if (slotAtOrAfter(settingsNow, lastMs) !== lastMs && slotAtOrAfter(settingsNow, lastMs + 1) === slotMs) continue;
      const spans = this.#spans.get(key) ?? [];
      let expectedMs = lastMs + intervalMs;
      for (const { fromMs, toMs } of spans) if (fromMs === expectedMs) expectedMs = toMs;
      this.#spans.delete(key);
      if (slotMs === expectedMs) continue;
      this.fault(slotMs <= lastMs ? 'slot twice' : 'slot lost', `${key}: ${slotMs} came after ${lastMs}`);
    }
  }

  /** More missed slots than are worth a row each. */
  slotSpan(key: string, fromMs: number, toMs: number): void {
    this.#spans.set(key, [...(this.#spans.get(key) ?? []), { fromMs, toMs }]);
  }

  /** What is watched changed: slots begin anew where the interval did. `isNew`: nothing is remembered in the process. */
  watching(services: readonly WatchedService[], isNew: boolean): void {
    const before = new Set(this.services.flatMap((service) => service.checks).map(({ key }) => key));
    for (const { serviceId, checks } of services) {
      const keys = checks.map(({ key }) => key).join(' ');
      if ((this.#checksOf.get(serviceId) ?? keys) !== keys) this.regrouped.add(serviceId);
      this.#checksOf.set(serviceId, keys);
    }
    this.services = services;
    if (isNew) this.#lastSlotMs.clear();
    const present = new Map(services.flatMap((service) => service.checks).map((check) => [check.key, check]));
    for (const key of [...this.#lastSlotMs.keys()]) {
      if (!present.has(key)) this.#lastSlotMs.delete(key);
    }
    for (const [key, check] of present) {
      const recount = this.recounts.get(key) ?? new CheckRecount(check);
      this.recounts.set(key, recount);
      if (recount.settings.intervalMs !== check.intervalMs) {
        this.#lastSlotMs.delete(key);
        this.#rescheduled.add(key);
      }
      recount.settings = check;
      if (!isNew && !before.has(key)) recount.resume();
    }
  }

  /** Results reach the main thread. */
  heard(batch: ResultBatch, isWatched: (key: string) => boolean): void {
    for (const [row, key] of batch.keys.entries()) {
      if (isWatched(key)) this.recounts.get(key)!.hear(batch.slotMs[row]!, letterOf(batch.codes[row]!));
    }
  }

  looked(nowMs: number): void {
    for (const check of this.services.flatMap((service) => service.checks)) this.recounts.get(check.key)!.look(nowMs);
  }

  /** Something was committed. */
  durable(observer: DatabaseSync): void {
    const after = this.transitions.at(-1)?.id ?? 0;
    this.#newTransitions ??= observer.prepare('SELECT * FROM transition WHERE id > ? ORDER BY id');
    const rows = this.#newTransitions.all(after);
    for (const row of rows as unknown as TransitionRow[]) {
      const { subject, from_status, to_status, effective_at_ms, decided_at_ms } = row;
      const before = this.#latest.get(subject);
      const name = `${subject} ${from_status} → ${to_status}`;
      if (from_status !== (before?.to_status ?? 'unknown')) this.fault('chain', `${name} after ${before?.to_status}`);
      if (from_status === to_status) this.fault('chain', `${name} is no change`);
      if (effective_at_ms > decided_at_ms)
        this.fault('effective before decided', `${name}: ${effective_at_ms} > ${decided_at_ms}`);
      if (before !== undefined && effective_at_ms < before.effective_at_ms) this.fault('monotone', `${name} rewrites`);
      if (before !== undefined && decided_at_ms < before.decided_at_ms)
        this.fault('monotone', `${name} decided earlier`);
      this.#latest.set(subject, row);
      this.transitions.push(row);
    }
  }

  /** What the page shows is committed, and a service is what its worst check is. */
  shown(live: readonly LiveService[]): void {
    for (const { service, state, checks } of live) {
      const stored = this.#latest.get(service.serviceId)?.to_status ?? 'unknown';
      if (state.status !== stored)
        this.fault('shown before stored', `${service.serviceId} ${state.status}, stored ${stored}`);
      for (const { check, status } of checks) {
        const storedOfCheck = this.#latest.get(check.key)?.to_status ?? 'unknown';
        if (status !== storedOfCheck)
          this.fault('shown before stored', `${check.key} ${status}, stored ${storedOfCheck}`);
      }
      const run = checks.filter(({ last, sinceMs }) => last !== undefined || sinceMs !== undefined);
      const worst = worstOf((run.length > 0 ? run : checks).map(({ status }) => status));
      if (run.length > 0 && stored !== worst)
        this.fault('worst check', `${service.serviceId} is ${stored}, its worst check ${worst}`);
    }
  }

  /** A message is about to leave. */
  handedOver(observer: DatabaseSync, channelId: string, messageId: string, data: Arrival['data']): void {
    const name = `${channelId}: ${data.serviceId} ${data.to} (${messageId})`;
    const row = observer
      .prepare('SELECT * FROM outbox WHERE message_id = ? AND channel_id = ?')
      .get(messageId, channelId) as unknown as {
      id: number;
      state: string;
      in_flight_since_ms: number | null;
      possible_repeat: number;
    };
    if (data.unrecorded) {
      this.unrecorded.add(messageId);
      if (this.#nowMs() - this.diskFullAtMs > 20_000)
        this.fault('told before committed', `${name} unrecorded without need`);
    } else if (row === undefined) this.fault('told before committed', `${name} is in no row`);
    else {
      if (row.state !== 'pending' || row.in_flight_since_ms === null)
        this.fault('told before committed', `${name} is not in flight`);
      if (row.possible_repeat === 1 && !data.possibleRepeat) this.fault('unmarked repeat', name);
      if (!this.#isCommitted(data)) this.fault('told before committed', `${name} tells of no stored change`);
    }
    // One that the full disk keeps from being marked is overtaken, and never sent any more (see outbox/domain.ts).
    if (data.unrecorded) return;
    const waiting = observer
      .prepare(
        `SELECT count(*) AS n FROM outbox WHERE channel_id = ? AND state = 'pending' AND id < ?
         AND message_id <> ? AND json_extract(payload, '$.data.serviceId') = ?`,
      )
      .get(channelId, row?.id ?? Number.MAX_SAFE_INTEGER, messageId, data.serviceId);
    if (Number(waiting?.n) > 0) this.fault('order', `${name} before an earlier one of its service`);
  }

  arrived(arrival: Arrival): void {
    const { channelId, messageId, data } = arrival;
    const name = `${channelId}: ${data.serviceId} ${data.to} (${messageId})`;
    this.arrivals.push(arrival);
    const same = this.#arrivedOf.get(`${channelId} ${messageId}`) ?? [];
    const refused = same.every(({ answered }) => answered !== undefined && answered >= 300);
    if (!refused && !data.possibleRepeat) this.fault('unmarked repeat', name);
    const last = same.at(-1);
    if (last !== undefined && arrival.atMs - last.atMs < 900 && !data.possibleRepeat)
      this.fault('back-off', `${name} again after ${arrival.atMs - last.atMs} ms`);
    this.#arrivedOf.set(`${channelId} ${messageId}`, [...same, arrival]);
    const subject = `${channelId} ${data.serviceId}`;
    const newest = this.#toldOf.get(subject);
    if (newest !== undefined && data.decidedAtMs < newest.decidedAtMs) this.fault('order', `${name} after a later one`);
    else this.#toldOf.set(subject, { ...data, messageId });
  }

  /** The process began again on what is stored. */
  restarted(
    observer: DatabaseSync,
    services: readonly WatchedService[],
    storedSlotsMs: (key: string) => ReadonlySet<number>,
  ): void {
    for (const check of services.flatMap((service) => service.checks)) {
      const recount = this.recounts.get(check.key);
      if (recount !== undefined) recount.settings = check;
    }
    const row = observer.prepare('SELECT 1 FROM outbox WHERE message_id = ?');
    for (const [subject, { messageId, unrecorded }] of [...this.#toldOf]) {
      // It went out while the disk was full and died with the process: that is what its mark says.
      if (unrecorded && row.get(messageId) === undefined) this.#toldOf.delete(subject);
    }
    for (const [key, recount] of this.recounts) {
      const stored = this.transitions.filter(({ subject }) => subject === key).length;
      recount.forget(storedSlotsMs(key), stored);
    }
  }

  #isCommitted(data: Arrival['data']): boolean {
    return this.transitions.some(
      (row) =>
        row.subject === data.serviceId &&
        row.to_status === data.to &&
        row.decided_at_ms === data.decidedAtMs &&
        row.effective_at_ms === data.effectiveAtMs,
    );
  }
}
