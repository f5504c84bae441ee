import type { ReactNode } from 'react';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import type { Status } from '../../../contract/src/vocabulary.ts';
import { tryNow } from '../live/live.ts';
import { useLive } from '../live/use-live.ts';
import { ageSeconds, time } from './format.ts';
import { StepButton } from './next-step.tsx';
import { PageLink } from './page-link.tsx';
import { StatusShape } from './status-shape.tsx';

type VerdictView = BoardView['verdict'];

/** A sentence first, then always in this order: affected, since, cost, who, next step. */
export function Verdict({ verdict, crumb, shape }: { verdict: VerdictView; crumb?: ReactNode; shape?: Status }) {
  const live = useLive();
  if (live.phase === 'unknown') return <NotKnown verdict={verdict} crumb={crumb} />;
  const troubled = verdict.parts.some((part) => part.status === 'down' || part.status === 'degraded');
  return (
    <section className={`verdict ${shape ? 'shaped' : ''}`} aria-labelledby="v">
      {crumb}
      <h1 id="v">
        {shape && <StatusShape status={shape} big />}
        <span>
          {verdict.parts.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: sentences have an order and no names
            <span key={index} className={part.status === null ? undefined : `s-${part.status}`}>
              {index > 0 && ' '}
              {part.text}
            </span>
          ))}
        </span>
      </h1>
      <dl className="facts">
        {verdict.facts.map((fact, index) => (
          <div key={fact.label} className={index === 0 ? 'wide' : undefined}>
            <dt>{fact.label}</dt>
            <dd>
              <b>{fact.strong}</b>
              {fact.rest !== undefined && (/^[\s,;:.]/.test(fact.rest) ? fact.rest : ` ${fact.rest}`)}
              {(fact.detail !== undefined || fact.evidence !== undefined) && (
                <small>
                  {fact.detail}{' '}
                  {fact.evidence && (
                    <PageLink className="ev" href={fact.evidence.href}>
                      {fact.evidence.text}
                    </PageLink>
                  )}
                </small>
              )}
            </dd>
          </div>
        ))}
        <div className={verdict.next === null ? undefined : 'act'}>
          <dt>{troubled && verdict.next !== null ? 'Next step, yours' : 'Next step'}</dt>
          <dd>
            {verdict.next === null || verdict.next.kind === 'none' ? (
              <>
                <b>{verdict.next?.label ?? 'None needed'}</b>
                <small>this page stays live</small>
              </>
            ) : (
              <StepButton step={verdict.next} className={troubled ? 'btn pri' : 'btn'} hint="↵" />
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}

/** After a minute of silence the page no longer repeats what it cannot see. */
function NotKnown({ verdict, crumb }: { verdict: VerdictView; crumb?: ReactNode }) {
  const { seenAtMs, nowMs } = useLive();
  const since = time(seenAtMs, nowMs);
  const cost = verdict.facts.find((fact) => /cost/i.test(fact.label));
  const who = verdict.facts.find((fact) => /who/i.test(fact.label));
  return (
    <section className="verdict nk" aria-labelledby="v">
      {crumb}
      <h1 id="v">
        <StatusShape status="unknown" big />
        <span>Not known since {since}.</span>
      </h1>
      <dl className="facts">
        <div className="wide">
          <dt>What is affected</dt>
          <dd>
            <b>This page has had no news</b> for {ageSeconds(nowMs - seenAtMs)}
            <small>When last seen: “{verdict.parts.map((part) => part.text).join(' ')}”</small>
          </dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>
            <b>{since}</b>
            <small>it tries again each 5 s</small>
          </dd>
        </div>
        <div>
          <dt>What it costs</dt>
          <dd>
            <b>Not known</b>
            {cost && <small>{cost.strong}, when last seen</small>}
          </dd>
        </div>
        <div>
          <dt>Who has it</dt>
          <dd>
            <b>{who?.strong ?? 'Not known'}</b>
            <small>told by message, not by this page</small>
          </dd>
        </div>
        <div className="act">
          <dt>Next step, yours</dt>
          <dd>
            <button type="button" className="btn pri" onClick={tryNow} data-step="↵">
              Try now <kbd>↵</kbd>
            </button>
          </dd>
        </div>
      </dl>
    </section>
  );
}

/** The same places before anything was read; or when it could not be. */
export function VerdictFrame({ text, labels, crumb }: { text: string; labels: readonly string[]; crumb?: ReactNode }) {
  return (
    <section className="verdict" aria-labelledby="v">
      {crumb}
      <h1 id="v" className="dim">
        {text}
      </h1>
      <dl className="facts">
        {labels.map((label, index) => (
          <div key={label} className={index === 0 ? 'wide' : undefined}>
            <dt>{label}</dt>
            <dd className="dash">
              –<small>{'\u00a0'}</small>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export const boardLabels = ['What is affected', 'Since', 'What it costs', 'Who has it', 'Next step'] as const;
