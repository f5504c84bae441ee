/** Which services the list shows: what the address says, and nothing that it does not. Pure. */
import type { ServiceRow } from '../../../contract/src/views.ts';
import type { Origin, ShopTile, Status } from '../../../contract/src/vocabulary.ts';

export interface ServicesSearch {
  readonly q?: string;
  readonly status?: Status | 'trouble';
  readonly tile?: ShopTile;
  readonly kind?: string;
  readonly origin?: Origin;
}

const statusWords = {
  trouble: 'in trouble',
  down: 'down',
  degraded: 'slow or impaired',
  unknown: 'unknown',
  maintenance: 'in maintenance',
  up: 'up',
} as const satisfies Record<Status | 'trouble', string>;
const tileWords = {
  cx: 'CX',
  'sales-pulse': 'Sales pulse',
  seo: 'SEO',
  inventory: 'Inventory',
  fulfillment: 'Fulfillment',
} as const satisfies Record<ShopTile, string>;
export const originWords = {
  config: 'pitwall.yaml',
  page: 'this page',
  'built-in': 'Pitwall',
} as const satisfies Record<Origin, string>;

/** What may be chosen; kinds are those that are there. */
export const choices = { status: statusWords, tile: tileWords, origin: originWords };

/** Of an address that somebody typed or kept from another version: what is not known is left out. */
export function readSearch(search: Record<string, unknown>): ServicesSearch {
  const { q, status, tile, kind, origin } = search;
  const known = (words: object, value: unknown) => typeof value === 'string' && Object.hasOwn(words, value);
  return {
    // A number that was searched for comes back as one.
    ...((typeof q === 'string' && q !== '') || typeof q === 'number' ? { q: String(q) } : {}),
    ...(known(statusWords, status) ? { status: status as ServicesSearch['status'] & string } : {}),
    ...(known(tileWords, tile) ? { tile: tile as ShopTile } : {}),
    ...(typeof kind === 'string' && kind !== '' ? { kind } : {}),
    ...(known(originWords, origin) ? { origin: origin as Origin } : {}),
  };
}

export function matches(service: ServiceRow, search: ServicesSearch): boolean {
  const { status, tile, kind, origin } = search;
  const words = (search.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const text = [service.title, service.serviceId, service.summary, ...service.checks.map((check) => check.title)]
    .join(' ')
    .toLowerCase();
  return (
    words.every((word) => text.includes(word)) &&
    (status === undefined ||
      (status === 'trouble'
        ? service.status === 'down' || service.status === 'degraded'
        : service.status === status)) &&
    (tile === undefined || service.tile === tile) &&
    (kind === undefined || service.checks.some((check) => check.kind === kind)) &&
    (origin === undefined || service.origin === origin)
  );
}

const worstFirst: Record<Status, number> = { down: 0, degraded: 1, unknown: 2, maintenance: 3, up: 4 };

/** Trouble first, the weightier first within it, the longer-lasting first within that; else as Pitwall sends them. */
export function byTrouble(services: readonly ServiceRow[]): ServiceRow[] {
  return services.toSorted(
    (a, b) =>
      worstFirst[a.status] - worstFirst[b.status] ||
      (a.status === 'up' ? 0 : a.criticality.localeCompare(b.criticality) || (a.sinceMs ?? 0) - (b.sinceMs ?? 0)),
  );
}
