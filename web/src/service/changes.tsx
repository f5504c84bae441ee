import { useState } from 'react';
import type { TransitionView } from '../../../contract/src/views.ts';
import { useNow } from '../live/use-live.ts';
import { age, time } from '../parts/format.ts';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { EmptyNote, Tile } from '../parts/tile.tsx';

const mostRows = 6;

export function Changes({ transitions }: { transitions: readonly TransitionView[] }) {
  const [all, setAll] = useState(false);
  const nowMs = useNow(60_000);
  const shown = all ? transitions : transitions.slice(0, mostRows);
  return (
    <Tile title="Changes" keyNumber={5} className="c4" sum={transitions.length === 0 ? 'none yet' : 'newest first'}>
      {transitions.length === 0 && (
        <EmptyNote
          lead="Its status has not changed."
          rest="Each change stands here, with why, and when it could be known."
        />
      )}
      <ul className="chg">
        {shown.map((change) => (
          <li key={change.id}>
            <StatusShape status={change.to} label={statusWord[change.to]} />
            <div>
              <p>{change.sentence}</p>
              <p className="dim">
                {time(change.effectiveAtMs, nowMs)}
                {change.decidedAtMs - change.effectiveAtMs >= 1_000 &&
                  `; sure after ${age(change.decidedAtMs - change.effectiveAtMs)}`}
                , was {statusWord[change.from]}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {transitions.length > mostRows && (
        <p className="go">
          <button type="button" className="linkish ev" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `All ${transitions.length}`}
          </button>
        </p>
      )}
    </Tile>
  );
}
