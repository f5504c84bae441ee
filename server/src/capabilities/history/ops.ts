/** Reading the past: charts, results with their evidence, changes of status. */
import type { SomeHandlers } from '../../../../contract/src/handlers.ts';
import { reasonSentence } from '../../../../contract/src/reasons.ts';
import { PitwallError } from '../../core/errors.ts';
import { decodePointCode } from '../../core/point-code.ts';
import type { Store } from '../../storage/store.ts';
import type { Evidence } from '../checks/kind.ts';
import { foldTimelines } from '../status/api.ts';
import { bucketPoints, bucketSummaries, type Columns } from './buckets.ts';
import { type FoundResult, newestResults } from './newest-results.ts';
import { phasesOf } from './phases.ts';
import { listTransitions, readTimeline, type StoredTransition } from './transitions.ts';

const hourMs = 3_600_000;
const dayLengthMs = 86_400_000;
/** Up to here a chart is made from raw points; 26 hours of a check every 10 s are 9,360 of them. */
const rawSpanMs = 26 * hourMs;
const hourSpanMs = 40 * dayLengthMs;

export interface SeriesHandle {
  readonly key: string;
  readonly seriesId: number;
  readonly watchedSinceMs: number;
}

export interface HistoryOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly find: (serviceId: string, checkId: string) => SeriesHandle | undefined;
}

type Names = 'series.read' | 'results.list' | 'transitions.list';

export function historyHandlers(options: HistoryOptions): SomeHandlers<Names> {
  const handleOf = (serviceId: string, checkId: string): SeriesHandle => {
    const handle = options.find(serviceId, checkId);
    if (handle === undefined) throw new PitwallError('not-found', `There is no check ${serviceId}/${checkId}`);
    return handle;
  };
  return {
    'series.read': async ({ serviceId, checkId, fromMs, toMs, buckets }) => {
      if (toMs <= fromMs || toMs - fromMs > 400 * dayLengthMs) {
        throw new PitwallError('invalid-input', 'The span must be longer than nothing and at most 400 days', {
          path: 'toMs',
        });
      }
      const handle = handleOf(serviceId, checkId);
      const chart = chartOf(options.store, handle.seriesId, fromMs, toMs, buckets);
      const timeline = await readTimeline(options.store.read, handle.key, handle.watchedSinceMs, fromMs, toMs);
      const untilMs = Math.min(toMs, options.nowMs());
      const segments = foldTimelines([timeline], fromMs, Math.max(fromMs, untilMs));
      return { ...chart, statuses: segments.map((segment) => ({ ...segment, sentence: '' })) };
    },
    'results.list': async ({ serviceId, checkId, outcome, beforeMs, limit }) => {
      const { key, seriesId, watchedSinceMs } = handleOf(serviceId, checkId);
      // Nothing is newer than now: an instant far ahead would be walked back from, span by span.
      const untilMs = Math.min(beforeMs ?? Number.POSITIVE_INFINITY, options.nowMs() + 1);
      // One more tells whether there is a next page.
      const found = newestResults(options.store.series, {
        ...{ seriesId, untilMs, watchedSinceMs, outcome },
        limit: limit + 1,
      });
      const results = found.slice(0, limit);
      const oldestMs = results.at(-1)?.slotMs;
      const evidence = oldestMs === undefined ? [] : await evidenceOf(options.store, key, oldestMs, untilMs);
      return {
        results: withEvidence(results, evidence),
        nextBeforeMs: found.length > limit ? (oldestMs ?? null) : null,
      };
    },
    'transitions.list': async ({ subject, beforeId, limit }) => {
      const found = await listTransitions(options.store.read, { subject, beforeId, limit: limit + 1 });
      const transitions = found.slice(0, limit);
      return {
        transitions: transitions.map(transitionView),
        nextBeforeId: found.length > limit ? transitions.at(-1)!.id : null,
      };
    },
  };
}

export function transitionView(row: StoredTransition) {
  return {
    id: row.id,
    subject: row.subject,
    subjectKind: row.subjectKind,
    from: row.from,
    to: row.to,
    reason: row.reason,
    sentence: reasonSentence(row.reason, row.evidence),
    effectiveAtMs: row.effectiveAtMs,
    decidedAtMs: row.decidedAtMs,
    evidence: { ...row.evidence },
  };
}

