import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { servicesQuery } from '../api/queries.ts';
import '../board/up-now.css';
import { ServiceCells, StripHead, UptimeCell } from '../board/up-now.tsx';
import { AddAddress } from '../parts/add-address.tsx';
import { plural } from '../parts/format.ts';
import { PageHead } from '../parts/page-head.tsx';
import { PageLink } from '../parts/page-link.tsx';
import { Strip } from '../parts/strip.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { FilterBar } from './filter-bar.tsx';
import { byTrouble, matches, originWords, readSearch, type ServicesSearch } from './filters.ts';
import './services.css';

export function ServicesPage() {
  const { data, error, refetch } = useQuery(servicesQuery);
  const services = data?.services ?? [];
  // Pitwall and this host stand in the list, and are not among what people depend on: as on the board.
  const own = services.filter((service) => service.origin !== 'built-in');
  const counted = own.length > 0 ? own : services;
  const up = counted.filter((service) => service.status === 'up').length;
  const search = useSearch({ from: '/services' });
  const navigate = useNavigate({ from: '/services' });
  const shown = byTrouble(services.filter((service) => matches(service, search)));
  const set = (next: { readonly [K in keyof ServicesSearch]?: string }) =>
    void navigate({
      search: (before: ServicesSearch) => readSearch({ ...before, ...next }),
      replace: true,
      resetScroll: false,
    });
  return (
    <>
      <PageHead
        title={data ? plural(counted.length, 'service') : 'Services'}
        line={
          data
            ? `${up} of ${counted.length} up${own.length > 0 && own.length < services.length ? ', beside Pitwall and this host' : ''}`
            : 'reading'
        }
      />
      <AddAddress lead="Watch an address" />
      <FilterBar search={search} set={set} services={services} />
      <Tile
        title="All services"
        className="t-up all services"
        sum={
          <span role="status">
            {data && shown.length < services.length ? `${shown.length} of ${services.length} shown, ` : ''}trouble
            first, times UTC
          </span>
        }
        keyNumber={1}
        more={
          <PageLink className="more" href="/dependencies">
            What needs what
          </PageLink>
        }
      >
        {error && !data && (
          <ProblemNote what="The services could not be read." error={error} retry={() => void refetch()} />
        )}
        {data && services.length === 0 && (
          <EmptyNote
            lead="Nothing is watched yet."
            rest="An address above, or services in pitwall.yaml, stand here with their status."
          />
        )}
        {services.length > 0 && shown.length === 0 && (
          <EmptyNote lead="No service is like that." rest={`${plural(services.length, 'service')} are watched.`}>
            <PageLink className="btn" href="/services">
              Show all
            </PageLink>
          </EmptyNote>
        )}
        {shown.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">Now</th>
                <th scope="col">What is checked</th>
                <th scope="col">Made in</th>
                <th scope="col">
                  <StripHead strip={services[0]?.strip} young={false} />
                </th>
                <th scope="col" className="num">
                  Up
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((service) => (
                <tr key={service.serviceId} data-row>
                  <ServiceCells service={service} />
                  <td className="chk mut">{service.summary}</td>
                  <td className="from dim">{originWords[service.origin]}</td>
                  <td className="hist">
                    <Strip strip={service.strip} name={service.title} />
                  </td>
                  <UptimeCell service={service} />
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Tile>
    </>
  );
}
