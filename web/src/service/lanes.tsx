import { type ReactNode, useMemo, useState } from 'react';
import type { SeriesView } from '../../../contract/src/operations/services.ts';
import type { CheckView, TransitionView } from '../../../contract/src/views.ts';
import { useNow } from '../live/use-live.ts';
import { age, clock, dayMs, micros, nbsp, plural, time } from '../parts/format.ts';
import { statusWord } from '../parts/status-shape.tsx';
import { EventsLane, eventsIn, marksOf, StatusLane } from './marks.tsx';
import { Plot } from './plot.tsx';
import { niceTicks, timeTicks } from './scale.ts';
import { type Columns, columnsOf, newest } from './series-columns.ts';
import { useInkKey } from './use-ink-key.ts';

interface Props {
  readonly check: CheckView;
  readonly series: SeriesView;
  readonly transitions: readonly TransitionView[];
  readonly rangeLabel: string;
  readonly stale: boolean;
}

const mainHeight = 150;
const nearLimit = 5;
const fewestForP95 = 20;
const errorsHeight = 36;

export function Lanes({ check, series, transitions, rangeLabel, stale }: Props) {
  const limitUs = check.limitMs === null ? null : check.limitMs * 1000;
  const columns = useMemo(() => columnsOf(series, limitUs), [series, limitUs]);
  const [cursor, setCursor] = useState<number | null>(null);
  const inkKey = `${useInkKey()} ${stale}`;
  const nowMs = useNow(30_000);
  const events = eventsIn(transitions, columns);
  const at = cursor ?? newest(columns.p95) ?? columns.xs.length - 1;
  const atMs = series.startMs[at] ?? columns.fromMs;
  const shared = { columns, series, cursor, setCursor, inkKey };
  const where = (ms: number) => `${((ms - columns.fromMs) / (columns.toMs - columns.fromMs)) * 100}%`;
  return (
    <div className="ta">
      <Row
        first
        one
        label={
          <>
            <strong>Events</strong>
            <span className="dim">
              {events.length === 0 ? 'none' : plural(events.length, 'change')} in {rangeLabel.replace(' ', nbsp)}
            </span>
          </>
        }
      >
        <EventsLane events={events} columns={columns} />
      </Row>
      <Row
        one
        label={
          <>
            <strong>Status</strong>
            <b className={`s-${check.status}`}>{statusWord[check.status]}</b>
          </>
        }
      >
        <StatusLane statuses={series.statuses} columns={columns} />
      </Row>
      {!check.judged && columns.peakUs > 0 && <AnswerLane {...shared} at={at} limitUs={limitUs} />}
      <ErrorsLane {...shared} />
      <div className="ta-foot dim">{cursor === null ? '' : time(atMs, nowMs)}</div>
      <div className="ticks">
        {timeTicks(columns.fromMs, columns.toMs).map((tick) => (
          <span key={tick.atMs} style={{ left: where(tick.atMs) }}>
            {tick.text}
          </span>
        ))}
        <span className="now">
          {columns.toMs - columns.fromMs > 2 * dayMs
            ? 'today, UTC'
            : `${clock(Math.min(nowMs, columns.toMs))}${nbsp}UTC`}
        </span>
      </div>
      <div />
      <div className="hairs" aria-hidden="true">
        {marksOf(events).map(({ worst, at: left }) => (
          <i key={worst.id} className={`s-${worst.to}`} style={{ left: `${left * 100}%` }} />
        ))}
      </div>
    </div>
  );
}

function Row(props: { label: ReactNode; children: ReactNode; scale?: ReactNode; first?: boolean; one?: boolean }) {
  const classes = `${props.first ? 'r0' : ''} ${props.one ? 'one' : ''}`;
  return (
    <>
      <div className={`k ${classes}`}>{props.label}</div>
      <div className={`p pad ${classes}`}>{props.children}</div>
      <div className={`y ${classes}`}>{props.scale}</div>
    </>
  );
}

interface LaneProps {
  readonly columns: Columns;
  readonly series: SeriesView;
  readonly cursor: number | null;
  readonly setCursor: (index: number | null) => void;
  readonly inkKey: string;
}

const legend = [
  ['--fill-3', 'reading'],
  ['--fill-2', 'waiting for it'],
  ['--fill-1', 'network'],
] as const;

