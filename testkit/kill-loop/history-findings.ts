/** The stored history against the shop's own log (DESIGN §14, “After a kill”), and against itself. */
import assert from 'node:assert/strict';
import { decodePointCode } from '../../server/src/core/point-code.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { openSqliteStore } from '../../server/src/storage/sqlite/sqlite-store.ts';
import type { SeriesReader, Store, Summary } from '../../server/src/storage/store.ts';
import type { StoredChange } from './delivery-findings.ts';
import type { OldHours } from './old-hours.ts';
import type { Finding, LoopRecord } from './record.ts';
import { type Asked, type Point, type SlotTotals, slotFindings } from './slot-findings.ts';

const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
const hourMs = 3_600_000;
const intervalMs = 1_000;
/** A new process asks nothing so soon; what is logged within belongs to the one before. */
const earliestRequestMs = 250;
export interface HistoryFindings {
  readonly findings: Finding[];
  readonly changes: StoredChange[];
  readonly counts: Record<string, number>;
}

export interface ServiceUptime {
  readonly serviceId: string;
  readonly uptime: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly upMs: number;
    readonly degradedMs: number;
    readonly downMs: number;
    readonly unknownMs: number;
    readonly maintenanceMs: number;
  };
}

export async function historyFindings(
  record: LoopRecord,
  oldHours: OldHours,
  uptimes: readonly ServiceUptime[],
): Promise<HistoryFindings> {
  const store = await openSqliteStore({ dataDir: record.pitwall.dataDir, clock: systemClock });
  try {
    const findings: Finding[] = [];
    const rows = await store.read.selectFrom('transition').selectAll().orderBy('id').execute();
    const changes = rows.map((row) => ({
      subject: row.subject,
      from: row.from_status,
      to: row.to_status,
      effectiveAtMs: row.effective_at_ms,
      decidedAtMs: row.decided_at_ms,
    }));
    findings.push(...chainFindings(changes));
    const checks = await store.read
      .selectFrom('series')
      .select(['id', 'key', 'created_at_ms'])
      .where('kind', '=', 'check')
      .execute();
    const asked = askedOf(record);
    const totals: SlotTotals = { results: 0, missed: 0, lost: 0, oldestLostMs: 0 };
    for (const { id, key } of checks) {
      findings.push(...sealedFindings(store.series, id, key));
      const own = asked.get(key);
      if (own !== undefined) findings.push(...slotFindings(key, intervalMs, pointsOf(store.series, id), own, totals));
    }
    for (const uptime of uptimes) {
      const own = checks.filter(({ key }) => key.startsWith(`${uptime.serviceId}/`));
      findings.push(...uptimeFindings(uptime, Math.min(...own.map((check) => check.created_at_ms))));
    }
    findings.push(...(await oldHourFindings(store, oldHours)));
    return { findings, changes, counts: { changes: changes.length, requests: record.shop.requests.length, ...totals } };
  } finally {
    await store.close();
  }
}

/** The requests of each check in their order, by Pitwall's clock. */
function askedOf({ shop, runs }: LoopRecord): Map<string, Asked[]> {
  let at = 0;
  const asked = shop.requests.map((request) => {
    while (runs[at + 1] !== undefined && runs[at + 1]!.startedMs + earliestRequestMs <= request.startMs) at += 1;
    const run = runs[at]!;
    return { request, run, atMs: request.startMs + run.offsetMs };
  });
  return Map.groupBy(asked, ({ request }) => request.key);
}

function chainFindings(changes: readonly (StoredChange & { readonly from: string })[]): Finding[] {
  const last = new Map<string, StoredChange>();
  return changes.flatMap((change) => {
    const before = last.get(change.subject);
    last.set(change.subject, change);
    const follows =
      change.from === (before?.to ?? 'unknown') &&
      change.from !== change.to &&
      change.effectiveAtMs >= (before?.effectiveAtMs ?? 0) &&
      change.decidedAtMs >= (before?.decidedAtMs ?? 0) &&
      change.effectiveAtMs <= change.decidedAtMs;
    if (follows) return [];
    return [
      { kind: 'changes do not chain' as const, evidence: `${JSON.stringify(before)} → ${JSON.stringify(change)}` },
    ];
  });
}

/** Every millisecond since the watching began is up, down or one of the others. */
function uptimeFindings({ serviceId, uptime }: ServiceUptime, sinceMs: number): Finding[] {
  const { toMs, upMs, degradedMs, downMs, unknownMs, maintenanceMs } = uptime;
  if (upMs + degradedMs + downMs + unknownMs + maintenanceMs === toMs - sinceMs) return [];
  const evidence = `${serviceId} since ${sinceMs}: ${JSON.stringify(uptime)}`;
  return [{ kind: 'uptime does not add up', evidence }];
}

function pointsOf(series: SeriesReader, seriesId: number): Point[] {
  const { atMs, codes, values, columns } = series.scan({ seriesId, ...always });
  return atMs.map((at, row) => ({
    atMs: at,
    meaning: decodePointCode(codes[row]!),
    totalUs: values[row * columns]!,
  }));
}

/** An hour's summary, sealed or open, must be what its points say. */
function sealedFindings(series: SeriesReader, seriesId: number, key: string): Finding[] {
  const points = pointsOf(series, seriesId);
  const byHour = Map.groupBy(points, ({ atMs }) => Math.floor(atMs / hourMs) * hourMs);
  try {
    const expected = [...byHour].map(([startMs, own]) => summaryOf(own, startMs));
    assert.deepEqual(series.hours({ seriesId, ...always }), expected);
    assert.equal(new Set(points.map(({ atMs }) => atMs)).size, points.length, 'a slot is stored twice');
    return [];
  } catch (fault) {
    return [{ kind: 'sealed hour differs', evidence: `${key}: ${(fault as Error).message}` }];
  }
}

function summaryOf(points: readonly Point[], startMs: number): Summary {
  const telling = points.filter(({ meaning }) => !meaning.missed && !meaning.suspect);
  const countOf = (outcome: string): number => telling.filter(({ meaning }) => meaning.outcome === outcome).length;
  const [passCount, degradedCount, failCount] = [countOf('pass'), countOf('degraded'), countOf('fail')];
  const sampled = telling
    .filter(({ meaning, totalUs }) => ['pass', 'degraded'].includes(meaning.outcome) && totalUs !== -1)
    .map(({ totalUs }) => totalUs);
  return {
    startMs,
    count: points.length,
    passCount,
    degradedCount,
    failCount,
    unknownCount: points.length - passCount - degradedCount - failCount,
    sampledCount: sampled.length,
    sum: sampled.reduce((sum, totalUs) => sum + totalUs, 0),
    min: sampled.length === 0 ? 0 : Math.min(...sampled),
    max: sampled.length === 0 ? 0 : Math.max(...sampled),
  };
}

async function oldHourFindings(store: Store, oldHours: OldHours): Promise<Finding[]> {
  try {
    await oldHours.check(store);
    return [];
  } catch (fault) {
    return [{ kind: 'sealed hour differs', evidence: (fault as Error).message }];
  }
}
