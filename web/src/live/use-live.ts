import { useSyncExternalStore } from 'react';
import { session } from '../session/session.ts';
import { type Live, readLive, subscribeLive } from './live.ts';

export function useLive(): Live {
  return useSyncExternalStore(subscribeLive, readLive);
}

/** Pitwall's time, in steps: a row that says “6 d” need not be drawn again each second. */
export function useNow(stepMs = 1_000): number {
  return useSyncExternalStore(subscribeLive, () => Math.floor(readLive().nowMs / stepMs) * stepMs);
}

type WriteScope = 'services:write' | 'channels:write';

/** Why a button is off, or null where it may be pressed. */
export function useWriteBlock(scope: WriteScope = 'services:write'): string | null {
  const { reach } = useLive();
  const who = session.use();
  if (reach === 'offline') return 'You are offline: nothing you press is kept for later';
  if (reach === 'no-answer') return 'Pitwall does not answer: nothing you press is kept for later';
  if (who.state !== 'in' || who.role === 'manager') return null;
  if (who.role === 'viewer') return 'You may read. An operator or the manager can change things';
  return scope === 'channels:write' ? 'Only the manager chooses who is told' : null;
}
