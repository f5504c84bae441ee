/** What stands around every page: header, one banner, the page, footer, tabs at the thumb, and what floats. */
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { boardQuery } from '../api/queries.ts';
import { heard } from '../live/live.ts';
import { useLive } from '../live/use-live.ts';
import { bytes } from '../parts/format.ts';
import { Banners } from './banner.tsx';
import { Header, Tabs } from './header.tsx';
import { useKeys } from './keys.ts';
import { closeOverlay, overlay } from './overlays.ts';
import { Toasts } from './toasts.tsx';

const ToldDrawer = lazy(() => import('../told/drawer.tsx'));
const Palette = lazy(() => import('./palette.tsx'));
const KeysHelp = lazy(() => import('./keys-help.tsx'));

export function Shell() {
  const live = useLive();
  const router = useRouter();
  const board = useQuery(boardQuery);
  const open = overlay.use();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useKeys(router);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what floats belongs to the page it was opened on
  useEffect(closeOverlay, [path]);
  const atMs = board.data?.atMs;
  useEffect(() => {
    if (atMs !== undefined) heard(atMs);
  }, [atMs]);
  const pitwall = board.data?.pitwall;
  return (
    <>
      <a className="vh" href="#main">
        Skip to content
      </a>
      <Header demo={board.data?.demo ?? false} />
      <Banners banners={board.data?.banners ?? []} />
      <main id="main" className={`page ${live.phase === 'live' ? '' : 'is-stale'}`}>
        <Outlet />
        <footer className="foot">
          <span>{pitwall?.line ?? 'Pitwall itself: reading'}</span>
          {pitwall && <span className="opt">Open at {pitwall.address}</span>}
          {pitwall && (
            <span className="opt">
              Kept in {pitwall.dataDir}, {bytes(pitwall.dataBytes)}
            </span>
          )}
          <span className="right">
            All times UTC{' '}
            <button type="button" className="linkish opt" onClick={() => overlay.set('keys')}>
              <kbd>?</kbd> keys
            </button>
          </span>
        </footer>
      </main>
      <Tabs />
      <Toasts />
      <Suspense>
        {open === 'told' && <ToldDrawer close={closeOverlay} />}
        {open === 'find' && <Palette close={closeOverlay} />}
        {open === 'keys' && <KeysHelp close={closeOverlay} />}
      </Suspense>
    </>
  );
}
