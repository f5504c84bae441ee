/** Who needs whom: of one service, or of all. */
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { ServiceRow } from '../../../contract/src/views.ts';
import { servicesQuery } from '../api/queries.ts';
import { plural } from '../parts/format.ts';
import { PageHead } from '../parts/page-head.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { type Picture, type Placed, pictureOf } from './layout.ts';
import './dependencies.css';

const box = { width: 208, height: 40, across: 280, down: 52 } as const;

export function DependenciesPage() {
  const { of } = useSearch({ from: '/dependencies' });
  const { data, error, refetch } = useQuery(servicesQuery);
  const picture = pictureOf(data?.services ?? [], of);
  const one = data?.services.find(({ serviceId }) => serviceId === of);
  const trouble = picture.placed.filter(({ service }) => service.status === 'down' || service.status === 'degraded');
  return (
    <>
      <PageHead
        title={one ? `What ${one.title} hangs together with` : 'What needs what'}
        line={
          data
            ? `${plural(picture.placed.length, 'service')}, ${trouble.length} in trouble. Each stands left of what it needs.`
            : 'reading'
        }
      >
        <PageLink className="btn" href={of === undefined ? '/services' : '/dependencies'}>
          {of === undefined ? 'As a list' : 'All services'}
        </PageLink>
      </PageHead>
      <Tile title="Dependencies" keyNumber={1} className="deps">
        {error && !data && (
          <ProblemNote what="What needs what could not be read." error={error} retry={() => void refetch()} />
        )}
        {data && picture.edges.length === 0 && (
          <EmptyNote
            lead="Nothing is named that a service needs."
            rest="dependsOn in pitwall.yaml names it; its trouble then explains that of others, and stands here."
          />
        )}
        {picture.edges.length > 0 && (
          <>
            <Graph picture={picture} of={of} />
            <Branches picture={picture} of={of} />
          </>
        )}
        {picture.alone.length > 0 && picture.edges.length > 0 && (
          <p className="mut deps-alone">Not linked: {picture.alone.map(({ title }) => title).join(', ')}</p>
        )}
      </Tile>
    </>
  );
}

interface Props {
  readonly picture: Picture<ServiceRow>;
  readonly of: string | undefined;
}

const quiet = (status: ServiceRow['status']) => (status === 'up' ? 'mut' : `s-${status}`);

/** Past the boxes between, in the gap of their rows: behind one it would seem to belong to it. */
function lineOf(a: Spot, b: Spot): string {
  const middle = ({ row }: Spot) => row * box.down + box.height / 2;
  let x = a.layer * box.across + box.width;
  let y = middle(a);
  let line = `M${x} ${y}`;
  const bendTo = (toX: number, toY: number) => {
    const bend = Math.max(36, Math.abs(toX - x) / 2);
    line += `C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
  };
  for (let layer = a.layer + 1; layer < b.layer; layer += 1) {
    const straight = middle(a) + ((middle(b) - middle(a)) * (layer - a.layer)) / (b.layer - a.layer);
    const gap = Math.max(0, Math.round((straight - box.height) / box.down)) * box.down + (box.height + box.down) / 2;
    bendTo(layer * box.across, gap);
    x = layer * box.across + box.width;
    y = gap;
    line += `H${x}`;
  }
  bendTo(b.layer * box.across, middle(b));
  return line;
}
type Spot = Pick<Placed<ServiceRow>, 'layer' | 'row'>;

function Graph({ picture, of }: Props) {
  const { placed, edges, layers, rows } = picture;
  const at = new Map(placed.map((one) => [one.service.serviceId, one]));
  const width = (layers - 1) * box.across + box.width;
  const height = (rows - 1) * box.down + box.height;
  const lines = edges.flatMap(({ from, to }) => {
    const a = at.get(from);
    const b = at.get(to);
    if (a === undefined || b === undefined) return [];
    const { status } = b.service;
    const d = lineOf(a, b);
    return [{ key: `${from} ${to}`, d, className: status === 'down' || status === 'degraded' ? `l-${status}` : '' }];
  });
  const title = (id: string) => at.get(id)?.service.title ?? id;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className="deps-graph" aria-label="Who needs whom" tabIndex={0}>
      <div style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          {lines.map(({ key, d, className }) => (
            <path key={key} d={d} className={className} />
          ))}
        </svg>
        <ul>
          {placed.map(({ service, layer, row }) => (
            <li
              key={service.serviceId}
              data-row
              className={service.serviceId === of ? 'me' : undefined}
              style={{ left: layer * box.across, top: row * box.down, width: box.width, height: box.height }}
            >
              <StatusShape status={service.status} />
              <PageLink href={`/services/${service.serviceId}`}>{service.title}</PageLink>
              <span className={quiet(service.status)}>{service.word}</span>
              {service.dependsOn.length > 0 && (
                <span className="vh"> needs {service.dependsOn.map(title).join(', ')}</span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** On a phone there is no room for a picture: each service with what it needs below it. */
function Branches({ picture: { placed, edges }, of }: Props) {
  const at = new Map(placed.map(({ service }) => [service.serviceId, service]));
  const needing = placed.filter(({ service }) => edges.some(({ from }) => from === service.serviceId));
  const row = (service: ServiceRow, inside: boolean) => (
    <li key={service.serviceId} className={inside ? 'in' : service.serviceId === of ? 'me' : undefined}>
      <StatusShape status={service.status} label={statusWord[service.status]} />
      <span>
        <PageLink href={`/services/${service.serviceId}`}>{service.title}</PageLink>
      </span>
      <span className={quiet(service.status)}>{inside && service.status === 'up' ? 'is needed' : service.word}</span>
    </li>
  );
  return (
    <div className="deps-list">
      {needing.map(({ service }) => (
        <ul className="dep" key={service.serviceId}>
          {row(service, false)}
          {edges.flatMap(({ from, to }) => {
            const other = from === service.serviceId ? at.get(to) : undefined;
            return other === undefined ? [] : [row(other, true)];
          })}
        </ul>
      ))}
    </div>
  );
}
