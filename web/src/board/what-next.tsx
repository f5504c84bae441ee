import { useRef } from 'react';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import { StepButton } from '../parts/next-step.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { useSteadyOrder } from '../parts/steady-order.ts';
import { EmptyNote, Tile } from '../parts/tile.tsx';

const mostRows = 5;

/** `npm start`, `./pitwall …` and files look like what they are. */
const isCommand = (text: string) => /^(\.\/|npm |[\w-]+\.ya?ml$)/.test(text);

export function WhatNext({ view }: { view: BoardView }) {
  const list = useRef<HTMLOListElement>(null);
  const steady = useSteadyOrder(view.whatNext, (row) => row.title, list);
  const sum =
    view.whatNext.length > mostRows ? `${mostRows} of ${view.whatNext.length}, worth most first` : 'worth most first';
  return (
    <Tile title="What next" keyNumber={5} className="t-next" sum={view.whatNext.length === 0 ? 'nothing' : sum}>
      {view.whatNext.length === 0 ? (
        <EmptyNote
          lead="Nothing needs doing."
          rest="What is worth doing stands here, with its evidence and one button."
        />
      ) : (
        <ol ref={list}>
          {steady.slice(0, mostRows).map((row, index) => (
            <li key={row.title} data-row>
              <span className="rank">{index + 1}</span>
              <div>
                <h3>{row.title}</h3>
                <p>
                  {row.why}{' '}
                  {row.evidence && (
                    <PageLink className="ev" href={row.evidence.href}>
                      {isCommand(row.evidence.text) ? (
                        <span className="mono">{row.evidence.text}</span>
                      ) : (
                        row.evidence.text
                      )}
                    </PageLink>
                  )}
                </p>
              </div>
              <StepButton step={row.next} />
            </li>
          ))}
        </ol>
      )}
    </Tile>
  );
}
