/**
 * Instants that follow from local times on certain days, as cron and systemd name them. Pure.
 *
 * What becomes of a local time that a change of the clocks skips or repeats differs between the two, so it is told.
 */

export interface LocalDay {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  /** 1–31 */
  readonly day: number;
  /** 1 = Monday … 7 = Sunday */
  readonly weekday: number;
  readonly daysInMonth: number;
}

export interface Calendar {
  matchesDay(day: LocalDay): boolean;
  /** Seconds of the day, ascending. */
  readonly timesS: readonly number[];
  /** IANA name, such as `Europe/Amsterdam`. */
  readonly zone: string;
  /** A time that a change of the clocks skips: left out, or as soon as the clocks have changed. */
  readonly skippedTimes: 'left-out' | 'at-the-change';
  /** A time that comes twice: the first only, or both. */
  readonly repeatedTimes: 'first' | 'both';
}

/** 29 February comes every four or eight years. */
const mostDays = 8 * 366;
/** No zone changes its clocks by more. */
const longestChangeS = 3 * 3_600;

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The zone that this machine is set to. */
export function localZone(): string {
  return new Intl.DateTimeFormat('en').resolvedOptions().timeZone;
}

/** The first instant after the given one, or undefined where none comes within eight years. */
export function nextInstantMs(calendar: Calendar, afterMs: number): number | undefined {
  const after = Temporal.Instant.fromEpochMilliseconds(Math.floor(afterMs)).toZonedDateTimeISO(calendar.zone);
  // A day earlier: where the clocks go back over midnight, the day before is not over yet.
  let date = after.toPlainDate().subtract({ days: 1 });
  for (let n = 0; n < mostDays; n += 1) {
    const { year, month, day, dayOfWeek: weekday, daysInMonth } = date;
    if (calendar.matchesDay({ year, month, day, weekday, daysInMonth })) {
      const found = firstOfDay(calendar, date, afterMs);
      if (found !== undefined) return found;
    }
    date = date.add({ days: 1 });
  }
  return undefined;
}

function firstOfDay(calendar: Calendar, date: Temporal.PlainDate, afterMs: number): number | undefined {
  const midnightMs = date.toZonedDateTime(calendar.zone).epochMilliseconds;
  // No instant of the day lies further from its local time than the longest change.
  const leastS = (afterMs - midnightMs) / 1_000 - longestChangeS;
  let best: number | undefined;
  for (const timeS of calendar.timesS) {
    if (timeS < leastS) continue;
    if (best !== undefined && midnightMs + (timeS - longestChangeS) * 1_000 > best) break;
    for (const atMs of instantsOf(calendar, date, timeS)) {
      if (atMs > afterMs && (best === undefined || atMs < best)) best = atMs;
    }
  }
  return best;
}

function instantsOf(calendar: Calendar, date: Temporal.PlainDate, timeS: number): number[] {
  const { zone, skippedTimes, repeatedTimes } = calendar;
  const local = date.toPlainDateTime({
    hour: Math.floor(timeS / 3_600),
    minute: Math.floor((timeS % 3_600) / 60),
    second: timeS % 60,
  });
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.epochMilliseconds === later.epochMilliseconds) return [earlier.epochMilliseconds];
  const isSkipped = !earlier.toPlainDateTime().equals(local);
  if (!isSkipped) {
    return repeatedTimes === 'both'
      ? [earlier.epochMilliseconds, later.epochMilliseconds]
      : [earlier.epochMilliseconds];
  }
  if (skippedTimes === 'left-out') return [];
  const change = earlier.getTimeZoneTransition('next');
  return change === null ? [] : [change.epochMilliseconds];
}
