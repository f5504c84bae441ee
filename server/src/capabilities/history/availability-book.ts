/**
 * Uptime by day for every watched service: closed days from their rows, today from the changes since midnight UTC.
 * A day is closed once, and reopened when a change reaches back into it.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../../storage/tables.ts';
import { type Availability, availabilityOf, foldTimelines, type Timeline } from '../status/api.ts';
import { readDays, readTimeline, writeDay } from './transitions.ts';

export const dayMs = 86_400_000;
const keptDays = 400;

export interface WatchedSubject {
  readonly serviceId: string;
  readonly checks: readonly { readonly key: string; readonly watchedSinceMs: number }[];
}

export interface DayFigures {
  readonly dayMs: number;
  readonly availability: Availability;
}

export interface AvailabilityBook {
  /** The days from `fromMs` (midnight UTC) to now that were watched, oldest first, today last. */
  days(serviceId: string, fromMs: number, nowMs: number): Promise<DayFigures[]>;
  /** Writes rows for days that ended; at most `most` services a call. True when more waits. */
  closeDays(
    db: Transaction<Tables>,
    subjects: readonly WatchedSubject[],
    nowMs: number,
    most: number,
  ): Promise<boolean>;
  /** Something new is known of this span of the service: what was computed of its days is stale. */
  touch(serviceId: string, fromMs: number, toMs: number): void;
  /** The service has another name now, its rows already with it. */
  rename(from: string, to: string): void;
}

export function startOfDay(atMs: number): number {
  return Math.floor(atMs / dayMs) * dayMs;
}

export async function openAvailabilityBook(
  db: Kysely<Tables>,
  subjectOf: (serviceId: string) => WatchedSubject | undefined,
  nowMs: number,
): Promise<AvailabilityBook> {
  const closed = new Map<string, Map<number, Availability>>();
  const stale = new Set<string>();
  const todays = new Map<string, { readonly startMs: number; readonly timelines: Timeline[] }>();
  const put = (serviceId: string, startMs: number, availability: Availability): void => {
    const days = closed.get(serviceId) ?? new Map<number, Availability>();
    days.set(startMs, availability);
    closed.set(serviceId, days);
  };
  const firstDayMs = startOfDay(nowMs) - keptDays * dayMs;
  const rows = await readDays(db, firstDayMs, startOfDay(nowMs));
  for (const row of rows) put(row.subject, row.dayMs, row.availability);
  // What reached back into a closed day just before Pitwall stopped may not be in its row yet.
  const newestMs = Math.max(...rows.map((row) => row.dayMs));
  for (const row of rows) if (row.dayMs >= newestMs - dayMs) stale.add(`${row.subject} ${row.dayMs}`);

  async function timelinesOf(from: Kysely<Tables>, subject: WatchedSubject, startMs: number): Promise<Timeline[]> {
    const watched = subject.checks.filter((check) => check.watchedSinceMs < startMs + dayMs);
    return Promise.all(
      watched.map((check) => readTimeline(from, check.key, check.watchedSinceMs, startMs, startMs + dayMs)),
    );
  }

  async function today(subject: WatchedSubject, atMs: number): Promise<Availability> {
    const startMs = startOfDay(atMs);
    let known = todays.get(subject.serviceId);
    if (known === undefined || known.startMs !== startMs) {
      known = { startMs, timelines: await timelinesOf(db, subject, startMs) };
      todays.set(subject.serviceId, known);
    }
    return availabilityOf(foldTimelines(known.timelines, startMs, atMs));
  }

  return {
    async days(serviceId, fromMs, atMs) {
      const figures: DayFigures[] = [];
      const rows = closed.get(serviceId);
      for (let startMs = startOfDay(fromMs); rows !== undefined && startMs < startOfDay(atMs); startMs += dayMs) {
        const availability = rows.get(startMs);
        if (availability !== undefined) figures.push({ dayMs: startMs, availability });
      }
      const subject = subjectOf(serviceId);
      if (subject !== undefined && subject.checks.length > 0) {
        figures.push({ dayMs: startOfDay(atMs), availability: await today(subject, atMs) });
      }
      return figures;
    },
    async closeDays(tx, subjects, atMs, most) {
      let done = 0;
      for (const subject of subjects) {
        for (const startMs of openDays(subject, closed.get(subject.serviceId), stale, atMs)) {
          if (done >= most) return true;
          const segments = foldTimelines(await timelinesOf(tx, subject, startMs), startMs, startMs + dayMs);
          const availability = availabilityOf(segments);
          await writeDay(tx, startMs, subject.serviceId, availability);
          put(subject.serviceId, startMs, availability);
          stale.delete(`${subject.serviceId} ${startMs}`);
          done += 1;
        }
      }
      return false;
    },
    touch(serviceId, fromMs, toMs) {
      todays.delete(serviceId);
      for (let startMs = startOfDay(fromMs); startMs <= toMs; startMs += dayMs) stale.add(`${serviceId} ${startMs}`);
    },
    rename(from, to) {
      const days = closed.get(from);
      if (days !== undefined) closed.set(to, days);
      closed.delete(from);
      todays.delete(from);
    },
  };
}

/** Days that ended, were watched, and have no row or a stale one. */
function openDays(
  subject: WatchedSubject,
  rows: ReadonlyMap<number, Availability> | undefined,
  stale: ReadonlySet<string>,
  nowMs: number,
): number[] {
  if (subject.checks.length === 0) return [];
  const todayMs = startOfDay(nowMs);
  const sinceMs = Math.min(...subject.checks.map((check) => check.watchedSinceMs));
  const firstMs = Math.max(startOfDay(sinceMs), todayMs - keptDays * dayMs);
  const open: number[] = [];
  for (let startMs = firstMs; startMs < todayMs; startMs += dayMs) {
    if (rows?.has(startMs) !== true || stale.has(`${subject.serviceId} ${startMs}`)) open.push(startMs);
  }
  return open;
}
