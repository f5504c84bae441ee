import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ResultView } from '../../../contract/src/operations/services.ts';
import type { CheckView } from '../../../contract/src/views.ts';
import type { Outcome } from '../../../contract/src/vocabulary.ts';
import { call } from '../api/client.ts';
import { resultsQuery } from '../api/queries.ts';
import { useNow } from '../live/use-live.ts';
import { micros, timeSeconds } from '../parts/format.ts';
import { StatusShape, statusOfOutcome } from '../parts/status-shape.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { toastBad, toastFailed } from '../shell/toast.ts';

interface Props {
  readonly serviceId: string;
  readonly check: CheckView;
  readonly outcome: Outcome | undefined;
  readonly choose: (outcome: Outcome | undefined) => void;
  readonly open: (result: ResultView) => void;
}

/** What happened last is seen at once; what is below the list is not pushed away by it. */
const firstRows = 8;

const filters: readonly { readonly outcome: Outcome | undefined; readonly label: string; readonly none: string }[] = [
  { outcome: undefined, label: 'All', none: '' },
  { outcome: 'fail', label: 'Failed', none: 'No result failed since it is watched.' },
  { outcome: 'degraded', label: 'Degraded', none: 'No result was degraded since it is watched.' },
  { outcome: 'unknown', label: 'Unknown', none: 'Every result said something since it is watched.' },
  { outcome: 'pass', label: 'Passed', none: 'No result passed since it is watched.' },
];

export function Results({ serviceId, check, outcome, choose, open }: Props) {
  const results = useInfiniteQuery(resultsQuery(serviceId, check.checkId, outcome));
  const nowMs = useNow(60_000);
  const loaded = results.data?.pages.flatMap((page) => page.results) ?? [];
  const [all, setAll] = useState(false);
  const rows = all ? loaded : loaded.slice(0, firstRows);
  const older = () => {
    if (all) void results.fetchNextPage();
    else setAll(true);
  };
  return (
    <Tile
      title="Results"
      keyNumber={4}
      className="c8 t-results"
      sum={`of ${check.title}, newest first, times UTC`}
      more={
        <span className="range">
          {filters.map((one) => (
            <button
              key={one.label}
              type="button"
              aria-pressed={one.outcome === outcome}
              onClick={() => choose(one.outcome)}
            >
              {one.label}
            </button>
          ))}
        </span>
      }
    >
      {results.error && !results.data && (
        <ProblemNote what="Results could not be read." error={results.error} retry={() => void results.refetch()} />
      )}
      {results.data && rows.length === 0 && <NoResults outcome={outcome} />}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Result</th>
              <th scope="col" className="num">
                {check.judged ? <span className="vh">No time taken</span> : 'Took'}
              </th>
              <th scope="col" className="num">
                Evidence
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((result) => (
              <ResultRow key={result.slotMs} of={{ serviceId, check }} result={result} nowMs={nowMs} open={open} />
            ))}
          </tbody>
        </table>
      )}
      {(results.hasNextPage || rows.length < loaded.length) && (
        <p className="go">
          <button type="button" className="btn" disabled={results.isFetchingNextPage} onClick={older}>
            Older
          </button>
        </p>
      )}
    </Tile>
  );
}

function NoResults({ outcome }: { outcome: Outcome | undefined }) {
  const filter = filters.find((one) => one.outcome === outcome);
  if (outcome !== undefined && filter !== undefined) {
    return (
      <EmptyNote lead={filter.none} rest="Single results are kept for 35 days; days and hours above for longer." />
    );
  }
  return <EmptyNote lead="No result yet." rest="The first comes with its next turn; Run now asks at once." />;
}

interface RowProps {
  readonly of: { readonly serviceId: string; readonly check: CheckView };
  readonly result: ResultView;
  readonly nowMs: number;
  readonly open: (result: ResultView) => void;
}

function ResultRow({ of, result, nowMs, open }: RowProps) {
  const notes = [
    result.suspect && 'suspect: Pitwall was late itself',
    result.attempts > 1 && `${result.attempts} tries`,
    result.missed && 'missed',
  ].filter(Boolean);
  const took = result.totalUs === null ? <span className="dim">–</span> : micros(result.totalUs);
  return (
    <tr data-row>
      <td className="mut nw">{timeSeconds(result.slotMs, nowMs)}</td>
      <td>
        <StatusShape status={statusOfOutcome[result.outcome]} label={result.outcome} /> {result.sentence}
        {notes.length > 0 && <small className="dim"> {notes.join(', ')}</small>}
      </td>
      <td className="num">{of.check.judged ? '' : took}</td>
      <td className="num">
        {result.evidence !== null ? (
          <button type="button" className="linkish ev" onClick={() => open(result)}>
            {result.evidence.statusCode === undefined ? 'what was seen' : `answer ${result.evidence.statusCode}`}
          </button>
        ) : result.sameAsMs === null ? (
          <span className="dim">–</span>
        ) : (
          <Same of={of} slotMs={result.sameAsMs} nowMs={nowMs} open={open} />
        )}
      </td>
    </tr>
  );
}

/** What did not change was kept once, perhaps days ago: it is fetched when somebody asks. */
function Same({ of, slotMs, nowMs, open }: Omit<RowProps, 'result'> & { slotMs: number }) {
  const fetched = useMutation({
    mutationFn: () =>
      call('results.list', { serviceId: of.serviceId, checkId: of.check.checkId, beforeMs: slotMs + 1, limit: 1 }),
    onSuccess: ({ results }) => {
      const kept = results.find((one) => one.slotMs === slotMs && one.evidence !== null);
      if (kept) open(kept);
      else toastBad('What it saw is no longer kept');
    },
    onError: (error) => toastFailed('What it saw could not be read', error),
  });
  return (
    <button type="button" className="linkish ev" disabled={fetched.isPending} onClick={() => fetched.mutate()}>
      as at {timeSeconds(slotMs, nowMs)}
    </button>
  );
}
