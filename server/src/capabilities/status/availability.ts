/** Uptime as DESIGN §4 defines it: exact, from changes by `effectiveAtMs`, with unknown stated beside it. Pure. */
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { worseStatus } from './domain.ts';

/** What is known of one check: its status from each instant on, and the slots that count as unknown regardless. */
export interface Timeline {
  /** In order of atMs. The first is when watching began, usually `unknown`. */
  readonly changes: readonly { readonly atMs: number; readonly status: Status }[];
  readonly covers: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export interface Availability {
  readonly upMs: number;
  readonly degradedMs: number;
  readonly downMs: number;
  readonly unknownMs: number;
  readonly maintenanceMs: number;
}

export interface Segment {
  readonly fromMs: number;
  readonly toMs: number;
  readonly status: Status;
}

/**
 * The status of several checks folded into one (the worst at each instant) over [fromMs, toMs), in order and without
 * gaps from the instant watching began. Neighbours differ in status.
 */
export function foldTimelines(timelines: readonly Timeline[], fromMs: number, toMs: number): Segment[] {
  const cuts = new Set<number>([fromMs, toMs]);
  for (const timeline of timelines) {
    for (const { atMs } of timeline.changes) if (atMs > fromMs && atMs < toMs) cuts.add(atMs);
    for (const cover of timeline.covers) {
      if (cover.fromMs > fromMs && cover.fromMs < toMs) cuts.add(cover.fromMs);
      if (cover.toMs > fromMs && cover.toMs < toMs) cuts.add(cover.toMs);
    }
  }
  const edges = [...cuts].sort((a, b) => a - b);
  const cursors = timelines.map((timeline) => statusCursor(timeline));
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const startMs = edges[i]!;
    const statuses = cursors.map((at) => at(startMs)).filter((status) => status !== undefined);
    if (statuses.length === 0) continue;
    const status = statuses.reduce(worseStatus);
    const last = segments.at(-1);
    if (last !== undefined && last.status === status && last.toMs === startMs) {
      segments[segments.length - 1] = { ...last, toMs: edges[i + 1]! };
    } else {
      segments.push({ fromMs: startMs, toMs: edges[i + 1]!, status });
    }
  }
  return segments;
}

/** Answers “which status at this instant” for instants that only grow. */
function statusCursor(timeline: Timeline): (atMs: number) => Status | undefined {
  const covers = [...timeline.covers].sort((a, b) => a.fromMs - b.fromMs);
  let nextChange = 0;
  let nextCover = 0;
  let coveredUntilMs = Number.NEGATIVE_INFINITY;
  let status: Status | undefined;
  return (atMs) => {
    while (nextChange < timeline.changes.length && timeline.changes[nextChange]!.atMs <= atMs) {
      status = timeline.changes[nextChange]!.status;
      nextChange += 1;
    }
    while (nextCover < covers.length && covers[nextCover]!.fromMs <= atMs) {
      coveredUntilMs = Math.max(coveredUntilMs, covers[nextCover]!.toMs);
      nextCover += 1;
    }
    return status !== undefined && status !== 'maintenance' && atMs < coveredUntilMs ? 'unknown' : status;
  };
}

export function availabilityOf(segments: readonly Segment[]): Availability {
  const total = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };
  for (const { fromMs, toMs, status } of segments) total[`${status}Ms`] += toMs - fromMs;
  return total;
}

export function addAvailability(a: Availability, b: Availability): Availability {
  return {
    upMs: a.upMs + b.upMs,
    degradedMs: a.degradedMs + b.degradedMs,
    downMs: a.downMs + b.downMs,
    unknownMs: a.unknownMs + b.unknownMs,
    maintenanceMs: a.maintenanceMs + b.maintenanceMs,
  };
}

export const noAvailability: Availability = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };

/** Up time ÷ (up + down), degraded counted as up; null while nothing is known. */
export function uptimeRatio({ upMs, degradedMs, downMs }: Availability): number | null {
  const knownMs = upMs + degradedMs + downMs;
  return knownMs === 0 ? null : (upMs + degradedMs) / knownMs;
}

/** Share of the watched time, maintenance left out, of which nothing is known; null while nothing was watched. */
export function unknownRatio({ upMs, degradedMs, downMs, unknownMs }: Availability): number | null {
  const watchedMs = upMs + degradedMs + downMs + unknownMs;
  return watchedMs === 0 ? null : unknownMs / watchedMs;
}
