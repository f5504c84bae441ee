import { Fragment } from 'react';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { EmptyNote, Tile } from '../parts/tile.tsx';

export function SafeToLose({ view }: { view: BoardView }) {
  const { line, rows } = view.safeToLose;
  return (
    <Tile title="Safe to lose" keyNumber={4} className="t-safe" sum={line}>
      {rows.length === 0 && (
        <EmptyNote
          lead="Nothing is proven yet."
          rest="Restores, drills, room and certificates stand here once one was seen."
        />
      )}
      <table>
        <tbody>
          {rows.map((row) => {
            const trouble = row.status === 'degraded' || row.status === 'down';
            return (
              <Fragment key={row.title}>
                <tr>
                  <td className="nm">
                    {trouble && row.status && <StatusShape status={row.status} label={statusWord[row.status]} />}
                    {row.title}
                  </td>
                  <td className={`num ${row.status === null ? 'dim' : trouble ? `v s-${row.status}` : 'v'}`}>
                    {row.value}
                  </td>
                </tr>
                <tr className="b">
                  <td colSpan={2} className="dim">
                    {row.detail}
                  </td>
                </tr>
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </Tile>
  );
}
