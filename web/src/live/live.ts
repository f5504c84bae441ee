/**
 * What the page knows of its line to Pitwall. One object outside React: events arrive whether or not anything is
 * drawn, and a page that draws from silence would go on saying that all is well.
 */
import type { LiveEvent } from '../../../contract/src/events.ts';
import { call, onAnswer } from '../api/client.ts';
import { CallError } from '../api/problem.ts';
import { type Phase, phaseOf } from './phase.ts';

export type { Phase };
export interface Live {
  readonly phase: Phase;
  /** Whether a request can get through; what cannot be sent is not offered. */
  readonly reach: 'ok' | 'offline' | 'no-answer';
  /** Pitwall's clock at the newest event, and now: the browser's own clock may be set wrong. */
  readonly seenAtMs: number;
  readonly nowMs: number;
}

const retryMs = 5_000;
const tickMs = 1_000;

let source: EventSource | null = null;
let seenMonotonicMs = performance.now();
let seenAtMs = Date.now();
let clockOffsetMs = 0;
let answered = true;
let triedMonotonicMs = performance.now();
let current: Live = { phase: 'live', reach: 'ok', seenAtMs, nowMs: seenAtMs };
let onChanged: (what: (LiveEvent & { type: 'changed' })['what']) => void = () => {};
let onLoggedOut: () => void = () => {};
const watchers = new Set<() => void>();

export const serverNow = (): number => Date.now() + clockOffsetMs;

export function subscribeLive(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
export const readLive = (): Live => current;

/** Any answer with Pitwall's time in it is news, as good as an event. */
export function heard(atMs: number): void {
  seenMonotonicMs = performance.now();
  seenAtMs = Math.max(seenAtMs, atMs);
  clockOffsetMs = atMs - Date.now();
  answered = true;
  tick();
}

function tick(): void {
  const silentMs = performance.now() - seenMonotonicMs;
  const reach = answered ? 'ok' : navigator.onLine ? 'no-answer' : 'offline';
  const phase = phaseOf(silentMs, reach === 'ok');
  // Ages on the page move by the second only while they are that young; a render a second for 500 rows is not free.
  const nowMs = Math.floor(serverNow() / tickMs) * tickMs;
  if (phase === current.phase && reach === current.reach && nowMs === current.nowMs && seenAtMs === current.seenAtMs)
    return;
  current = { phase, reach, seenAtMs, nowMs };
  for (const watcher of watchers) watcher();
}

async function askWhetherThere(): Promise<void> {
  try {
    await call('session.get', {});
  } catch (error) {
    if (error instanceof CallError && error.status === 401) onLoggedOut();
  }
}

function open(): void {
  source?.close();
  triedMonotonicMs = performance.now();
  source = new EventSource('/api/v1/events');
  source.onmessage = (message) => {
    const event = JSON.parse(message.data as string) as LiveEvent;
    const wasSilent = current.phase !== 'live';
    heard(event.atMs);
    if (event.type === 'changed') onChanged(event.what);
    // What changed during the silence was announced to nobody.
    else if (wasSilent) onChanged('config');
  };
  source.onerror = () => void askWhetherThere();
}

export function tryNow(): void {
  open();
  void askWhetherThere().then(() => onChanged('config'));
}

export function startLive(handlers: { changed: typeof onChanged; loggedOut: () => void }): () => void {
  onChanged = handlers.changed;
  onLoggedOut = handlers.loggedOut;
  seenMonotonicMs = performance.now();
  seenAtMs = serverNow();
  open();
  const stopAnswers = onAnswer((yes) => {
    answered = yes;
    tick();
  });
  const timer = setInterval(() => {
    const now = performance.now();
    // A connection can be open and dead; silence, not its state, decides.
    if (now - seenMonotonicMs > 10_000 && now - triedMonotonicMs >= retryMs) {
      open();
      void askWhetherThere();
    }
    tick();
  }, tickMs);
  const online = () => tryNow();
  const offline = () => void askWhetherThere();
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  return () => {
    source?.close();
    source = null;
    stopAnswers();
    clearInterval(timer);
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
  };
}