function AnswerLane({
  columns,
  series,
  setCursor,
  inkKey,
  at,
  limitUs,
}: LaneProps & { at: number; limitUs: number | null }) {
  // A limit far above would press the curve flat: it is then drawn at the upper edge, and says that it is above.
  const near = limitUs !== null && limitUs < columns.peakUs * nearLimit;
  const peak = Math.max(columns.peakUs, near ? limitUs * 1.05 : 0);
  const lines = niceTicks(peak);
  const top = Math.max(peak * (near || limitUs === null ? 1.04 : 1.25), lines.at(-1) ?? 1);
  const value = columns.p95[at] ?? null;
  const over = value !== null && limitUs !== null && value > limitUs;
  const isAbove = limitUs !== null && limitUs > top;
  const drawnLimit = limitUs === null ? null : isAbove ? top * 0.985 : limitUs;
  const drawn = useMemo(() => {
    const part = (index: number) => {
      const values = columns.stack?.[index];
      return values ? [{ values, fill: `--fill-${index + 1}`, stroke: '--plot-limit', width: 0.5 }] : [];
    };
    return [
      ...part(2),
      ...part(1),
      ...(columns.stack ? [] : [{ values: columns.p50, stroke: '--plot-limit', fill: '--fill-3', width: 1 }]),
      { values: columns.over, fill: '--fill-hot' },
      // The network stays to be seen under what is hot: it tells whose slowness it is.
      ...part(0),
      { values: columns.p95, stroke: '--plot', width: 1.5 },
      { values: columns.over, stroke: '--degraded-mark', width: 2.25 },
    ];
  }, [columns]);
  const y = (us: number) => mainHeight - (us / top) * (mainHeight - 2) + 14 - 7;
  // Under twenty results p95 is the slowest one, and another figure than the p95 of a day.
  const few = (series.count[at] ?? 0) < fewestForP95;
  const figure = value === null ? 'none' : micros(value);
  return (
    <Row
      label={
        <>
          <strong>Answer time</strong>
          <b className={over ? 's-degraded' : undefined}>{figure}</b>
          <span className="lim">
            {few ? 'slowest' : 'p95'} of {age(series.bucketMs)},{' '}
            {limitUs === null ? 'no limit' : `limit ${micros(limitUs)}`}
          </span>
          {columns.parts ? (
            <ul className="leg" aria-label="Mean of the parts">
              {legend.map(([fill, name], i) => {
                const us = columns.parts?.[2 - i]?.[at];
                return (
                  <li key={name}>
                    <i style={{ background: `var(${over && i === 1 ? '--fill-hot' : fill})` }} />
                    {name} <b>{us === null || us === undefined ? '–' : micros(us)}</b>
                  </li>
                );
              })}
            </ul>
          ) : (
            <p className="leg dim">area: median; parts are kept with each result, so shorter spans show them</p>
          )}
        </>
      }
      scale={
        <>
          {lines
            .filter((line) => drawnLimit === null || Math.abs(y(line) - y(drawnLimit)) > 14)
            .map((line) => (
              <span key={line} style={{ top: y(line) }}>
                {micros(line)}
              </span>
            ))}
          {drawnLimit !== null && (
            <span style={{ top: y(drawnLimit) }}>
              {isAbove ? `${micros(limitUs)}\u00a0↑` : `limit ${micros(drawnLimit)}`}
            </span>
          )}
        </>
      }
    >
      <Plot
        label="Answer time over the span; Table shows every value"
        index={at}
        reading={`${time(series.startMs[at] ?? 0, columns.toMs)}: ${few ? 'slowest' : 'p95'} ${figure}`}
        height={mainHeight}
        xs={columns.xs}
        fromMs={columns.fromMs}
        toMs={columns.toMs}
        top={top}
        lines={lines}
        limit={drawnLimit}
        series={drawn}
        syncKey="axis"
        onIndex={setCursor}
        inkKey={inkKey}
      />
    </Row>
  );
}

function ErrorsLane({ columns, series, cursor, setCursor, inkKey }: LaneProps) {
  const total = (column: readonly number[]) => column.reduce((all, one) => all + one, 0);
  const failed = cursor === null ? total(series.failCount) : (series.failCount[cursor] ?? 0);
  const unknown = cursor === null ? total(series.unknownCount) : (series.unknownCount[cursor] ?? 0);
  const top = Math.max(1, columns.peakFailed);
  const drawn = useMemo(
    () => [
      { values: columns.unknown, stroke: '--unknown-mark', width: 1, bars: true },
      { values: columns.failed, fill: '--plot', bars: true },
    ],
    [columns],
  );
  return (
    <Row
      label={
        <>
          <strong>Errors</strong>
          <b>{failed.toLocaleString('en')} failed</b>
          {unknown > 0 && <span className="lim">{unknown.toLocaleString('en')} not known</span>}
        </>
      }
      scale={<span style={{ top: 8 }}>{columns.peakFailed > 0 ? top : ''}</span>}
    >
      <Plot
        label="Failed results over the span; Table shows every value"
        index={cursor ?? columns.xs.length - 1}
        reading={`${failed} failed, ${unknown} not known`}
        height={errorsHeight}
        xs={columns.xs}
        fromMs={columns.fromMs}
        toMs={columns.toMs}
        top={top * 1.1}
        lines={[]}
        limit={null}
        series={drawn}
        syncKey="axis"
        onIndex={setCursor}
        inkKey={inkKey}
      />
    </Row>
  );
}
