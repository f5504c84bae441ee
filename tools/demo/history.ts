/** Ninety believable days in a data folder, written through the recorder as a running Pitwall writes them. */
import type { ReasonCode } from '../../contract/src/reasons.ts';
import type { Outcome } from '../../contract/src/vocabulary.ts';
import { builtInServices } from '../../server/src/app/built-in.ts';
import type { Evidence } from '../../server/src/capabilities/checks/kind.ts';
import { openAvailabilityBook } from '../../server/src/capabilities/history/api.ts';
import { appendToLedger } from '../../server/src/capabilities/ledger/api.ts';
import { enqueueMessages, messageFor } from '../../server/src/capabilities/outbox/api.ts';
import { type ResultBatch, slotAtOrAfter } from '../../server/src/capabilities/prober/api.ts';
import { createRecorder, type Recorder } from '../../server/src/capabilities/recording/api.ts';
import type { WatchedCheck, WatchedService } from '../../server/src/capabilities/services/api.ts';
import { judge, lapse, serviceStatus } from '../../server/src/capabilities/status/api.ts';
import { canonicalJson, sha256Hex } from '../../server/src/core/digest.ts';
import { encodePointCode } from '../../server/src/core/point-code.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { openSqliteStore } from '../../server/src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../server/src/storage/store.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const days = 90;
/** A change is decided when its results come in, so they come in minute by minute; stored they are less often. */
const stepMs = minuteMs;
const commitMs = 6 * hourMs;

/** What happened to a check, counted back from now. */
export interface Mishap {
  /** `service/check` */
  readonly key: string;
  readonly beforeMs: number;
  readonly lastedMs: number;
  readonly outcome: Exclude<Outcome, 'pass'>;
  readonly reason: ReasonCode;
  readonly evidence: Evidence;
}

export interface HistoryOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly nowMs: number;
  readonly services: readonly WatchedService[];
  readonly channelIds: readonly string[];
  /** The usual time of each check, ms. */
  readonly usualMs: Readonly<Record<string, number>>;
  readonly mishaps: readonly Mishap[];
}

export async function fillHistory(options: HistoryOptions): Promise<void> {
  const { dataDir, nowMs, services, port } = options;
  let atMs = nowMs - days * dayMs;
  // In the store's time these points are fresh: what is older than raw points are kept would be refused.
  const store = await openSqliteStore({ dataDir, clock: { ...systemClock, nowMs: () => atMs } });
  const recorder = createRecorder({
    store,
    nowMs: () => atMs,
    decisions: { judge, lapse, serviceStatus },
    // What is still going on was told when it began; the rest is long past.
    messageOf: (change, service) =>
      atMs > nowMs - hourMs ? messageFor(change, service, { baseUrl: `http://127.0.0.1:${port}` }) : undefined,
    enqueue: (tx, messages) => enqueueMessages(tx, messages, options.channelIds, atMs),
    aside: { write: () => {}, read: () => '' },
    appendLedger: async (tx, notes) => {
      await appendToLedger(
        tx,
        notes.map((note) => ({ ...note, chain: 'pitwall' as const, actor: 'pitwall' })),
      );
    },
    sendUnrecorded: () => {},
    onCommitted: () => {},
    onFault: (fault) => {
      if (fault !== undefined) throw fault;
    },
  });
  try {
    await recorder.setServices(services);
    const own = builtInServices(port, dataDir);
    let watched: readonly WatchedService[] = services;
    while (atMs < nowMs) {
      // What Pitwall watches of itself every 10 s would be most of the work and none of the picture.
      if (watched === services && atMs >= nowMs - dayMs) {
        watched = [...own, ...services];
        await recorder.setServices(watched);
      }
      const untilMs = Math.min(nowMs, atMs + commitMs);
      while (atMs < untilMs) {
        const toMs = Math.min(untilMs, atMs + stepMs);
        const batch = resultsBetween(watched, options, atMs, toMs);
        atMs = toMs;
        recorder.take(batch);
      }
      await recorder.flush();
      while ((await store.maintain(atMs)).more);
    }
    await closeDays(store, recorder, nowMs);
  } finally {
    await store.close();
  }
}

