import type { SeriesView } from '../../../contract/src/operations/services.ts';
import { useNow } from '../live/use-live.ts';
import { age, micros, nbsp, time, timeSeconds } from '../parts/format.ts';
import { statusWord } from '../parts/status-shape.tsx';
import { severity } from './marks.tsx';

const figure = (us: number | null | undefined) => (us === null || us === undefined ? '–' : micros(us));

/** The same buckets as rows, newest first; empty ones are left out. */
export function SeriesTable({ series, timed }: { series: SeriesView; timed: boolean }) {
  const nowMs = useNow(60_000);
  const when = series.bucketMs < 60_000 ? timeSeconds : time;
  const rows = series.startMs
    .map((startMs, i) => ({ startMs, i }))
    .filter(({ i }) => (series.count[i] ?? 0) + (series.unknownCount[i] ?? 0) > 0)
    .toReversed();
  // The worst that held: “up” beside eight failures of ten would hide what the row is about.
  const statusAt = (startMs: number) => {
    const held = series.statuses
      .filter((one) => one.fromMs < startMs + series.bucketMs && one.toMs > startMs)
      .map(({ status }) => status);
    const worst = held.toSorted((a, b) => severity[b] - severity[a])[0];
    return worst === undefined ? '–' : statusWord[worst];
  };
  return (
    <div
      className={timed ? 'series-table' : 'series-table untimed'}
      role="region"
      aria-label="The axis as a table"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">From, each {age(series.bucketMs)}</th>
            <th scope="col">Status</th>
            <th scope="col" className="num">
              Results
            </th>
            {timed && (
              <>
                {' '}
                <th scope="col" className="num">
                  Median
                </th>
                <th scope="col" className="num">
                  p95
                </th>
                <th scope="col" className="num">
                  Slowest
                </th>
              </>
            )}
            <th scope="col" className="num">
              Failed
            </th>
            <th scope="col" className="num">
              Not{nbsp}known
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ startMs, i }) => (
            <tr key={startMs}>
              <td className="mut nw">{when(startMs, nowMs)}</td>
              <td>{statusAt(startMs)}</td>
              <td className="num mut">{series.count[i]}</td>
              {timed && (
                <>
                  {' '}
                  <td className="num">{figure(series.p50Us[i])}</td>
                  <td className="num">{figure(series.p95Us[i])}</td>
                  <td className="num mut">{figure(series.maxUs[i])}</td>
                </>
              )}
              <td className="num">{series.failCount[i]}</td>
              <td className="num mut">{series.unknownCount[i]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
