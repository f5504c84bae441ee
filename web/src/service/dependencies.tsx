import type { ServicePageView } from '../../../contract/src/operations/services.ts';
import { PageLink } from '../parts/page-link.tsx';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { EmptyNote, Tile } from '../parts/tile.tsx';

type Other = ServicePageView['dependencies']['usedBy'][number];

function OtherRow({ other, word, inside = false }: { other: Other; word: string; inside?: boolean }) {
  return (
    <li className={inside ? 'in' : undefined} data-row>
      <StatusShape status={other.status} label={statusWord[other.status]} />
      <span>
        <PageLink href={`/services/${other.serviceId}`}>{other.title}</PageLink>
      </span>
      <span>{word}</span>
    </li>
  );
}

export function Dependencies({ view }: { view: ServicePageView }) {
  const { usedBy, dependsOn } = view.dependencies;
  if (usedBy.length + dependsOn.length === 0) {
    return (
      <Tile title="Dependencies" keyNumber={3} className="c4" sum="none named">
        <EmptyNote
          lead="What it needs is not named."
          rest="dependsOn in pitwall.yaml names services it needs; their trouble then explains its own."
        />
      </Tile>
    );
  }
  return (
    <Tile
      title="Dependencies"
      keyNumber={3}
      className="c4"
      more={
        <PageLink className="more" href={`/dependencies?of=${view.service.serviceId}`}>
          All of them
        </PageLink>
      }
    >
      <ul className="dep">
        {usedBy.map((other) => (
          <OtherRow key={other.serviceId} other={other} word="uses it" />
        ))}
        <li className="me">
          <StatusShape status={view.service.status} label={statusWord[view.service.status]} />
          <span>{view.service.title}</span>
          <span>this one</span>
        </li>
        {dependsOn.map((other) => (
          <OtherRow key={other.serviceId} other={other} word="is needed" inside />
        ))}
      </ul>
    </Tile>
  );
}
