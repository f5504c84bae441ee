/** All that happened to one check, on one axis: events, status, answer time, errors. */
import { useQuery } from '@tanstack/react-query';
import type { CheckView, TransitionView } from '../../../contract/src/views.ts';
import { seriesQuery } from '../api/queries.ts';
import { type Range, rangeNames, ranges, spanAt } from '../api/range.ts';
import { serverNow } from '../live/live.ts';
import { useLive } from '../live/use-live.ts';
import { nbsp } from '../parts/format.ts';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { Lanes } from './lanes.tsx';
import { SeriesTable } from './series-table.tsx';

interface Props {
  readonly serviceId: string;
  /** Since when the service is watched. */
  readonly sinceMs: number;
  readonly check: CheckView;
  readonly checks: readonly CheckView[];
  readonly transitions: readonly TransitionView[];
  readonly range: Range;
  readonly table: boolean;
  readonly set: (next: { range?: Range; check?: string; table?: boolean }) => void;
}

export function TimeAxis({ serviceId, sinceMs, check, checks, transitions, range, table, set }: Props) {
  const { checkId, intervalMs } = check;
  const series = useQuery(seriesQuery({ serviceId, checkId, intervalMs, sinceMs }, range, serverNow));
  const { young } = spanAt(range, serverNow(), intervalMs, sinceMs);
  const long = ranges[range].label.replace(' ', nbsp);
  const live = useLive();
  const empty = series.data?.count.every((count, i) => count + (series.data?.unknownCount[i] ?? 0) === 0);
  return (
    <Tile
      title={young ? 'Since it is watched, on one axis' : `${ranges[range].title} on one axis`}
      keyNumber={1}
      className="axis-tile"
      sum={<ChooseCheck check={check} checks={checks} choose={(id) => set({ check: id })} />}
      more={
        <span className="range">
          {rangeNames.map((name) => (
            <button key={name} type="button" aria-pressed={name === range} onClick={() => set({ range: name })}>
              {ranges[name].label}
            </button>
          ))}
          <button type="button" aria-pressed={table} onClick={() => set({ table: !table })}>
            Table
          </button>
        </span>
      }
    >
      {series.error && !series.data && (
        <ProblemNote what={`${long} could not be read.`} error={series.error} retry={() => void series.refetch()} />
      )}
      {!series.data && !series.error && <div className="axis-frame dash">–</div>}
      {series.data && empty && (
        <EmptyNote
          lead={`No result in these ${long}.`}
          rest={`${check.judged ? 'Status' : 'Status, answer time'} and errors stand here from its first result on.`}
        />
      )}
      {series.data && !empty && table && <SeriesTable series={series.data} timed={!check.judged} />}
      {series.data && !empty && !table && (
        <Lanes
          check={check}
          series={series.data}
          transitions={transitions}
          rangeLabel={young ? 'all' : ranges[range].label}
          stale={live.phase !== 'live'}
        />
      )}
    </Tile>
  );
}

interface ChooseProps {
  readonly check: CheckView;
  readonly checks: readonly CheckView[];
  readonly choose: (checkId: string) => void;
}

function ChooseCheck({ check, checks, choose }: ChooseProps) {
  if (checks.length < 2) return <>{check.title}</>;
  return (
    <select
      className="choose"
      aria-label="Check on the axis"
      value={check.checkId}
      onChange={(event) => choose(event.target.value)}
    >
      {checks.map((one) => (
        <option key={one.checkId} value={one.checkId}>
          {one.title}
        </option>
      ))}
    </select>
  );
}
