const unitsMs = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of `500ms`, `30s`, `5m`, `1h30m`, `7d`, `2w`; undefined where the text is none of these. */
export function parseDurationMs(text: string): number | undefined {
  const compact = text.trim();
  if (!/^(?:\d+(?:\.\d+)?\s*(?:ms|min|[smhdw])\s*)+$/.test(compact)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of compact.matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|[smhdw])/g)) {
    totalMs += Number(amount) * unitsMs[unit as keyof typeof unitsMs];
  }
  return Number.isSafeInteger(Math.round(totalMs)) ? Math.round(totalMs) : undefined;
}

/** An age or a span as people read it: `850 ms`, `20 s`, `28 min`, `3 h 43 min`, `6 d`. No-break spaces. */
export function formatDuration(durationMs: number): string {
  const nbsp = '\u00a0';
  if (durationMs < 1_000) return `${Math.round(durationMs)}${nbsp}ms`;
  const seconds = Math.floor(durationMs / 1_000);
  if (seconds < 60) return `${seconds}${nbsp}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${nbsp}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}${nbsp}h` : `${hours}${nbsp}h${nbsp}${minutes % 60}${nbsp}min`;
  return `${Math.floor(hours / 24)}${nbsp}d`;
}
