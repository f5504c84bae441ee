/** The two lanes that are not curves: what happened, and which status held. */
import { useState } from 'react';
import type { SeriesView } from '../../../contract/src/operations/services.ts';
import type { TransitionView } from '../../../contract/src/views.ts';
import type { Status } from '../../../contract/src/vocabulary.ts';
import { clock, dayMs, dayName } from '../parts/format.ts';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import type { Columns } from './series-columns.ts';

type Span = Pick<Columns, 'fromMs' | 'toMs'>;
export interface AxisEvent {
  readonly change: TransitionView;
  /** 0 is the left end of the axis, 1 the right one. */
  readonly at: number;
}

export function eventsIn(transitions: readonly TransitionView[], { fromMs, toMs }: Span): readonly AxisEvent[] {
  return transitions
    .filter(({ effectiveAtMs }) => effectiveAtMs >= fromMs && effectiveAtMs <= toMs)
    .map((change) => ({ change, at: (change.effectiveAtMs - fromMs) / (toMs - fromMs) }))
    .toReversed();
}

/** How wide a label is, as a share of the lane; labels that would touch are left out and stay in the tip. */
function labelShare(changes: number): number {
  return changes > 1 || window.innerWidth < 940 ? 0.21 : 0.12;
}
/** Marks nearer than this would cover each other: they become one, with the worst of their shapes. */
const markShare = 0.016;
const shortWord: Record<Status, string> = {
  up: 'Up',
  degraded: 'Slow',
  down: 'Down',
  unknown: 'Unknown',
  maintenance: 'Upgrade',
};
export const severity: Record<Status, number> = { up: 0, maintenance: 1, unknown: 2, degraded: 3, down: 4 };

export interface AxisMark {
  readonly worst: TransitionView;
  readonly changes: readonly TransitionView[];
  readonly at: number;
}

/** An outage that ended within a pixel or two stays to be seen: its end may not cover it. */
export function marksOf(events: readonly AxisEvent[]): readonly AxisMark[] {
  const marks: AxisMark[] = [];
  for (const { change, at } of events) {
    const before = marks.at(-1);
    if (before === undefined || at - before.at >= markShare) marks.push({ worst: change, changes: [change], at });
    else {
      const worst = severity[change.to] > severity[before.worst.to] ? change : before.worst;
      marks[marks.length - 1] = { worst, changes: [...before.changes, change], at: before.at };
    }
  }
  return marks;
}

export function EventsLane({ events, columns }: { events: readonly AxisEvent[]; columns: Span }) {
  const [open, setOpen] = useState<number | null>(null);
  const long = columns.toMs - columns.fromMs > 2 * dayMs;
  const when = (ms: number) => (long ? dayName(ms) : clock(ms));
  const sentence = (change: TransitionView) =>
    `${shortWord[change.to]} ${when(change.effectiveAtMs)}${long ? ` ${clock(change.effectiveAtMs)}` : ''} UTC: ${change.sentence}`;
  const marks = marksOf(events);
  let freeFrom = 0;
  return (
    <div className="evs">
      {marks.map(({ worst, changes, at }, index) => {
        const share = labelShare(changes.length);
        const pull = at > 1 - share;
        const next = marks[index + 1]?.at ?? 2;
        const room = pull ? at - share >= freeFrom : next - at >= share;
        freeFrom = room && !pull ? at + share : at + 0.01;
        return (
          <button
            key={worst.id}
            type="button"
            className={`e linkish ${pull ? 'pull' : ''}`}
            style={{ left: `${at * 100}%` }}
            aria-label={changes.map(sentence).join('; ')}
            onFocus={() => setOpen(worst.id)}
            onBlur={() => setOpen(null)}
            onPointerEnter={() => setOpen(worst.id)}
            onPointerLeave={() => setOpen(null)}
          >
            <StatusShape status={worst.to} />
            {room && (
              <span>
                {shortWord[worst.to]}{' '}
                <em>
                  {when(worst.effectiveAtMs)}
                  {changes.length > 1 && `, ${changes.length} changes`}
                </em>
              </span>
            )}
            {open === worst.id && (
              <span className={`tip ${at > 0.5 ? 'end' : ''}`}>
                {changes.length > 1 ? changes.map(sentence).join('; ') : worst.sentence}
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}

const bar: Record<Status, { height: number; style: Record<string, string> }> = {
  up: { height: 4, style: { fill: 'var(--up-tick)' } },
  degraded: { height: 9, style: { fill: 'var(--degraded-mark)' } },
  down: { height: 14, style: { fill: 'var(--down-mark)' } },
  unknown: { height: 5, style: { fill: 'none', stroke: 'var(--unknown-mark)' } },
  maintenance: { height: 9, style: { fill: 'none', stroke: 'var(--maintenance-mark)' } },
};

export function StatusLane({ statuses, columns }: { statuses: SeriesView['statuses']; columns: Span }) {
  const x = (ms: number) => Math.min(1, Math.max(0, (ms - columns.fromMs) / (columns.toMs - columns.fromMs))) * 900;
  const trouble = statuses.filter(({ status }) => status !== 'up');
  const label =
    trouble.length === 0
      ? 'Up over the whole span'
      : trouble
          .slice(-5)
          .map((one) => `${statusWord[one.status]} from ${clock(one.fromMs)} to ${clock(one.toMs)} UTC`)
          .join('; ');
  return (
    <svg viewBox="0 0 900 14" height="14" className="lane" preserveAspectRatio="none" role="img" aria-label={label}>
      {statuses.map((one) => {
        const { height, style } = bar[one.status];
        return (
          <rect
            key={one.fromMs}
            x={x(one.fromMs)}
            width={Math.max(1.5, x(one.toMs) - x(one.fromMs))}
            y={14 - height}
            height={height}
            style={style}
            vectorEffect="non-scaling-stroke"
          >
            <title>{one.sentence}</title>
          </rect>
        );
      })}
    </svg>
  );
}
