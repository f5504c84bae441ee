/** How statuses, times and ages read on the page. Pure. */
import { notSet, type ReasonCode, reasonSentence } from '../../../../contract/src/reasons.ts';
import type { ServiceView } from '../../../../contract/src/views.ts';
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
  /** What the first results saw that do not make a verdict yet; undefined where they saw no trouble. */
  readonly atFirst?: string | undefined;
  /** Why the results so far tell nothing, where they say. */
  readonly notTelling?: string | undefined;
}

const notConfigured = 'Not configured';
const notHeard = 'Not heard yet';
const notSure = 'Not sure yet';

/** “Up 20 s”, “Down 28 min, since 09:14 UTC”, “Not configured”. */
export function statusWord(facts: StatusFacts, nowMs: number): string {
  const { status, sinceMs } = facts;
  if (status === 'unknown' && facts.missing.length > 0) return notConfigured;
  if (sinceMs === undefined) return facts.atFirst === undefined ? notHeard : notSure;
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
    const missing = [...new Set(facts.missing)];
    const [first = ''] = missing;
    const it = missing.length > 1 ? 'them' : 'it';
    const named = missing.length > 2 ? [first, `${missing.length - 1} more`] : missing;
    return `${notSet(named)}: set ${it} and restart Pitwall`;
  }
  if (facts.sinceMs === undefined) return facts.atFirst ?? facts.notTelling ?? 'Its first result is on the way';
  if (facts.status === 'up') return 'Everything asked for is there';
  return reasonSentence(facts.reason, facts.evidence);
}

/** Of a service as it is shown: never heard since it is watched, which is no trouble and no doubt. */
export function isNotHeard({ word }: { readonly word: string }): boolean {
  return word === notHeard;
}

export function isNotConfigured({ word }: { readonly word: string }): boolean {
  return word === notConfigured;
}

export function isSlow({ word }: { readonly word: string }): boolean {
  return word.startsWith('Slow');
}

/** “Orders” and “Chat replies” take a plural verb; “Browsing parts”, “Access” and “Status” do not. */
export function isPlural(ability: string): boolean {
  return /[^su]s$/i.test(ability) && !/^\w+ing\b/i.test(ability);
}

/** What stands of an ability under the verdict: “Orders work”, “Chat replies stopped”, “Browsing is slow”. */
export function abilityTitle(ability: string, { status, slow }: { status: Status; slow: boolean }): string {
  const [works, is] = isPlural(ability) ? ['work', 'are'] : ['works', 'is'];
  switch (status) {
    case 'up':
      return `${ability} ${works}`;
    case 'down':
      return `${ability} stopped`;
    case 'degraded':
      return `${ability} ${is} ${slow ? 'slow' : 'impaired'}`;
    case 'maintenance':
      return `${ability} in maintenance`;
    case 'unknown':
      return `${ability} unknown`;
  }
}

/** `2 services`, `1 service`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n}${nbsp}${n === 1 ? singular : plural}`;
}

/** Who is counted: what people depend on. Pitwall and this host only where there is nothing else, or in trouble. */
export function counted<S extends Pick<ServiceView, 'origin' | 'status'>>(services: readonly S[]): readonly S[] {
  const own = services.filter(
    ({ origin, status }) => origin !== 'built-in' || status === 'down' || status === 'degraded',
  );
  return own.some(({ origin }) => origin !== 'built-in') ? own : services;
}
