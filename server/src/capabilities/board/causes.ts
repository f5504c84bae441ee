/** What a service in trouble needs and is in trouble too: where to look first. Pure. */
import type { ServiceView } from '../../../../contract/src/views.ts';
import type { Status } from '../../../../contract/src/vocabulary.ts';

export interface Cause {
  readonly serviceId: string;
  readonly title: string;
  readonly status: Status;
  readonly sentence: string;
}

interface Needing {
  readonly serviceId: string;
  readonly dependsOn: readonly string[];
}

/**
 * The furthest along: a page that needs a service that needs a database is explained by the database. A slow one
 * explains slowness and not an outage. Circles are refused by the configuration, and end here all the same.
 */
export function causesOf(
  service: Pick<ServiceView, 'serviceId' | 'status'>,
  views: readonly ServiceView[],
  needs: readonly Needing[],
): Cause[] {
  const { status } = service;
  if (status !== 'down' && status !== 'degraded') return [];
  const explains = (view: ServiceView) => view.status === 'down' || (status === 'degraded' && view.status === status);
  const byId = new Map(views.map((view) => [view.serviceId, view]));
  const seen = new Set([service.serviceId]);
  const found: ServiceView[] = [];
  const visit = (serviceId: string): boolean => {
    let deeper = false;
    for (const needed of needs.find((one) => one.serviceId === serviceId)?.dependsOn ?? []) {
      const view = byId.get(needed);
      if (view === undefined || seen.has(needed)) continue;
      seen.add(needed);
      if (!explains(view)) continue;
      deeper = true;
      if (!visit(needed)) found.push(view);
    }
    return deeper;
  };
  visit(service.serviceId);
  return found.map(({ serviceId, title, status: is, sentence }) => ({ serviceId, title, status: is, sentence }));
}

/** “: Redis, which it needs, is down”; nothing where nothing explains it. */
export function causeText(causes: readonly Cause[]): string {
  const [first] = causes;
  if (first === undefined) return '';
  return `: ${first.title}, which it needs, is ${first.status}`;
}

export function hrefOf({ serviceId }: { readonly serviceId: string }): string {
  return `/services/${serviceId}`;
}
