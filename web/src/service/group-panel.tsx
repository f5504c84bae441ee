/** The members of a group with what they are now, and how many of them must be well. */
import { useQuery } from '@tanstack/react-query';
import type { ServiceRow } from '../../../contract/src/views.ts';
import type { Status } from '../../../contract/src/vocabulary.ts';
import { servicesQuery } from '../api/queries.ts';
import { PageLink } from '../parts/page-link.tsx';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { ProblemNote, Tile } from '../parts/tile.tsx';
import { groupOf, needsWords } from './group-words.ts';
import type { KindPanelProps } from './kind-panel-props.ts';
import './kind-panels.css';

function find(services: readonly ServiceRow[], of: string): { title: string; status: Status; href: string } | null {
  const [serviceId, checkId] = of.split('/');
  const service = services.find((one) => one.serviceId === serviceId);
  if (service === undefined) return null;
  const href = `/services/${service.serviceId}`;
  if (checkId === undefined) return { title: service.title, status: service.status, href };
  const check = service.checks.find((one) => one.checkId === checkId);
  if (check === undefined) return null;
  return { title: `${service.title}: ${check.title}`, status: check.status, href: `${href}?check=${checkId}` };
}

export function GroupPanel({ check }: KindPanelProps) {
  const { data, error, refetch } = useQuery(servicesQuery);
  const group = groupOf(check.shownSpec);
  const weighted = group.members.some(({ weight }) => weight !== 1);
  return (
    <Tile title="Members" className="kind-panel" sum={needsWords(group)}>
      {error && !data && (
        <ProblemNote what="What its members are could not be read." error={error} retry={() => void refetch()} />
      )}
      <ul className="dep members">
        {group.members.map(({ of, weight }) => {
          const member = find(data?.services ?? [], of);
          const status = member?.status ?? 'unknown';
          return (
            <li key={of} data-row>
              <StatusShape status={status} />
              <span>{member === null ? of : <PageLink href={member.href}>{member.title}</PageLink>}</span>
              {weighted && <span className="dim">weight {weight}</span>}
              <span className={status === 'up' ? 'mut' : `s-${status}`}>{data ? statusWord[status] : '–'}</span>
            </li>
          );
        })}
      </ul>
    </Tile>
  );
}
