import { useQuery } from '@tanstack/react-query';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import { boardQuery } from '../api/queries.ts';
import { AddAddress } from '../parts/add-address.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { ProblemNote, Tile } from '../parts/tile.tsx';
import { boardLabels, Verdict, VerdictFrame } from '../parts/verdict.tsx';
import './board.css';
import './up-now.css';
import './tiles.css';
import './found.css';
import './first-run.css';
import { FastEnough } from './fast-enough.tsx';
import { Found, FoundLater } from './found.tsx';
import { Promises } from './promises.tsx';
import { SafeToLose } from './safe-to-lose.tsx';
import { UpNow } from './up-now.tsx';
import { WhatNext } from './what-next.tsx';

export function BoardPage() {
  const board = useQuery(boardQuery);
  if (board.data) return <Board view={board.data} />;
  if (board.error) {
    return (
      <>
        <VerdictFrame text="The board could not be read." labels={boardLabels} />
        <Tile title="What happened">
          <ProblemNote
            what="Checks and messages go on without this page."
            error={board.error}
            retry={() => void board.refetch()}
          />
        </Tile>
      </>
    );
  }
  return <Reading />;
}

function Board({ view }: { view: BoardView }) {
  const showFound = view.firstRun && (view.proposals.length > 0 || view.leftAlone.length > 0);
  return (
    <div className={view.firstRun ? 'first' : undefined}>
      <Verdict verdict={view.verdict} />
      {view.abilities.length > 0 && (
        <ul className="fn" aria-label="What the shop can do now">
          {view.abilities.map((ability) => (
            <li key={ability.title}>
              <PageLink href={`/services/${ability.serviceId}`}>
                <StatusShape status={ability.status} label={statusWord[ability.status]} />
                <b className={ability.status === 'up' ? undefined : `s-${ability.status}`}>{ability.title}</b>
                <span>{ability.detail}</span>
              </PageLink>
            </li>
          ))}
        </ul>
      )}
      {view.firstRun && <AddAddress />}
      <div className={`grid ${showFound ? 'two-rows' : ''}`}>
        <UpNow view={view} />
        {showFound && <Found view={view} />}
        <WhatNext view={view} />
        <FastEnough view={view} />
        <Promises view={view} />
        <SafeToLose view={view} />
        {!view.firstRun && <FoundLater view={view} />}
      </div>
    </div>
  );
}

/** Frame and labels at once, values a dash. */
function Reading() {
  return (
    <>
      <VerdictFrame text="Reading the board" labels={boardLabels} />
      <div className="grid" aria-busy="true">
        <Tile title="Up now" className="t-up" sum="reading">
          <p className="dash">–</p>
        </Tile>
        <Tile title="What next" className="t-next" sum="reading">
          <p className="dash">–</p>
        </Tile>
        {(
          [
            ['Fast enough', 't-fast'],
            ['Promises kept', 't-prom'],
            ['Safe to lose', 't-safe'],
          ] as const
        ).map(([title, className]) => (
          <Tile key={title} title={title} className={className} sum="reading">
            <p className="dash">–</p>
          </Tile>
        ))}
      </div>
    </>
  );
}
