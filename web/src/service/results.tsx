import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ResultView } from '../../../contract/src/operations/services.ts';
import type { CheckView } from '../../../contract/src/views.ts';
import { resultsQuery } from '../api/queries.ts';
import { useNow } from '../live/use-live.ts';
import { micros, timeSeconds } from '../parts/format.ts';
import { StatusShape, statusOfOutcome } from '../parts/status-shape.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';

interface Props {
  readonly serviceId: string;
  readonly check: CheckView;
  readonly open: (result: ResultView) => void;
}

/** What happened last is seen at once; what is below the list is not pushed away by it. */
const firstRows = 8;

export function Results({ serviceId, check, open }: Props) {
  const results = useInfiniteQuery(resultsQuery(serviceId, check.checkId));
  const nowMs = useNow(60_000);
  const loaded = results.data?.pages.flatMap((page) => page.results) ?? [];
  const [all, setAll] = useState(false);
  const rows = all ? loaded : loaded.slice(0, firstRows);
  const older = () => {
    if (all) void results.fetchNextPage();
    else setAll(true);
  };
  return (
    <Tile title="Results" keyNumber={4} className="c8 t-results" sum={`of ${check.title}, newest first, times UTC`}>
      {results.error && !results.data && (
        <ProblemNote what="Results could not be read." error={results.error} retry={() => void results.refetch()} />
      )}
      {results.data && rows.length === 0 && (
        <EmptyNote lead="No result yet." rest="The first comes with its next turn; Run now asks at once." />
      )}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Result</th>
              <th scope="col" className="num">
                Took
              </th>
              <th scope="col" className="num">
                Evidence
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((result) => (
              <ResultRow key={result.slotMs} result={result} nowMs={nowMs} open={() => open(result)} />
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

function ResultRow({ result, nowMs, open }: { result: ResultView; nowMs: number; open: () => void }) {
  const notes = [
    result.suspect && 'suspect: Pitwall was late itself',
    result.attempts > 1 && `${result.attempts} tries`,
    result.missed && 'missed',
  ].filter(Boolean);
  return (
    <tr data-row>
      <td className="mut nw">{timeSeconds(result.slotMs, nowMs)}</td>
      <td>
        <StatusShape status={statusOfOutcome[result.outcome]} label={result.outcome} /> {result.sentence}
        {notes.length > 0 && <small className="dim"> {notes.join(', ')}</small>}
      </td>
      <td className="num">{result.totalUs === null ? <span className="dim">–</span> : micros(result.totalUs)}</td>
      <td className="num">
        {result.evidence === null ? (
          <span className="dim">{result.outcome === 'fail' || result.outcome === 'degraded' ? 'as before' : '–'}</span>
        ) : (
          <button type="button" className="linkish ev" onClick={open}>
            {result.evidence.statusCode === undefined ? 'what was seen' : `answer ${result.evidence.statusCode}`}
          </button>
        )}
      </td>
    </tr>
  );
}
