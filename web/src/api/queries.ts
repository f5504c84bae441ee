/** What the page reads, as TanStack Query options: one key per question, so that one event refreshes every asker. */
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import type { Outcome } from '../../../contract/src/vocabulary.ts';
import { call } from './client.ts';
import { CallError } from './problem.ts';
import { type Range, spanAt } from './range.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The browser's own idea of being online says nothing about a Pitwall on this machine.
      networkMode: 'always',
      // Events say when something changed; the half minute is for a view opened again without one.
      staleTime: 30_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => error instanceof CallError && error.retryable && error.code !== 'no-answer' && count < 2,
      retryDelay: (count) => 500 * 2 ** count,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

export const boardQuery = queryOptions({
  queryKey: ['board'],
  queryFn: ({ signal }) => call('board.get', { days: 90 }, signal),
});

export const servicesQuery = queryOptions({
  queryKey: ['services'],
  queryFn: ({ signal }) => call('services.list', { days: 90 }, signal),
});

export const serviceQuery = (serviceId: string) =>
  queryOptions({
    queryKey: ['service', serviceId],
    queryFn: ({ signal }) => call('services.get', { serviceId, days: 90 }, signal),
  });

export interface SeriesOf {
  readonly serviceId: string;
  readonly checkId: string;
  readonly intervalMs: number;
  /** Since when it is watched. */
  readonly sinceMs: number;
}

export const seriesQuery = ({ serviceId, checkId, intervalMs, sinceMs }: SeriesOf, range: Range, nowMs: () => number) =>
  queryOptions({
    queryKey: ['series', serviceId, checkId, range],
    queryFn: ({ signal }) => {
      const { fromMs, toMs, bucketMs } = spanAt(range, nowMs(), intervalMs, sinceMs);
      const buckets = Math.round((toMs - fromMs) / bucketMs);
      return call('series.read', { serviceId, checkId, fromMs, toMs, buckets }, signal);
    },
    placeholderData: (before) => before,
  });

export const resultsQuery = (serviceId: string, checkId: string, outcome?: Outcome) =>
  infiniteQueryOptions({
    queryKey: ['results', serviceId, checkId, outcome ?? 'all'],
    queryFn: ({ signal, pageParam }) =>
      call(
        'results.list',
        {
          serviceId,
          checkId,
          limit: 20,
          ...(outcome ? { outcome } : {}),
          ...(pageParam === null ? {} : { beforeMs: pageParam }),
        },
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.nextBeforeMs,
  });

export const jobQuery = (serviceId: string, checkId: string) =>
  queryOptions({
    queryKey: ['job', serviceId, checkId],
    queryFn: ({ signal }) => call('jobs.get', { serviceId, checkId, limit: 20 }, signal),
  });

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: ({ signal }) => call('channels.list', {}, signal),
});

export const messagesQuery = queryOptions({
  queryKey: ['messages'],
  queryFn: ({ signal }) => call('messages.list', { limit: 20 }, signal),
});

export const ledgerQuery = infiniteQueryOptions({
  queryKey: ['ledger'],
  queryFn: ({ signal, pageParam }) =>
    call('ledger.list', { limit: 50, ...(pageParam === null ? {} : { beforeId: pageParam }) }, signal),
  initialPageParam: null as number | null,
  getNextPageParam: (page) => page.nextBeforeId,
});
