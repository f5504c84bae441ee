/** What the recorder keeps of each watched service and check, and how it is resumed from the store. */
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { isTelling } from '../../core/point-code.ts';
import { checkColumns, type PointBatch, type Store } from '../../storage/store.ts';
import { latestKnownStatuses, latestTransitions, type StoredTransition } from '../history/api.ts';
import { longestSlotMs, type WatchedCheck, type WatchedService } from '../services/api.ts';
import {
  type CheckState,
  initialCheckState,
  type judge,
  type lapse,
  type StatusChange,
  type StatusSettings,
  type serviceStatus,
} from '../status/api.ts';
import {
  type Facts,
  initialServiceState,
  type LastResult,
  resumedState,
  type ServiceState,
  toJudgedResult,
} from './domain.ts';

/** The pure decisions, passed in so that a simulation can put a broken copy in their place. */
export interface Decisions {
  readonly judge: typeof judge;
  readonly lapse: typeof lapse;
  readonly serviceStatus: typeof serviceStatus;
}

export interface Entry {
  readonly check: WatchedCheck;
  readonly settings: StatusSettings;
  readonly seriesId: number;
  readonly watchedSinceMs: number;
  /** Ahead of what is stored by what is pending. */
  decided: CheckState;
  /** The newest committed change. */
  change: StatusChange | undefined;
  last: LastResult | undefined;
  observed: Facts;
  facts: Facts;
  /** The newest result with evidence, and whether its row points at it already. */
  failure: { readonly slotMs: number; readonly digest: string; readonly pointed: boolean } | undefined;
}

export interface ServiceEntry {
  readonly service: WatchedService;
  readonly checks: readonly Entry[];
  decided: ServiceState;
  committed: ServiceState;
}

export interface Watched {
  readonly services: ReadonlyMap<string, ServiceEntry>;
  readonly entries: ReadonlyMap<string, Entry>;
}

function statusSettings(check: WatchedCheck): StatusSettings {
  return {
    intervalMs: check.intervalMs,
    timeoutMs: check.timeoutMs,
    graceMs: longestSlotMs(check),
    downAfter: check.downAfter,
    upAfter: check.upAfter,
  };
}

/** The newest instant that anything on record is dated to: a start after it repeats no slot. 0 where nothing is. */
export async function newestOnRecordMs(store: Store): Promise<number> {
  const series = await store.read.selectFrom('series').select('id').where('kind', '=', 'check').execute();
  const tails = store.series.tail(
    series.map(({ id }) => id),
    1,
  );
  const { decided } = await store.read
    .selectFrom('transition')
    .select((e) => e.fn.max('decided_at_ms').as('decided'))
    .executeTakeFirstOrThrow();
  let newestMs = decided ?? 0;
  for (const { atMs } of tails.values()) newestMs = Math.max(newestMs, ...atMs);
  return newestMs;
}

/** Registers the checks' series and picks up each state: from what ran before, else from the store. */
export async function resumeWatched(
  store: Store,
  services: readonly WatchedService[],
  nowMs: number,
  decisions: Decisions,
  running: Watched,
): Promise<Watched> {
  const checks = services.flatMap((service) => service.checks);
  const definitions = checks.map(({ key }) => ({ kind: 'check' as const, key, unit: 's', scale: 1_000_000 }));
  const ids = await store.write((tx) => tx.series.register(definitions, nowMs));
  const created = await store.read.selectFrom('series').select(['id', 'created_at_ms']).execute();
  const sinceMs = new Map(created.map((row) => [row.id, row.created_at_ms]));
  const latest = new Map((await latestTransitions(store.read)).map((row) => [row.subject, row]));
  const known = await latestKnownStatuses(store.read);
  const fresh = checks.filter((check) => !running.entries.has(check.key));
  const tails = readTails(
    store,
    fresh.map((check) => [ids.get(check.key)!, Math.max(check.downAfter, check.upAfter)]),
  );
  const facts = await newestFacts(store, fresh);
  const entries = new Map<string, Entry>();
  for (const check of checks) {
    const seriesId = ids.get(check.key)!;
    const before = running.entries.get(check.key);
    const base = { check, settings: statusSettings(check), seriesId, watchedSinceMs: sinceMs.get(seriesId) ?? nowMs };
    const stored = latest.get(check.key);
    entries.set(
      check.key,
      before === undefined
        ? {
            ...base,
            ...resumeCheck(
              base.settings,
              stored,
              known.get(check.key),
              tails.get(seriesId),
              facts.get(check.key),
              nowMs,
              decisions,
            ),
          }
        : { ...before, ...base },
    );
  }
  const owners = services.map((service) => {
    const own = service.checks.map((check) => entries.get(check.key)!);
    // What was decided a moment ago may not be stored yet.
    const before = running.services.get(service.serviceId);
    const stored = resumeService(latest.get(service.serviceId), known.get(service.serviceId));
    const { decided, committed } = before ?? { decided: stored, committed: stored };
    return [service.serviceId, { service, checks: own, decided, committed }] as const;
  });
  return { services: new Map(owners), entries };
}