type Chart = Columns & { readonly resolution: 'raw' | 'hour' | 'day'; readonly bucketMs: number };

/** Picks the finest history that is cheap for the span; buckets of hours and days start on their edges. */
function chartOf(store: Store, seriesId: number, fromMs: number, toMs: number, buckets: number): Chart {
  const spanMs = toMs - fromMs;
  if (spanMs <= rawSpanMs) {
    const bucketMs = Math.max(1, Math.ceil(spanMs / buckets));
    const points = store.series.scan({ seriesId, fromMs, toMs });
    return { resolution: 'raw', bucketMs, ...bucketPoints(points, fromMs, bucketMs, Math.ceil(spanMs / bucketMs)) };
  }
  const resolution = spanMs <= hourSpanMs ? 'hour' : 'day';
  const unitMs = resolution === 'hour' ? hourMs : dayLengthMs;
  const bucketMs = unitMs * Math.max(1, Math.ceil(spanMs / unitMs / buckets));
  const startMs = Math.floor(fromMs / unitMs) * unitMs;
  const places = Math.ceil((toMs - startMs) / bucketMs);
  const range = { seriesId, fromMs: startMs, toMs };
  const summaries =
    resolution === 'hour'
      ? store.series.hours(range, { sketches: true })
      : store.series.days(range, { sketches: true });
  return { resolution, bucketMs, ...bucketSummaries(summaries, startMs, bucketMs, places) };
}

interface StoredEvidence {
  readonly slotMs: number;
  readonly evidence: Evidence;
}

/** What is kept for [fromMs, toMs), oldest first, and the newest from before: what did not change was not kept again. */
async function evidenceOf(store: Store, key: string, fromMs: number, toMs: number): Promise<StoredEvidence[]> {
  const all = store.read
    .selectFrom('result_evidence')
    .innerJoin('evidence', 'evidence.digest', 'result_evidence.digest')
    .select(['result_evidence.slot_ms', 'evidence.body'])
    .where('result_evidence.subject', '=', key);
  const before = all.where('result_evidence.slot_ms', '<', fromMs).orderBy('result_evidence.slot_ms', 'desc').limit(1);
  const during = all
    .where('result_evidence.slot_ms', '>=', fromMs)
    .where('result_evidence.slot_ms', '<', toMs)
    .orderBy('result_evidence.slot_ms');
  const rows = [...(await before.execute()), ...(await during.execute())];
  return rows.map((row) => ({ slotMs: row.slot_ms, evidence: JSON.parse(row.body) as Evidence }));
}

/** A failure without evidence of its own was like the one before it, whose facts fill its sentence. */
function withEvidence(results: readonly FoundResult[], evidence: readonly StoredEvidence[]) {
  return results.map((result) => {
    const newest = evidence.findLast(({ slotMs }) => slotMs <= result.slotMs);
    const own = newest?.slotMs === result.slotMs ? newest.evidence : undefined;
    const isTrouble = decodePointCode(result.code).outcome !== 'pass';
    const sameAsMs = own === undefined && isTrouble ? (newest?.slotMs ?? null) : null;
    return { ...resultView(result, own, newest?.evidence.facts), sameAsMs };
  });
}

function resultView(
  { slotMs, code, values }: FoundResult,
  evidence: Evidence | undefined,
  facts: Evidence['facts'] | undefined,
) {
  const meaning = decodePointCode(code);
  return {
    slotMs,
    outcome: meaning.outcome,
    reason: meaning.reason,
    sentence: reasonSentence(meaning.reason, meaning.outcome === 'pass' ? {} : facts),
    totalUs: values[0]! < 0 ? null : values[0]!,
    phases: phasesOf(values),
    attempts: meaning.attempts,
    suspect: meaning.suspect,
    missed: meaning.missed,
    evidence: evidence === undefined ? null : evidenceView(evidence),
  };
}

function evidenceView({ facts, statusCode, headers, body }: Evidence) {
  return {
    facts: { ...facts },
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(headers === undefined ? {} : { headers: headers.map(([name, value]): [string, string] => [name, value]) }),
    ...(body === undefined ? {} : { body }),
  };
}
