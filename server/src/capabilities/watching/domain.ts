/** From an address that somebody typed to what is watched. Pure. */
import { slugPattern } from '../../../../contract/src/vocabulary.ts';
import { secretsInAddress, shownAddress } from '../../core/secret-address.ts';
import type { WatchedCheck, WatchedService } from '../services/api.ts';

export type Address =
  | { readonly kind: 'http'; readonly url: string; readonly host: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Where a connection string names no port. */
const defaultPorts: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'mysql:': 3306,
  'redis:': 6379,
  'rediss:': 6379,
  'mongodb:': 27017,
  'amqp:': 5672,
  'nats:': 4222,
  'smtp:': 25,
};

/** Understands `https://…`, `shop.example`, `localhost:3000`, `tcp://host:port` and connection strings. */
export function parseAddress(text: string): Address | { readonly fault: string } {
  const trimmed = text.trim();
  const schemed = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `${guessScheme(trimmed)}${trimmed}`;
  if (!URL.canParse(schemed)) return { fault: `“${shorten(trimmed)}” is not an address; try https://shop.example` };
  const url = new URL(schemed);
  if (url.hostname === '') return { fault: 'The address names no host; try https://shop.example' };
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    if (url.username !== '' || url.password !== '') {
      return { fault: 'The address holds a password; put it into pitwall.yaml as a ${VARIABLE} instead' };
    }
    url.hash = '';
    return { kind: 'http', url: url.href, host: url.hostname };
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? defaultPorts[url.protocol] : Number(url.port);
  if (url.protocol !== 'tcp:' && defaultPorts[url.protocol] === undefined) {
    return { fault: `Pitwall does not know ${url.protocol}//; http, https and tcp work` };
  }
  if (port === undefined || port === 0) return { fault: 'The address names no port; try tcp://host:5432' };
  // User, password and database of a connection string are dropped here: a port is all that is asked.
  return { kind: 'tcp', host, port };
}

/** Private and local names rarely have a certificate; everything else should. */
function guessScheme(text: string): string {
  const host = text.split(/[/:?#]/)[0] ?? '';
  const local =
    host === 'localhost' || host.endsWith('.local') || /^\d+\.\d+\.\d+\.\d+$/.test(host) || text.startsWith('[');
  return local ? 'http://' : 'https://';
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A free name of letters, digits and hyphens made from a title or a host. */
export function slugFor(text: string, taken: ReadonlySet<string>): string {
  const base =
    text
      .toLowerCase()
      .replace(/^www\./, '')
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 50)
      .replace(/^-+|-+$/g, '') || 'service';
  for (let n = 1; ; n += 1) {
    const slug = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(slug) && slugPattern.test(slug)) return slug;
  }
}

/** A service as the page stores it. */
export interface PageService {
  readonly serviceId: string;
  readonly title: string;
  readonly facesCustomers: boolean;
  readonly check: { readonly kind: string; readonly spec: unknown };
  /** The proposal it came from, which is made again once the service is removed. */
  readonly proposalId?: string;
}

export const pageDefaults = { intervalMs: 30_000, timeoutMs: 5_000, retries: 2, downAfter: 2, upAfter: 2 } as const;

export function watchedFromPage(service: PageService, parsedSpec: unknown): WatchedService {
  const check: WatchedCheck = {
    key: `${service.serviceId}/${service.check.kind === 'http' ? 'page' : 'port'}`,
    serviceId: service.serviceId,
    checkId: service.check.kind === 'http' ? 'page' : 'port',
    title: service.check.kind === 'http' ? 'Page answers' : 'Port is open',
    kind: service.check.kind,
    ...pageDefaults,
    spec: parsedSpec,
    shownSpec: shownSpec(service.check.spec),
    secrets: secretsOf(service.check.spec),
    missing: [],
  };
  return {
    serviceId: service.serviceId,
    title: service.title,
    tile: undefined,
    criticality: service.facesCustomers ? 'P1' : 'P2',
    facesCustomers: service.facesCustomers,
    dependsOn: [],
    origin: 'page',
    ability: undefined,
    checks: [check],
  };
}

/** What somebody typed into one line, a token in it included: none of it may be read again. */
export function shownSpec(spec: unknown): unknown {
  const { url } = spec as { url?: unknown };
  return typeof url === 'string' ? { ...(spec as object), url: shownAddress(url) } : spec;
}

export function secretsOf(spec: unknown): string[] {
  const { url } = spec as { url?: unknown };
  return typeof url === 'string' ? secretsInAddress(url) : [];
}

/** What is watched: the file outranks the page, and both outrank nothing that Pitwall watches of itself. */
export function mergeServices(
  builtIn: readonly WatchedService[],
  configured: readonly WatchedService[],
  fromPage: readonly WatchedService[],
): WatchedService[] {
  const merged = new Map<string, WatchedService>();
  for (const service of [...fromPage, ...configured, ...builtIn]) merged.set(service.serviceId, service);
  return [...builtIn, ...configured, ...fromPage].filter((service) => merged.get(service.serviceId) === service);
}