/** Where the newest results tell nothing it is looked further back, as such results neither advance nor reset a run. */
const tailLengths = [8, 64, 2_000];

/** Of each series enough of the newest points to know its runs: as many that tell something as a verdict may need. */
function readTails(
  store: Store,
  wanted: readonly (readonly [seriesId: number, telling: number])[],
): Map<number, PointBatch> {
  const tails = new Map<number, PointBatch>();
  let missing = wanted;
  for (const length of tailLengths) {
    const rows = Math.max(length, ...missing.map(([, telling]) => telling));
    const found = store.series.tail(
      missing.map(([seriesId]) => seriesId),
      rows,
    );
    for (const [seriesId, tail] of found) tails.set(seriesId, tail);
    missing = missing.filter(([seriesId, telling]) => {
      const { codes } = found.get(seriesId)!;
      return codes.length === rows && codes.filter(isTelling).length < telling;
    });
    if (missing.length === 0) break;
  }
  return tails;
}

function resumeService(stored: StoredTransition | undefined, lastKnown: Status | undefined): ServiceState {
  if (stored === undefined) return initialServiceState;
  const { to, effectiveAtMs, reason, evidence } = stored;
  return { status: to, sinceMs: effectiveAtMs, lastKnown, reason, evidence };
}

function resumeCheck(
  settings: StatusSettings,
  stored: StoredTransition | undefined,
  lastKnown: Status | undefined,
  tail: PointBatch | undefined,
  facts: Facts | undefined,
  nowMs: number,
  decisions: Decisions,
): Omit<Entry, 'check' | 'settings' | 'seriesId' | 'watchedSinceMs'> {
  let replayed = initialCheckState;
  let last: LastResult | undefined;
  let toldSinceMs: number | undefined;
  // A silence is dated to when the last result stopped speaking; one that is held up until after that speaks again.
  const doubtMs = Number(stored?.evidence.lastSlotMs ?? stored?.effectiveAtMs ?? -1);
  for (let row = 0; row < (tail?.atMs.length ?? 0); row += 1) {
    const slotMs = tail!.atMs[row]!;
    const code = tail!.codes[row]!;
    if (isTelling(code) && slotMs > doubtMs) toldSinceMs ??= slotMs;
    replayed = decisions.judge(replayed, toJudgedResult(slotMs, code, {}), settings, nowMs).next;
    const values = tail!.values.slice(row * checkColumns, (row + 1) * checkColumns);
    last = { slotMs, code, values, facts: facts ?? {}, observed: {} };
  }
  const at = stored === undefined ? undefined : { status: stored.to, sinceMs: stored.effectiveAtMs, lastKnown };
  return {
    decided: resumedState(replayed, at, toldSinceMs),
    change: stored,
    last,
    observed: {},
    facts: facts ?? {},
    failure: undefined,
  };
}

/** The facts of each check's newest evidence, for sentences about what still fails. */
async function newestFacts(store: Store, checks: readonly WatchedCheck[]): Promise<Map<string, Facts>> {
  if (checks.length === 0) return new Map();
  const newest = store.read
    .selectFrom('result_evidence')
    .select((e) => ['subject', e.fn.max('slot_ms').as('slot_ms')])
    .groupBy('subject')
    .as('newest');
  const rows = await store.read
    .selectFrom('result_evidence')
    .innerJoin(newest, (join) =>
      join
        .onRef('newest.subject', '=', 'result_evidence.subject')
        .onRef('newest.slot_ms', '=', 'result_evidence.slot_ms'),
    )
    .innerJoin('evidence', 'evidence.digest', 'result_evidence.digest')
    .select(['result_evidence.subject', 'evidence.body'])
    .execute();
  return new Map(rows.map((row) => [row.subject, (JSON.parse(row.body) as { facts: Facts }).facts]));
}
