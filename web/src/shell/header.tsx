import { Link, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useLive } from '../live/use-live.ts';
import { ageSeconds, fullTime, time } from '../parts/format.ts';
import { overlay } from './overlays.ts';

/** Only what exists; a page joins this list when it has something to show. */
export const places = [
  { to: '/', title: 'Board', key: 'b' },
  { to: '/services', title: 'Services', key: 's' },
  { to: '/ledger', title: 'Ledger', key: 'l' },
  { to: '/told', title: 'Told', key: 't' },
] as const;

function useHere(): (to: string) => boolean {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (to) => (to === '/' ? path === '/' : path.startsWith(to));
}

export function Mark() {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="M1 9h2.6v5H1zM6.7 9h2.6v5H6.7zM12.4 2H15v12h-2.6z" fill="currentColor" />
    </svg>
  );
}

function LiveLine() {
  const { phase, reach, seenAtMs, nowMs } = useLive();
  if (phase === 'live') {
    return (
      <span className="live">
        <i />
        <span>
          <span className="long">Live, </span>
          {fullTime(nowMs)}
        </span>
      </span>
    );
  }
  const seen = `${time(seenAtMs, nowMs)}, ${ageSeconds(nowMs - seenAtMs)} ago`;
  return (
    <span className="live ring" role="status">
      <i />
      <span>{reach === 'offline' ? `Offline, last seen ${seen}` : `Last seen ${seen}`}</span>
    </span>
  );
}

export function Header({ demo }: { demo: boolean }) {
  const here = useHere();
  return (
    <header className="top">
      <Link className="mark" to="/">
        <Mark />
        Pitwall
      </Link>
      <nav className="nav" aria-label="Main">
        {places.map(({ to, title }) => (
          <Link key={to} to={to} aria-current={here(to) ? 'page' : undefined}>
            {title}
          </Link>
        ))}
      </nav>
      <div className="right">
        {demo && <span className="demo">Demo data</span>}
        <LiveLine />
        <button type="button" className="find" onClick={() => overlay.set('find')}>
          Find or do <kbd>{/Mac|iP/.test(navigator.platform) ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
      </div>
    </header>
  );
}

const icons: Record<string, ReactNode> = {
  Board: <path d="M2 3h14M2 9h14M2 15h8" />,
  Services: <path d="M3 3h12v4.500H3zM3 10.500h12V15H3zM5.500 5.300h.1M5.500 12.800h.1" />,
  Find: (
    <>
      <circle cx="8" cy="8" r="5" />
      <path d="m12 12 4 4" />
    </>
  ),
  Ledger: <path d="M4 2h10v14H4zM7 6h4M7 9h4M7 12h2" />,
  Told: (
    <path d="M9 2.500a4.500 4.500 0 0 1 4.500 4.500c0 4 1.500 5 1.500 5H3s1.500-1 1.500-5A4.500 4.500 0 0 1 9 2.500zM7.500 15h3" />
  ),
};

function Icon({ name }: { name: string }) {
  return (
    <svg
      viewBox="0 0 18 18"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {icons[name]}
    </svg>
  );
}

export function Tabs() {
  const here = useHere();
  const tab = ({ to, title }: (typeof places)[number]) => (
    <Link key={to} to={to} aria-current={here(to) ? 'page' : undefined}>
      <Icon name={title} />
      {title}
    </Link>
  );
  return (
    <nav className="tabs" aria-label="Main, phone">
      {places.slice(0, 2).map(tab)}
      <button type="button" onClick={() => overlay.set('find')}>
        <Icon name="Find" />
        Find
      </button>
      {places.slice(2).map(tab)}
    </nav>
  );
}
