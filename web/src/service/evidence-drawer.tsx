import { lazy, Suspense } from 'react';
import type { ResultView } from '../../../contract/src/operations/services.ts';
import type { CheckView } from '../../../contract/src/views.ts';
import { useNow } from '../live/use-live.ts';
import { PhaseBar } from '../parts/add-address.tsx';
import { micros, timeSeconds } from '../parts/format.ts';
import { copyText } from '../parts/next-step.tsx';
import { factLabel, factValue } from '../parts/observed.ts';
import { StatusShape, statusOfOutcome } from '../parts/status-shape.tsx';
import { Tile } from '../parts/tile.tsx';

const SideDrawer = lazy(async () => ({ default: (await import('../shell/dialog.tsx')).SideDrawer }));

/** What came back, as it was kept: redacted, at most 4 KiB of the body. Text only; nothing of it is run. */
export function EvidenceDrawer({ result, check, close }: { result: ResultView; check: CheckView; close: () => void }) {
  const nowMs = useNow(60_000);
  const { evidence } = result;
  const facts = Object.entries(evidence?.facts ?? {});
  return (
    <Suspense>
      <SideDrawer title={`${check.title}, ${timeSeconds(result.slotMs, nowMs)}`} close={close}>
        <p className="ev-lead">
          <StatusShape status={statusOfOutcome[result.outcome]} label={result.outcome} /> <b>{result.sentence}</b>
          {result.totalUs !== null && ` after ${micros(result.totalUs)}`}
        </p>
        <PhaseBar phases={result.phases} />
        {facts.length > 0 && (
          <Tile title="What was compared">
            <dl className="keep">
              {facts.map(([name, value]) => (
                <div key={name}>
                  <dt>{factLabel(name)}</dt>
                  <dd>{factValue(name, value)}</dd>
                </div>
              ))}
            </dl>
          </Tile>
        )}
        {evidence?.headers && evidence.headers.length > 0 && (
          <Tile title="Headers" sum={evidence.statusCode === undefined ? undefined : `status ${evidence.statusCode}`}>
            <dl className="keep mono">
              {evidence.headers.map(([name, value], index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a header may come twice, and the list never changes
                <div key={index}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </Tile>
        )}
        {evidence?.body !== undefined && (
          <Tile
            title="Body"
            sum="first 4 KiB, secrets taken out"
            more={
              <button type="button" className="linkish ev more" onClick={() => void copyText(evidence.body ?? '')}>
                Copy
              </button>
            }
          >
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
            <section className="mono ev-body" tabIndex={0} aria-label="Body of the answer">
              {evidence.body}
            </section>
          </Tile>
        )}
      </SideDrawer>
    </Suspense>
  );
}
