import { useState } from 'react';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import type { ServiceView } from '../../../contract/src/views.ts';
import { dayName, nbsp, percent } from '../parts/format.ts';
import { PageLink } from '../parts/page-link.tsx';
import { StatusShape, statusWord } from '../parts/status-shape.tsx';
import { Strip } from '../parts/strip.tsx';
import { EmptyNote, Tile } from '../parts/tile.tsx';

const quiet = (status: ServiceView['status']) => (status === 'up' ? 'mut' : `s-${status}`);

export function UptimeCell({ service }: { service: ServiceView }) {
  const { ratio, unknownRatio } = service.uptime;
  if (ratio === null) return <td className="num pct dim">not yet</td>;
  const gap =
    unknownRatio !== null && unknownRatio > 0.001 ? `; ${percent(unknownRatio, 1)} of the time is not known` : '';
  return (
    <td className={`num pct ${ratio < 0.995 ? '' : 'mut'}`} title={`Up ${percent(ratio)} of what is known${gap}`}>
      {percent(ratio)}
    </td>
  );
}

export function ServiceCells({ service }: { service: ServiceView }) {
  return (
    <>
      <td className="svc">
        <PageLink href={`/services/${service.serviceId}`}>
          <StatusShape status={service.status} />
          <span>{service.title}</span>
        </PageLink>
      </td>
      <td className={`state ${quiet(service.status)}`} title={service.sentence}>
        <span className="vh">{statusWord[service.status]}: </span>
        {service.word}
      </td>
    </>
  );
}

export function StripHead({ strip, young }: { strip: ServiceView['strip'] | undefined; young: boolean }) {
  return (
    <span className="axis">
      <span>{strip ? dayName(strip.firstDayMs) : ''}</span>
      <span>{`90${nbsp}days, ${young ? 'from today on' : 'by day'}`}</span>
      <span>today</span>
    </span>
  );
}

/** In the numbers of the line above, which counts what people depend on. */
function foldWords(up: readonly ServiceView[], all: number): string {
  const own = up.filter((service) => service.origin !== 'built-in').length;
  const more = up.length === all ? '' : ' more';
  if (own === 0) return `${up.length}${more}, all up`;
  return `${own}${more}${own < up.length ? ', and Pitwall itself' : ''}, all up`;
}

export function UpNow({ view }: { view: BoardView }) {
  const [all, setAll] = useState(false);
  const groups = view.upNow.groups.filter((group) => group.services.length > 0);
  const services = groups.flatMap((group) => group.services);
  const up = services.filter((service) => service.status === 'up');
  const upCount = up.length;
  const grouped = !view.firstRun && groups.some((group) => group.title !== null);
  const strip = services[0]?.strip;
  return (
    <Tile
      title="Up now"
      keyNumber={1}
      className={`t-up ${all ? 'all' : ''}`}
      sum={view.upNow.line}
      more={
        <PageLink className="more" href="/services">
          All services
        </PageLink>
      }
    >
      {services.length === 0 && (
        <EmptyNote
          lead="Nothing is watched yet."
          rest="Each service stands here with its status, since when, and its last 90 days. Its address is enough."
        />
      )}
      {services.length > 0 && (
        <table>
          <thead>
            <tr>
              {grouped && <td className="grp" />}
              <th scope="col">Service</th>
              <th scope="col">{view.firstRun ? 'Now' : 'Now, times UTC'}</th>
              {view.firstRun && <th scope="col">What is checked</th>}
              <th scope="col">
                <StripHead strip={strip} young={strip !== undefined && /^\.*.$/.test(strip.days)} />
              </th>
              {!view.firstRun && (
                <th scope="col" className="num">
                  Up
                </th>
              )}
            </tr>
          </thead>
          {groups.map((group, groupIndex) => (
            <tbody key={group.title ?? groupIndex}>
              {group.services.map((service, index) => (
                <tr key={service.serviceId} className={service.status === 'up' ? 'is-up' : undefined} data-row>
                  {grouped && index === 0 && (
                    <th scope="rowgroup" rowSpan={group.services.length} className="grp">
                      {group.title}
                    </th>
                  )}
                  <ServiceCells service={service} />
                  {view.firstRun && <td className="chk mut">{service.summary}</td>}
                  <td className="hist">
                    <Strip strip={service.strip} name={service.title} />
                  </td>
                  {!view.firstRun && <UptimeCell service={service} />}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      )}
      {!view.firstRun && upCount > 0 && (
        <button type="button" className="fold linkish" aria-expanded={all} onClick={() => setAll(!all)}>
          <span>{foldWords(up, services.length)}</span>
          <span>{all ? 'Hide' : 'Show'}</span>
        </button>
      )}
    </Tile>
  );
}
