/**
 * A calendar event as systemd.time(7) writes it for `OnCalendar=`: `Mon..Fri *-*-* 03:00`, `daily`, `*:0/15 UTC`. Pure.
 * Times that a change of the clocks skips are left out, those that come twice count once, as `systemd-analyze calendar`.
 */
import { type Calendar, isZone, type LocalDay } from './calendar.ts';

const shorthands: Readonly<Record<string, string>> = {
  minutely: '*-*-* *:*:00',
  hourly: '*-*-* *:00:00',
  daily: '*-*-* 00:00:00',
  monthly: '*-*-01 00:00:00',
  weekly: 'Mon *-*-* 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
};

const weekdayNames = 'mon tue wed thu fri sat sun'.split(' ');
const dayS = 86_400;

type Fault = { readonly fault: string };
type Matches = (value: number) => boolean;

/** The calendar, or what is wrong with the text. `zone` is used where the text names none. */
export function parseOnCalendar(text: string, zone: string): Calendar | Fault {
  const words = (shorthands[text.trim().toLowerCase()] ?? text.trim()).split(/\s+/);
  const last = words.at(-1)!;
  const ownZone = words.length > 1 && isZoneWord(last) ? words.pop() : undefined;
  const expanded = words.length === 1 ? (shorthands[words[0]!.toLowerCase()]?.split(' ') ?? words) : words;
  const weekdays = /^[a-z]/i.test(expanded[0] ?? '') ? parseWeekdays(expanded.shift()!) : () => true;
  if (typeof weekdays !== 'function') return weekdays;
  const timeText = expanded.at(-1)?.includes(':') === true ? expanded.pop()! : '00:00:00';
  const dateText = expanded.shift() ?? '*-*-*';
  if (expanded.length > 0) return { fault: `“${expanded.join(' ')}” is too much: write weekday, date, time and zone` };
  const matchesDate = parseDate(dateText);
  if (typeof matchesDate !== 'function') return matchesDate;
  const times = parseTime(timeText);
  if ('fault' in times) return times;
  return {
    matchesDay: (day) => weekdays(day.weekday) && matchesDate(day),
    timesS: times.timesS,
    zone: ownZone ?? zone,
    skippedTimes: 'left-out',
    repeatedTimes: 'first',
  };
}

function isZoneWord(word: string): boolean {
  return /^(?:UTC|[A-Z][A-Za-z_]+\/[A-Za-z_/+-]+)$/.test(word) && isZone(word);
}

function parseWeekdays(text: string): Matches | Fault {
  const days = new Set<number>();
  for (const part of text.toLowerCase().replace(/,$/, '').split(',')) {
    const [from, to = from] = part.split('..').map((name) => weekdayNames.indexOf(name.slice(0, 3)) + 1);
    const isName = part
      .split('..')
      .every((name) => /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?$/.test(name));
    if (!isName || from === undefined || to === undefined || from > to)
      return { fault: `“${part}” is no weekday: write Mon or Mon..Fri` };
    for (let day = from; day <= to; day += 1) days.add(day);
  }
  return (weekday) => days.has(weekday);
}

function parseDate(text: string): ((day: LocalDay) => boolean) | Fault {
  const found = /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(text);
  if (found === null) return { fault: `“${text}” is no date: write *-*-*, 2026-01-31 or *-*-01` };
  const [, yearText = '*', monthText, separator, dayText] = found;
  const year = parseComponent(yearText.length === 2 ? `20${yearText}` : yearText, 1_970, 2_199);
  const month = parseComponent(monthText!, 1, 12);
  const day = parseComponent(dayText!, 1, 31);
  if (typeof year !== 'function') return year;
  if (typeof month !== 'function') return month;
  if (typeof day !== 'function') return day;
  const fromEnd = separator === '~';
  return (local) =>
    year(local.year) && month(local.month) && day(fromEnd ? local.daysInMonth - local.day + 1 : local.day);
}

function parseTime(text: string): { readonly timesS: readonly number[] } | Fault {
  const parts = text.split(':');
  if (parts.length < 2 || parts.length > 3) return { fault: `“${text}” is no time: write 03:00 or *:0/15` };
  const hour = parseComponent(parts[0]!, 0, 23);
  const minute = parseComponent(parts[1]!, 0, 59);
  const second = parseComponent(parts[2] ?? '00', 0, 59);
  if (typeof hour !== 'function') return hour;
  if (typeof minute !== 'function') return minute;
  if (typeof second !== 'function') return second;
  const timesS: number[] = [];
  for (let at = 0; at < dayS; at += 1) {
    if (second(at % 60) && minute(Math.floor(at / 60) % 60) && hour(Math.floor(at / 3_600))) timesS.push(at);
  }
  return { timesS };
}

/** `*`, `5`, `1..7`, lists of these, each with a step after `/`. */
function parseComponent(text: string, least: number, most: number): Matches | Fault {
  const ranges: { from: number; to: number; step: number }[] = [];
  for (const part of text.split(',')) {
    const found = /^(?:\*|(\d+)(?:\.\.(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (found === null)
      return { fault: `“${part}” is none of *, a number, a range such as 1..5, or a step such as 0/15` };
    const [, fromText, toText, stepText] = found;
    const from = fromText === undefined ? least : Number(fromText);
    const to = toText !== undefined ? Number(toText) : fromText === undefined || stepText !== undefined ? most : from;
    const step = stepText === undefined ? 1 : Number(stepText);
    if (from < least || to > most || from > to || step < 1) {
      return { fault: `“${part}” is outside ${least} to ${most}` };
    }
    ranges.push({ from, to, step });
  }
  return (value) => ranges.some(({ from, to, step }) => value >= from && value <= to && (value - from) % step === 0);
}
