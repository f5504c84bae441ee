/** 90 days as 90 ticks. Height and form say the status as well as colour does; arrow keys walk the days. */
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import type { ServiceView } from '../../../contract/src/views.ts';
import { age, dayMs, dayName } from './format.ts';

type StripView = ServiceView['strip'];

const step = 4;
const ticks: Record<string, { path: (x: number) => string; style: Record<string, string> }> = {
  u: { path: (x) => `M${x} 18v-4h3v4z`, style: { fill: 'var(--up-tick)' } },
  g: { path: (x) => `M${x} 18v-11h3v11z`, style: { fill: 'var(--degraded-mark)' } },
  d: { path: (x) => `M${x} 18v-18h3v18z`, style: { fill: 'var(--down-mark)' } },
  n: { path: (x) => `M${x + 0.5} 17.5v-5h2v5z`, style: { fill: 'none', stroke: 'var(--unknown-mark)' } },
  m: { path: (x) => `M${x + 0.5} 17.5v-10h2v10z`, style: { fill: 'none', stroke: 'var(--maintenance-mark)' } },
  '.': { path: (x) => `M${x + 1} 17.5h1`, style: { stroke: 'var(--line-2)' } },
};
const words: Record<string, string> = {
  u: 'up all day',
  g: 'slow or impaired',
  d: 'down',
  n: 'not known',
  m: 'in maintenance',
  '.': 'not watched yet',
};

/** “13 Oct: down 28 min, slow 5 min.” */
export function daySentence(strip: StripView, day: number): string {
  const letter = strip.days[day] ?? '.';
  const name = dayName(strip.firstDayMs + day * dayMs);
  const trouble = strip.trouble.find((one) => one.day === day);
  const today = day === strip.days.length - 1;
  if (letter === 'u') return `${name}: ${today ? 'up so far' : words.u}`;
  if (trouble === undefined) return `${name}: ${words[letter] ?? 'not known'}`;
  const parts = [
    trouble.downMs > 0 && `down ${age(trouble.downMs)}`,
    trouble.degradedMs > 0 && `slow or impaired ${age(trouble.degradedMs)}`,
    trouble.unknownMs > 0 && `not known ${age(trouble.unknownMs)}`,
    letter === 'm' && 'in maintenance',
  ].filter(Boolean);
  return `${name}: ${parts.length === 0 ? words[letter] : parts.join(', ')}`;
}

function walk(event: KeyboardEvent, day: number, last: number): number | null {
  const to: Record<string, number> = {
    ArrowLeft: day - 1,
    ArrowDown: day - 1,
    ArrowRight: day + 1,
    ArrowUp: day + 1,
    PageDown: day - 7,
    PageUp: day + 7,
    Home: 0,
    End: last,
  };
  const next = to[event.key];
  return next === undefined ? null : Math.min(last, Math.max(0, next));
}

export function Strip({ strip, name }: { strip: StripView; name: string }) {
  const count = strip.days.length;
  const width = count * step - 1;
  const [day, setDay] = useState(count - 1);
  const [shown, setShown] = useState(false);
  const at = Math.min(day, count - 1);
  const sentence = daySentence(strip, at);
  const letters = [...new Set(strip.days)];
  const onKeyDown = (event: KeyboardEvent) => {
    const next = walk(event, at, count - 1);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    setDay(next);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const under = Math.floor(((event.clientX - box.left) / box.width) * count);
    setDay(Math.min(count - 1, Math.max(0, under)));
    setShown(true);
  };
  return (
    <div
      className="stripbox"
      role="slider"
      tabIndex={0}
      aria-label={`${name}, last ${count} days`}
      aria-valuemin={1}
      aria-valuemax={count}
      aria-valuenow={at + 1}
      aria-valuetext={sentence}
      onKeyDown={onKeyDown}
      onPointerMove={onPointerMove}
      onPointerLeave={() => setShown(false)}
      onFocus={() => setShown(true)}
      onBlur={() => setShown(false)}
    >
      <svg
        className="strip"
        viewBox={`0 0 ${width} 18`}
        width={width}
        height="18"
        preserveAspectRatio="none"
        aria-hidden
      >
        {letters.map((letter) => (
          <path
            key={letter}
            style={ticks[letter]?.style}
            d={[...strip.days].map((one, index) => (one === letter ? ticks[letter]?.path(index * step) : '')).join('')}
          />
        ))}
        {shown && <path d={`M${at * step + 1.5} -3v2.5`} style={{ stroke: 'var(--ink)' }} strokeWidth="3" />}
      </svg>
      {shown && (
        <span
          className={`tip ${at > count / 2 ? 'left' : ''}`}
          style={at > count / 2 ? { right: `${100 - ((at + 1) / count) * 100}%` } : { left: `${(at / count) * 100}%` }}
        >
          {sentence}
        </span>
      )}
    </div>
  );
}
