/** Turns events into fresh queries, at most once a second: a busy prober says “changed” far more often. */
import type { Query, QueryClient } from '@tanstack/react-query';
import type { LiveEvent } from '../../../contract/src/events.ts';
import { bucketMsOf, type Range } from '../api/range.ts';

const throttleMs = 1_000;
type What = (LiveEvent & { type: 'changed' })['what'];

const touchedBy: Record<What, readonly string[]> = {
  results: ['board', 'services', 'service', 'series', 'results', 'job'],
  status: ['job', 'board', 'services', 'service', 'series', 'results', 'messages', 'channels', 'ledger'],
  resources: ['board', 'services', 'service', 'channels', 'messages', 'ledger'],
  config: ['board', 'services', 'service', 'series', 'results', 'channels', 'messages', 'ledger'],
};

/** A 90-day chart does not change because one more result came in: once a bucket, and at most once a minute. */
function dueForResults(query: Query): boolean {
  if (query.queryKey[0] !== 'series') return true;
  const bucketMs = bucketMsOf(query.queryKey[3] as Range);
  return Date.now() - query.state.dataUpdatedAt >= Math.min(bucketMs, 60_000) / 4;
}

export function refresher(client: QueryClient): (what: What) => void {
  const waiting = new Set<What>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastMs = 0;
  const run = () => {
    timer = null;
    lastMs = performance.now();
    const keys = new Set([...waiting].flatMap((what) => touchedBy[what]));
    const onlyResults = waiting.size === 1 && waiting.has('results');
    waiting.clear();
    void client.invalidateQueries({
      predicate: (query) => keys.has(String(query.queryKey[0])) && (!onlyResults || dueForResults(query)),
    });
  };
  return (what) => {
    waiting.add(what);
    if (timer === null) timer = setTimeout(run, Math.max(0, lastMs + throttleMs - performance.now()));
  };
}
