/** The tile of answer times: p95 of the last 24 hours by half hour, for the few checks that matter most. */
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import type { Store } from '../../storage/store.ts';
import { bucketPoints, type DayFacts, fewestForP95, figuresOf } from '../history/api.ts';
import type { LiveCheck, LiveService } from '../recording/api.ts';
import { latencyLimitMs } from './service-views.ts';

type Row = BoardView['fastEnough']['rows'][number];

const halfHourMs = 1_800_000;
const places = 48;
const mostRows = 6;
/** A check's figures are read again after this long: its history grows by a point every interval only. */
const keptMs = 20_000;
const keptChecks = 2_000;

export interface DayReader {
  facts(check: LiveCheck, nowMs: number): DayFacts;
  spark(check: LiveCheck, nowMs: number): (number | null)[];
}

interface Kept {
  readonly atMs: number;
  readonly facts: DayFacts;
  readonly spark: (number | null)[];
}

export function createDayReader(store: Store): DayReader {
  const kept = new Map<number, Kept>();
  const read = (check: LiveCheck, nowMs: number): Kept => {
    const before = kept.get(check.seriesId);
    if (before !== undefined && nowMs - before.atMs < keptMs && nowMs >= before.atMs) return before;
    const fromMs = (Math.floor(nowMs / halfHourMs) - places + 1) * halfHourMs;
    const points = store.series.scan({ seriesId: check.seriesId, fromMs, toMs: nowMs + 1 });
    const spark = bucketPoints(points, fromMs, halfHourMs, places).p95Us;
    const fresh = { atMs: nowMs, facts: figuresOf(points), spark };
    if (kept.size >= keptChecks) kept.clear();
    kept.set(check.seriesId, fresh);
    return fresh;
  };
  return { facts: (check, nowMs) => read(check, nowMs).facts, spark: (check, nowMs) => read(check, nowMs).spark };
}

const rank = { down: 0, degraded: 1, unknown: 2, maintenance: 3, up: 4 } as const;

/** Kinds whose time says how a service answers; a disk reading’s does not. */
const timedKinds = new Set(['http', 'tcp', 'self', 'postgres', 'mysql', 'redis']);

export function fastRows(services: readonly LiveService[], reader: DayReader, nowMs: number): Row[] {
  const candidates = services.flatMap((live) =>
    live.checks.filter((check) => timedKinds.has(check.check.kind)).map((check) => ({ live, check })),
  );
  candidates.sort(
    (a, b) =>
      rank[a.check.status] - rank[b.check.status] ||
      Number(b.live.service.facesCustomers) - Number(a.live.service.facesCustomers) ||
      a.live.service.criticality.localeCompare(b.live.service.criticality),
  );
  return candidates.slice(0, mostRows).map(({ live, check }) => fastRow(live, check, reader, nowMs));
}

function fastRow(live: LiveService, check: LiveCheck, reader: DayReader, nowMs: number): Row {
  const facts = reader.facts(check, nowMs);
  const limitMs = latencyLimitMs(check.check.spec);
  const several = live.checks.filter((other) => timedKinds.has(other.check.kind)).length > 1;
  return {
    key: check.check.key,
    serviceId: live.service.serviceId,
    title: several ? `${live.service.title}: ${check.check.title}` : live.service.title,
    status: check.status,
    spark: reader.spark(check, nowMs),
    figureUs: facts.count >= fewestForP95 ? facts.p95Us : facts.maxUs,
    figureName: facts.count >= fewestForP95 ? 'p95' : 'slowest',
    sampledCount: facts.count,
    limitUs: limitMs === null ? null : limitMs * 1_000,
    failCount: facts.failCount,
    tellingCount: facts.tellingCount,
  };
}
