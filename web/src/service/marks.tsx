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

/** A label is about this wide, as a share of the lane; labels that would touch are left out and stay in the tip. */
const labelShare = 0.12;
const shortWord: Record<Status, string> = {
  up: 'Up',
  degraded: 'Slow',
  down: 'Down',
  unknown: 'Unknown',
  maintenance: 'Upgrade',
};

export function EventsLane({ events, columns }: { events: readonly AxisEvent[]; columns: Span }) {
  const [open, setOpen] = useState<number | null>(null);
  const long = columns.toMs - columns.fromMs > 2 * dayMs;
  let freeFrom = 0;
  return (
    <div className="evs">
      {events.map(({ change, at }, index) => {
        const pull = at > 1 - labelShare;
        const next = events[index + 1]?.at ?? 2;
        const room = pull ? at - labelShare >= freeFrom : next - at >= labelShare;
        freeFrom = room && !pull ? at + labelShare : at + 0.01;
        const when = long ? dayName(change.effectiveAtMs) : clock(change.effectiveAtMs);
        return (
          <button
            key={change.id}
            type="button"
            className={`e linkish ${pull ? 'pull' : ''}`}
            style={{ left: `${at * 100}%` }}
            aria-label={`${shortWord[change.to]} ${when}${long ? ` ${clock(change.effectiveAtMs)}` : ''} UTC: ${change.sentence}`}
            onFocus={() => setOpen(change.id)}
            onBlur={() => setOpen(null)}
            onPointerEnter={() => setOpen(change.id)}
            onPointerLeave={() => setOpen(null)}
          >
            <StatusShape status={change.to} />
            {room && (
              <span>
                {shortWord[change.to]} <em>{when}</em>
              </span>
            )}
            {open === change.id && <span className={`tip ${at > 0.5 ? 'end' : ''}`}>{change.sentence}</span>}
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