/** The server does this each midnight. */
async function closeDays(store: Store, recorder: Recorder, nowMs: number): Promise<void> {
  const subjects = recorder.live().map(({ service, checks }) => ({
    serviceId: service.serviceId,
    checks: checks.map(({ check, watchedSinceMs }) => ({ key: check.key, watchedSinceMs })),
  }));
  const book = await openAvailabilityBook(store.read, () => undefined, nowMs);
  while (await store.write((tx) => book.closeDays(tx.db, subjects, nowMs, 50)));
}

function resultsBetween(
  services: readonly WatchedService[],
  { mishaps, usualMs, nowMs }: HistoryOptions,
  fromMs: number,
  toMs: number,
): ResultBatch {
  const rows = services
    .flatMap((service) => service.checks)
    .flatMap((check) => slotsOf(check, fromMs, toMs).map((slotMs) => ({ check, slotMs })))
    .sort((a, b) => a.slotMs - b.slotMs);
  const details: ResultBatch['details'][number][] = [];
  const codes: number[] = [];
  const values: number[] = [];
  for (const [row, { check, slotMs }] of rows.entries()) {
    const mishap = mishaps.find(
      ({ key, beforeMs, lastedMs }) =>
        key === check.key && slotMs >= nowMs - beforeMs && slotMs < nowMs - beforeMs + lastedMs,
    );
    const { outcome = 'pass', reason = usualReason(check) } = mishap ?? {};
    codes.push(encodePointCode({ outcome, reason, suspect: false, missed: false, attempts: 1 }));
    values.push(...timesOf(check, slotMs, usualMs[check.key] ?? 5, outcome));
    if (mishap !== undefined) {
      const { evidence } = mishap;
      details.push({ row, digest: sha256Hex(canonicalJson(evidence)), evidence });
    }
  }
  return {
    keys: rows.map(({ check }) => check.key),
    slotMs: rows.map(({ slotMs }) => slotMs),
    codes,
    values,
    details,
    observed: [],
  };
}

function slotsOf(check: WatchedCheck, fromMs: number, toMs: number): number[] {
  const slots: number[] = [];
  for (let slotMs = slotAtOrAfter(check, fromMs); slotMs < toMs; slotMs += check.intervalMs) slots.push(slotMs);
  return slots;
}

function usualReason({ kind }: WatchedCheck): ReasonCode {
  if (kind === 'host') return 'within-limits';
  return kind === 'tcp' ? 'connected' : 'expectations-met';
}

/** Busier in the evening, with some noise; slower by its half when degraded. µs: total, DNS, connect, TLS, wait, read. */
function timesOf(check: WatchedCheck, slotMs: number, usualMs: number, outcome: Outcome): number[] {
  if (outcome === 'fail') return [2_000, -1, 800, -1, -1, -1];
  if (outcome === 'unknown') return [-1, -1, -1, -1, -1, -1];
  const hour = (slotMs % dayMs) / hourMs;
  const busy = 1 + 0.35 * Math.exp(-(((hour - 20) / 3) ** 2));
  const slow = outcome === 'degraded' ? 4.2 : 1;
  const totalUs = Math.round(usualMs * 1_000 * busy * slow * (0.85 + 0.3 * noise(check.key, slotMs)));
  if (check.kind === 'tcp') return [totalUs, -1, totalUs, -1, -1, -1];
  const connectUs = Math.min(1_200, Math.round(totalUs * 0.05));
  const readUs = Math.round(totalUs * 0.12);
  return [totalUs, -1, connectUs, -1, totalUs - connectUs - readUs, readUs];
}

/** Between 0 and 1, the same for the same check and slot: a picture taken again looks the same. */
function noise(key: string, slotMs: number): number {
  let state = (slotMs / 1_000) | 0;
  for (const letter of key) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1);
  state ^= state >>> 15;
  return ((Math.imul(state, 0x85ebca6b) >>> 8) & 0xffff) / 0xffff;
}
