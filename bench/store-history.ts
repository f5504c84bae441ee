/**
 * Fills a data folder with the history of N checks over D days as the recorder would have written it: points, changes of
 * status with their ledger entries, evidence, closed days. Some 400,000 results a second; time is simulated.
 *
 *   sh tools/with-node.sh bench/store-history.ts --data DIR --services 500 --days 30 --intervals 30
 */
import { parseArgs } from 'node:util';
import { openAvailabilityBook, type WatchedSubject } from '../server/src/capabilities/history/api.ts';
import { appendToLedger } from '../server/src/capabilities/ledger/api.ts';
import { toJudgedResult } from '../server/src/capabilities/recording/domain.ts';
import { emptyPending, ledgerNotes, type Pending, writePending } from '../server/src/capabilities/recording/pending.ts';
import {
  type CheckState,
  initialCheckState,
  judge,
  type StatusSettings,
} from '../server/src/capabilities/status/api.ts';
import { canonicalJson, sha256Hex } from '../server/src/core/digest.ts';
import { encodePointCode } from '../server/src/core/point-code.ts';
import { openSqliteStore, type SqliteStore } from '../server/src/storage/sqlite/sqlite-store.ts';
import { SteppedClock } from './stepped-clock.ts';
import { type OddResult, type TrafficCheck, TrafficSource } from './store-traffic.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const upAfter = 2;

type Facts = Readonly<Record<string, string | number | boolean>>;

export interface HistoryOrder {
  readonly dataDir: string;
  readonly checks: readonly TrafficCheck[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed?: number;
  /** Share of results that fail. */
  readonly failRatio?: number;
  /** How much is written at once. */
  readonly stepMs?: number;
  readonly onDay?: (day: number) => unknown;
}

export interface HistoryOutcome {
  readonly results: number;
  readonly failures: number;
  readonly outages: number;
  readonly changes: number;
  readonly liveBytes: number;
  /** Wall time of each slice of maintenance, µs. */
  readonly slicesUs: number[];
}

/** One service a check: `service-0017/main`, intervals in turn. */
export function trafficChecks(services: number, intervalsMs: readonly number[]): TrafficCheck[] {
  return Array.from({ length: services }, (_, index) => {
    const serviceId = `service-${String(index).padStart(4, '0')}`;
    return { key: `${serviceId}/main`, serviceId, intervalMs: intervalsMs[index % intervalsMs.length]! };
  });
}

const passCode = encodePointCode({
  outcome: 'pass',
  suspect: false,
  missed: false,
  attempts: 1,
  reason: 'expectations-met',
});

/** Status machine of one check, fed only where it could change something: a long row of passes is told by its ends. */
class JudgedCheck {
  readonly #check: TrafficCheck;
  readonly #settings: StatusSettings;
  #state: CheckState = initialCheckState;
  #digest = '';

  constructor(check: TrafficCheck) {
    this.#check = check;
    this.#settings = { intervalMs: check.intervalMs, timeoutMs: 5_000, graceMs: 18_000, downAfter: 2, upAfter };
  }

  pass(slotMs: number, pending: Pending): void {
    this.#take(slotMs, passCode, {}, pending);
  }

