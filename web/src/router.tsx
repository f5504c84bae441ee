/** Which address shows what. Each page is a chunk of its own; the board is what opens first. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, useRouter } from '@tanstack/react-router';
import type { Outcome } from '../../contract/src/vocabulary.ts';
import { type Range, rangeNames } from './api/range.ts';
import { PageHead } from './parts/page-head.tsx';
import { PageLink } from './parts/page-link.tsx';
import { EmptyNote, ProblemNote } from './parts/tile.tsx';
import { readSearch } from './services/filters.ts';
import { Shell } from './shell/shell.tsx';

export interface ServiceSearch {
  readonly range?: Range;
  readonly check?: string;
  readonly table?: true;
  /** Of the results that are listed. */
  readonly outcome?: Outcome;
}

const outcomeNames: readonly string[] = ['pass', 'degraded', 'fail', 'unknown'] satisfies Outcome[];

const root = createRootRoute({ component: Shell, notFoundComponent: Nowhere, errorComponent: Broken });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: lazyRouteComponent(() => import('./board/page.tsx'), 'BoardPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./services/page.tsx'), 'ServicesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services/$serviceId',
    validateSearch: (search: Record<string, unknown>): ServiceSearch => ({
      ...(rangeNames.includes(search.range as Range) ? { range: search.range as Range } : {}),
      ...(typeof search.check === 'string' ? { check: search.check } : {}),
      ...(search.table === true ? { table: true } : {}),
      ...(outcomeNames.includes(String(search.outcome)) ? { outcome: search.outcome as Outcome } : {}),
    }),
    component: lazyRouteComponent(() => import('./service/page.tsx'), 'ServicePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/dependencies',
    validateSearch: (search: Record<string, unknown>): { readonly of?: string } =>
      typeof search.of === 'string' ? { of: search.of } : {},
    component: lazyRouteComponent(() => import('./dependencies/page.tsx'), 'DependenciesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/ledger',
    component: lazyRouteComponent(() => import('./ledger/page.tsx'), 'LedgerPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/told',
    component: lazyRouteComponent(() => import('./told/page.tsx'), 'ToldPage'),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

function Nowhere() {
  return (
    <>
      <PageHead
        title="There is nothing at this address."
        line="It may have been removed, or belong to a later Pitwall."
      />
      <EmptyNote lead="The board has everything that is watched." rest="">
        <PageLink className="btn" href="/">
          Open the board
        </PageLink>
      </EmptyNote>
    </>
  );
}

function Broken({ error }: { error: unknown }) {
  const current = useRouter();
  return (
    <main className="page">
      <ProblemNote what="This page could not be drawn." error={error} retry={() => void current.invalidate()} />
    </main>
  );
}
