import { useQuery } from '@tanstack/react-query';
import { servicesQuery } from '../api/queries.ts';
import '../board/up-now.css';
import { ServiceCells, StripHead, UptimeCell } from '../board/up-now.tsx';
import { AddAddress } from '../parts/add-address.tsx';
import { plural } from '../parts/format.ts';
import { PageHead } from '../parts/page-head.tsx';
import { Strip } from '../parts/strip.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import './services.css';

const originWord = { config: 'pitwall.yaml', page: 'this page', 'built-in': 'Pitwall' } as const;

export function ServicesPage() {
  const { data, error, refetch } = useQuery(servicesQuery);
  const services = data?.services ?? [];
  // Pitwall and this host stand in the list, and are not among what people depend on: as on the board.
  const own = services.filter((service) => service.origin !== 'built-in');
  const counted = own.length > 0 ? own : services;
  const up = counted.filter((service) => service.status === 'up').length;
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
      <Tile title="All services" className="t-up all services" sum="times UTC" keyNumber={1}>
        {error && !data && (
          <ProblemNote what="The services could not be read." error={error} retry={() => void refetch()} />
        )}
        {data && services.length === 0 && (
          <EmptyNote
            lead="Nothing is watched yet."
            rest="An address above, or services in pitwall.yaml, stand here with their status."
          />
        )}
        {services.length > 0 && (
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
              {services.map((service) => (
                <tr key={service.serviceId} data-row>
                  <ServiceCells service={service} />
                  <td className="chk mut">{service.summary}</td>
                  <td className="from dim">{originWord[service.origin]}</td>
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
