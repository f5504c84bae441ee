/** How statuses, times and ages read on the page. Pure. */
import { type ReasonCode, reasonSentence } from '../../../../contract/src/reasons.ts';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import { formatDuration } from '../../core/duration.ts';

const nbsp = '\u00a0';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `09:14 UTC` today, `13 Oct 18:20 UTC` before. */
export function formatInstant(atMs: number, nowMs: number): string {
  const date = new Date(atMs);
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}${nbsp}UTC`;
  const sameDay = Math.floor(atMs / 86_400_000) === Math.floor(nowMs / 86_400_000);
  return sameDay ? time : `${date.getUTCDate()}${nbsp}${months[date.getUTCMonth()]} ${time}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** `3 ms`, `0.62 s`, `12 s`: of a time in microseconds. */
export function formatMicros(us: number): string {
  if (us < 1_000) return `${(us / 1_000).toFixed(1)}${nbsp}ms`;
  if (us < 1_000_000) return `${Math.round(us / 1_000)}${nbsp}ms`;
  return `${(us / 1_000_000).toFixed(us < 10_000_000 ? 2 : 0)}${nbsp}s`;
}

export interface StatusFacts {
  readonly status: Status;
  readonly sinceMs: number | undefined;
  readonly reason: ReasonCode;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Of a degraded service: slow, or something else. */
  readonly slow: boolean;
  /** Variables that are not set, where that is why nothing is known. */
  readonly missing: readonly string[];
}

/** “Up 20 s”, “Down 28 min, since 09:14 UTC”, “Not configured”. */
export function statusWord(facts: StatusFacts, nowMs: number): string {
  const { status, sinceMs } = facts;
  if (status === 'unknown' && facts.missing.length > 0) return 'Not configured';
  if (sinceMs === undefined) return 'Not heard yet';
  const age = formatDuration(Math.max(0, nowMs - sinceMs));
  const since = formatInstant(sinceMs, nowMs);
  switch (status) {
    case 'up':
      return `Up ${age}`;
    case 'degraded':
      return `${facts.slow ? 'Slow' : 'Degraded'} ${age}, since ${since}`;
    case 'down':
      return `Down ${age}, since ${since}`;
    case 'maintenance':
      return `Maintenance ${age}`;
    case 'unknown':
      return `Unknown since ${since}`;
  }
}

/** Why a status is what it is, in one sentence. */
export function statusSentence(facts: StatusFacts): string {
  if (facts.status === 'unknown' && facts.missing.length > 0) {
    const [first] = facts.missing;
    const more = facts.missing.length - 1;
    return `${first}${more > 0 ? ` and ${more} more` : ''} ${more > 0 ? 'are' : 'is'} not set: set it and restart Pitwall`;
  }
  if (facts.sinceMs === undefined) return 'Its first result is on the way';
  if (facts.status === 'up') return 'Everything asked for is there';
  return reasonSentence(facts.reason, facts.evidence);
}

/** `2 services`, `1 service`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n}${nbsp}${n === 1 ? singular : plural}`;
}
