/** Numbers, times and ages as LOOK.md writes them: UTC, and a no-break space before every unit. */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
export const nbsp = ' ';

const two = (n: number): string => String(n).padStart(2, '0');

/** 09:14 */
export function clock(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** 09:14:05 */
export function clockSeconds(atMs: number): string {
  return `${clock(atMs)}:${two(new Date(atMs).getUTCSeconds())}`;
}

/** 13 Oct */
export function dayName(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getUTCDate()}${nbsp}${months[at.getUTCMonth()]}`;
}

/** Tue 14 Oct 09:42 UTC */
export function fullTime(atMs: number): string {
  return `${weekdays[new Date(atMs).getUTCDay()]} ${dayName(atMs)} ${clock(atMs)}${nbsp}UTC`;
}

export const dayMs = 86_400_000;
export const dayOf = (atMs: number): number => Math.floor(atMs / dayMs);

/** 09:14 UTC, and 13 Oct 18:20 UTC when that is not today. */
export function time(atMs: number, nowMs: number): string {
  const short = `${clock(atMs)}${nbsp}UTC`;
  return dayOf(atMs) === dayOf(nowMs) ? short : `${dayName(atMs)} ${short}`;
}

/** The same with seconds, for rows that may be seconds apart. */
export function timeSeconds(atMs: number, nowMs: number): string {
  const short = `${clockSeconds(atMs)}${nbsp}UTC`;
  return dayOf(atMs) === dayOf(nowMs) ? short : `${dayName(atMs)} ${short}`;
}

/** 20 s · 28 min · 3 h 10 min · 6 d. Rounded down: something 59 s old is not a minute old. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}${nbsp}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${nbsp}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}${nbsp}h` : `${hours}${nbsp}h ${minutes % 60}${nbsp}min`;
  return `${Math.floor(hours / 24)}${nbsp}d`;
}

/** 32 s · 1 min 14 s: for the line at the top, where seconds say that it still counts. */
export function ageSeconds(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60 || seconds >= 600) return age(ms);
  return `${Math.floor(seconds / 60)}${nbsp}min ${seconds % 60}${nbsp}s`;
}

/** 0.4 ms · 14 ms · 0.62 s · 6.1 s · 30 s, from microseconds. */
export function micros(us: number): string {
  const ms = us / 1000;
  if (ms < 1) return `${ms < 0.1 ? ms.toFixed(2) : ms.toFixed(1)}${nbsp}ms`;
  if (ms < 99.5) return `${Math.round(ms)}${nbsp}ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)}${nbsp}s`;
  return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')}${nbsp}s`;
}

/** 99.98 %; never rounded up to 100 while something was down. */
export function percent(ratio: number, digits = 2): string {
  const factor = 10 ** (digits + 2);
  const shown = ratio >= 1 ? 100 : Math.floor(ratio * factor) / (factor / 100);
  return `${shown === 100 ? '100' : shown.toFixed(digits)}${nbsp}%`;
}

export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')}${nbsp}${units[unit]}`;
}

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** 30 s · 5 min, for an interval. */
export const every = (ms: number): string => `every ${age(ms)}`;
