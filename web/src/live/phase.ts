/** live: news within 10 s · stale: older, or no way through · unknown: a minute without news. */
export type Phase = 'live' | 'stale' | 'unknown';

export function phaseOf(silentMs: number, reachable: boolean): Phase {
  if (silentMs >= 60_000) return 'unknown';
  return silentMs >= 10_000 || !reachable ? 'stale' : 'live';
}
