/** Single keys, off in fields and when they are switched off; ⌘K always works. */
import type { AnyRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { places } from './header.tsx';
import { closeOverlay, overlay } from './overlays.ts';
import { store } from './store.ts';

const storageKey = 'pitwall.single-keys';
export const singleKeys = store(localStorage.getItem(storageKey) !== 'off');
export function setSingleKeys(on: boolean): void {
  localStorage.setItem(storageKey, on ? 'on' : 'off');
  singleKeys.set(on);
}

/** Keys of one page, such as T and [ ] on a service; the newest wins. */
type PageKeys = Readonly<Record<string, () => void>>;
const pageKeys: PageKeys[] = [];
export function usePageKeys(keys: PageKeys): void {
  useEffect(() => {
    pageKeys.push(keys);
    return () => {
      pageKeys.splice(pageKeys.indexOf(keys), 1);
    };
  }, [keys]);
}

function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')].filter(
    (row) => row.getClientRects().length > 0,
  );
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[now === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, now + by))];
  row?.querySelector<HTMLElement>('a, button:not([disabled])')?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

function goTile(number: string): void {
  const tile = document.querySelector<HTMLElement>(`[data-tile="${number}"]`);
  tile?.focus();
  tile?.scrollIntoView({ block: 'nearest' });
}

const inField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

let goPressedMs = 0;
let dialogWasOpen = false;

function onKey(event: KeyboardEvent, router: AnyRouter): void {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.metaKey || event.ctrlKey) && key === 'k') {
    event.preventDefault();
    overlay.set(overlay.get() === 'find' ? null : 'find');
    return;
  }
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || inField(event.target)) return;
  if (key === 'Escape') {
    // A dialog closes itself; only then does Esc mean “back”.
    if (overlay.get() !== null) closeOverlay();
    else if (!dialogWasOpen && router.state.location.pathname !== '/') router.history.back();
    return;
  }
  if (!singleKeys.get() || overlay.get() !== null) return;
  if (goPressedMs > 0 && performance.now() - goPressedMs < 1_500) {
    goPressedMs = 0;
    const place = places.find((one) => one.key === key);
    if (place) router.history.push(place.to);
    return;
  }
  const own = pageKeys.at(-1)?.[key];
  if (own) {
    event.preventDefault();
    own();
  } else if (key === 'g') goPressedMs = performance.now();
  else if (key === '?') overlay.set('keys');
  else if (key === 'j') moveRow(1);
  else if (key === 'k') moveRow(-1);
  else if (/^[1-5]$/.test(key)) goTile(key);
  else if (key === 'Enter' && (event.target === document.body || event.target instanceof HTMLHeadingElement))
    document.querySelector<HTMLElement>('[data-step]')?.click();
}

export function useKeys(router: AnyRouter): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event, router);
    // Before the dialog itself hears the key: afterwards it is gone, and Esc would also leave the page.
    const look = () => {
      dialogWasOpen = document.querySelector('[role=dialog]') !== null;
    };
    window.addEventListener('keydown', look, true);
    window.addEventListener('keydown', listener);
    return () => {
      window.removeEventListener('keydown', look, true);
      window.removeEventListener('keydown', listener);
    };
  }, [router]);
}
