/**
 * The five fields of a crontab line, read as Debian's cron reads them (crontab(5), cron(8)). Pure.
 *
 * A job at particular times (no `*` in the minute or the hour) that a change of the clocks skips runs as soon as they have
 * changed, and does not run again where a time comes twice; a job with a `*` there follows the clock as it is.
 */
import type { Calendar, LocalDay } from './calendar.ts';

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const fields: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { name: 'day of the week', least: 0, most: 7, names: 'sun mon tue wed thu fri sat'.split(' ') },
];

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The calendar of a line's schedule, or what is wrong with it. */
export function parseCron(text: string, zone: string): Calendar | { readonly fault: string } {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === '@reboot') return { fault: '@reboot names no time at which a report is due' };
  const parts = (macros[trimmed] ?? trimmed).split(/\s+/);
  if (parts.length !== fields.length) {
    return { fault: `a cron schedule has five fields (minute, hour, day, month, weekday), this has ${parts.length}` };
  }
  const sets: Set<number>[] = [];
  for (const [index, field] of fields.entries()) {
    const set = parseField(parts[index]!, field);
    if ('fault' in set) return set;
    sets.push(set.values);
  }
  const [minutes, hours, days, months, weekdays] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  const isFree = (index: number): boolean => parts[index]!.startsWith('*');
  const follows = isFree(0) || isFree(1);
  return {
    matchesDay: ({ day, month, weekday }: LocalDay) => {
      if (!months.has(month)) return false;
      const onDay = days.has(day);
      const onWeekday = weekdays.has(weekday % 7) || (weekday === 7 && weekdays.has(7));
      // Where both are restricted either is enough; a field that begins with `*` restricts nothing by itself.
      return isFree(2) || isFree(4) ? onDay && onWeekday : onDay || onWeekday;
    },
    timesS: [...hours]
      .flatMap((hour) => [...minutes].map((minute) => hour * 3_600 + minute * 60))
      .sort((a, b) => a - b),
    zone,
    skippedTimes: follows ? 'left-out' : 'at-the-change',
    repeatedTimes: follows ? 'both' : 'first',
  };
}

function parseField(text: string, field: Field): { readonly values: Set<number> } | { readonly fault: string } {
  const values = new Set<number>();
  const wrong = (part: string) => ({
    fault: `“${part}” is no ${field.name}: write ${field.least} to ${field.most}, a list, a range or a step such as */5`,
  });
  for (const part of text.split(',')) {
    const found = /^(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/.exec(part);
    if (found === null) return wrong(part);
    const [, star, from, to, step] = found;
    const first = star === undefined ? placeOf(from!, field) : field.least;
    // A step after a single value counts on to the end, as in later crons; Debian's ignores the rest of the field.
    const last =
      star !== undefined || (to === undefined && step !== undefined)
        ? field.most
        : to === undefined
          ? first
          : placeOf(to, field);
    const every = step === undefined ? 1 : Number(step);
    if (first === undefined || last === undefined || every < 1 || first > last) return wrong(part);
    for (let value = first; value <= last; value += every) values.add(value);
  }
  return { values };
}

function placeOf(text: string, { least, most, names }: Field): number | undefined {
  const named = names?.indexOf(text) ?? -1;
  const value = named >= 0 ? named + (least === 1 ? 1 : 0) : Number(text);
  return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}
