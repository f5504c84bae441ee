import type { BoardView } from '../../../contract/src/operations/board.ts';
import { Tile } from '../parts/tile.tsx';

const months = 'January February March April May June July August September October November December'.split(' ');

/** No promise can be made in this version; what one would allow is arithmetic, and useful before it is made. */
export function Promises({ view }: { view: BoardView }) {
  const { line, offers, note } = view.promises;
  return (
    <Tile title="Promises kept" keyNumber={3} className="t-prom none" sum={line}>
      {offers.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Promise</th>
              <th scope="col" className="num">
                {months[new Date(view.atMs).getUTCMonth()]} allows
              </th>
            </tr>
          </thead>
          <tbody>
            {offers.map((offer) => (
              <tr key={offer.title}>
                <td className="nm">{offer.title}</td>
                <td className="num mut">{offer.allows}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="fill">{note}</p>
    </Tile>
  );
}