  /** As the recorder keeps it: evidence of the first failure of a row and, once the row has ended, of the last. */
  fail({ slotMs, kind, isFirst, isLast }: OddResult, pending: Pending): void {
    const { key, intervalMs } = this.#check;
    if (isFirst) this.pass(slotMs - intervalMs, pending);
    const evidence = kind.evidence(key, slotMs);
    if (isFirst) {
      this.#digest = sha256Hex(canonicalJson(evidence));
      pending.evidence.push({ digest: this.#digest, evidence });
    }
    if (isFirst || isLast) pending.resultEvidence.push({ key, slotMs, digest: this.#digest });
    this.#take(slotMs, kind.code, evidence.facts, pending);
    if (isLast) for (let pass = 1; pass <= upAfter; pass += 1) this.pass(slotMs + pass * intervalMs, pending);
  }

  #take(slotMs: number, code: number, facts: Facts, pending: Pending): void {
    const judged = judge(this.#state, toJudgedResult(slotMs, code, facts), this.#settings, slotMs + decidedAfterMs);
    const lastKnown = this.#state.lastKnown;
    this.#state = judged.next;
    for (const change of judged.changes) {
      pending.checkChanges.push({ key: this.#check.key, change });
      pending.serviceChanges.push({ ...change, serviceId: this.#check.serviceId, lastKnown });
    }
  }
}

/** Retries included. */
const decidedAfterMs = 6_000;

class HistoryWriter {
  readonly #store: SqliteStore;
  readonly #clock: SteppedClock;
  readonly #sources: TrafficSource[];
  readonly #judged: JudgedCheck[];
  readonly #ids: number[];
  #waiting = emptyPending();
  failures = 0;
  outages = 0;
  changes = 0;
  readonly slicesUs: number[] = [];

  constructor(store: SqliteStore, clock: SteppedClock, ids: number[], order: HistoryOrder) {
    const { checks, fromMs, seed = 1, failRatio = 0.01 } = order;
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#sources = checks.map((check, index) => new TrafficSource(check, index, seed, fromMs, failRatio));
    this.#judged = checks.map((check) => new JudgedCheck(check));
    for (const judged of this.#judged) judged.pass(fromMs, this.#waiting);
  }

  /** Everything that is due before `untilMs`, in one transaction. */
  async advance(untilMs: number): Promise<void> {
    const pending = this.#waiting;
    this.#waiting = emptyPending();
    for (const [index, source] of this.#sources.entries()) {
      source.slots(this.#ids[index]!, untilMs, pending, (odd) => {
        this.failures += 1;
        if (odd.isFirst) this.outages += 1;
        this.#judged[index]!.fail(odd, pending);
      });
    }
    this.changes += pending.checkChanges.length;
    this.#clock.set(untilMs);
    await this.#store.write(async (tx) => {
      await writePending(tx, pending);
      const notes = ledgerNotes(pending).map((note) => ({ ...note, chain: 'pitwall' as const, actor: 'pitwall' }));
      if (notes.length > 0) await appendToLedger(tx, notes);
    });
  }

  async maintain(): Promise<void> {
    for (let more = true; more; ) {
      const startedUs = this.#clock.monotonicUs();
      ({ more } = await this.#store.maintain(this.#clock.nowMs()));
      if (more) this.slicesUs.push(this.#clock.monotonicUs() - startedUs);
    }
  }
}

/** Leaves a store that was closed properly, its last hours open. */
export async function fillHistory(order: HistoryOrder): Promise<HistoryOutcome> {
  const { checks, fromMs, toMs, stepMs = 600_000 } = order;
  const clock = new SteppedClock(fromMs);
  const store = await openSqliteStore({ dataDir: order.dataDir, clock, ballastBytes: 0 });
  try {
    const definitions = checks.map(({ key }) => ({ kind: 'check' as const, key, unit: 's', scale: 1_000_000 }));
    const ids = await store.write((tx) => tx.series.register(definitions, fromMs));
    const subjects: WatchedSubject[] = checks.map(({ key, serviceId }) => ({
      serviceId,
      checks: [{ key, watchedSinceMs: fromMs }],
    }));
    const book = await openAvailabilityBook(store.read, () => undefined, fromMs);
    const writer = new HistoryWriter(
      store,
      clock,
      checks.map(({ key }) => ids.get(key)!),
      order,
    );
    let results = 0;
    for (let atMs = fromMs; atMs < toMs; ) {
      const untilMs = Math.min(toMs, (Math.floor(atMs / stepMs) + 1) * stepMs);
      await writer.advance(untilMs);
      if (Math.floor(untilMs / hourMs) > Math.floor(atMs / hourMs)) await writer.maintain();
      if (Math.floor(untilMs / dayMs) > Math.floor(atMs / dayMs)) {
        await store.write((tx) => book.closeDays(tx.db, subjects, untilMs, Number.MAX_SAFE_INTEGER));
        order.onDay?.(Math.floor((untilMs - fromMs) / dayMs));
      }
      atMs = untilMs;
    }
    await writer.maintain();
    for (const days of store.series.allDays(fromMs - dayMs, toMs + dayMs).values()) {
      for (const day of days) results += day.count;
    }
    const { failures, outages, changes, slicesUs } = writer;
    return { results, failures, outages, changes, slicesUs, liveBytes: store.sizes().liveBytes };
  } finally {
    await store.close();
  }
}

if (import.meta.main) {
  const { values: args } = parseArgs({
    options: {
      data: { type: 'string' },
      services: { type: 'string', default: '500' },
      days: { type: 'string', default: '30' },
      intervals: { type: 'string', default: '30', short: 'i' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (args.data === undefined) throw new Error('Say where to: --data DIR');
  const toMs = Date.now();
  const outcome = await fillHistory({
    dataDir: args.data,
    checks: trafficChecks(
      Number(args.services),
      args.intervals.split(',').map((seconds) => Number(seconds) * 1_000),
    ),
    fromMs: toMs - Number(args.days) * dayMs,
    toMs,
    seed: Number(args.seed),
    onDay: (day) => day % 5 === 0 && console.error(`${args.data}: day ${day}`),
  });
  console.log(JSON.stringify(outcome));
}
