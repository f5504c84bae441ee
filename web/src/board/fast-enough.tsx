import type { BoardView } from '../../../contract/src/operations/board.ts';
import { clock, micros, nbsp, percent } from '../parts/format.ts';
import { StepButton } from '../parts/next-step.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { Tile } from '../parts/tile.tsx';

type Row = BoardView['fastEnough']['rows'][number];
const mostRows = 6;

/** Few results: counts say more than a ratio of three. */
function errors(row: Row): string {
  if (row.tellingCount === 0) return 'none yet';
  if (row.tellingCount < 100) return `${row.failCount} of ${row.tellingCount}`;
  const ratio = row.failCount / row.tellingCount;
  return row.failCount === 0 ? `0${nbsp}%` : percent(Math.max(ratio, 0.0001), ratio < 0.01 ? 2 : 1);
}

function FastRow({ row }: { row: Row }) {
  const trouble = row.status === 'degraded' || row.status === 'down';
  const over = row.figureUs !== null && row.limitUs !== null && row.figureUs > row.limitUs;
  return (
    <tr data-row>
      <td className="nm">
        {trouble && <StatusShape status={row.status} label={statusWord[row.status]} />}
        <PageLink href={`/services/${row.serviceId}`}>{row.title}</PageLink>
      </td>
      <td className="sp">
        <Sparkline points={row.spark} limit={row.limitUs} status={row.status} />
      </td>
      <td
        className={`num v ${over ? `s-${trouble ? row.status : 'degraded'}` : ''}`}
        title={`${row.figureName === 'p95' ? 'p95, nearest rank' : 'the slowest'}, n ${row.sampledCount}`}
      >
        {row.figureUs === null ? <span className="dim">none</span> : micros(row.figureUs)}
      </td>
      <td className="num dim">{row.limitUs === null ? 'none' : micros(row.limitUs)}</td>
      <td className={`num ${row.failCount > 0 && trouble ? `s-${row.status}` : 'mut'}`}>{errors(row)}</td>
    </tr>
  );
}

export function FastEnough({ view }: { view: BoardView }) {
  const { line, rows, fills } = view.fastEnough;
  const figure = rows.every((row) => row.figureName === 'slowest') ? 'Slowest' : 'p95';
  return (
    <Tile title="Fast enough" keyNumber={2} className="t-fast" sum={line}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="vh">Check</span>
            </th>
            <th scope="col">
              24{nbsp}h to {clock(view.atMs)}
              {nbsp}UTC
            </th>
            <th scope="col" className="num">
              {figure}
            </th>
            <th scope="col" className="num">
              Limit
            </th>
            <th scope="col" className="num">
              Errors
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostRows).map((row) => (
            <FastRow key={row.key} row={row} />
          ))}
        </tbody>
      </table>
      {fills.length > 0 && (
        <dl className="when">
          {fills.slice(0, Math.max(0, mostRows - rows.length)).map((fill) => (
            <div key={fill.label}>
              <dt>{fill.label}</dt>
              <dd>
                {fill.text} {fill.next && <StepButton step={fill.next} className="linkish ev" />}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Tile>
  );
}
