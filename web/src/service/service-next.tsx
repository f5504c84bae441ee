import type { ServicePageView } from '../../../contract/src/operations/services.ts';
import { StepButton } from '../parts/next-step.tsx';
import { Tile } from '../parts/tile.tsx';

interface Props {
  readonly advice: ServicePageView['whatNext'];
  readonly showEvidence: () => void;
}

/** While it is in trouble: what to look at and what to do, first things first. */
export function ServiceNext({ advice, showEvidence }: Props) {
  if (advice.length === 0) return null;
  return (
    <Tile title="What to do next" className="next-tile" sum="first things first">
      <ol className="next-list">
        {advice.map(({ title, why, next }, index) => (
          <li key={title} data-row>
            <span className="rank">{index + 1}</span>
            <div>
              <h3>{title}</h3>
              <p>{why}</p>
            </div>
            {next.kind === 'focus' && next.target === 'evidence' ? (
              <button type="button" className="btn" onClick={showEvidence}>
                {next.label}
              </button>
            ) : (
              <StepButton step={next} />
            )}
          </li>
        ))}
      </ol>
    </Tile>
  );
}
