/** The tiles that have little to show yet say what would fill them. Pure. */
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import type { ServiceView } from '../../../../contract/src/views.ts';
import { shopTiles } from '../../../../contract/src/vocabulary.ts';
import { counted } from './words.ts';

const tileTitles: Readonly<Record<(typeof shopTiles)[number], string>> = {
  cx: 'CX',
  'sales-pulse': 'Sales Pulse',
  seo: 'SEO',
  inventory: 'Inventory',
  fulfillment: 'Fulfillment',
};

/** “7 of 12 up, 1 down, 2 slow, 1 unknown”. */
export function upLine(all: readonly ServiceView[]): string {
  const services = counted(all);
  const of = (status: ServiceView['status']): number => services.filter((service) => service.status === status).length;
  const parts = [
    `${of('up')} of ${services.length} up`,
    ...(of('down') > 0 ? [`${of('down')} down`] : []),
    ...(of('degraded') > 0 ? [`${of('degraded')} slow or degraded`] : []),
    ...(of('unknown') > 0 ? [`${of('unknown')} unknown`] : []),
    ...(of('maintenance') > 0 ? [`${of('maintenance')} in maintenance`] : []),
  ];
  return parts.join(', ');
}

/** By the operators’ tiles where services are mapped to them, else by what customers use; one group has no title. */
export function groupServices(services: readonly ServiceView[]): BoardView['upNow']['groups'] {
  const mapped = services.some((service) => service.tile !== null);
  const groups = new Map<string | null, ServiceView[]>();
  const add = (title: string | null, service: ServiceView): void => {
    groups.set(title, [...(groups.get(title) ?? []), service]);
  };
  const order = mapped ? shopTiles.map((tile) => tileTitles[tile]) : ['Customers use'];
  for (const title of order) groups.set(title, []);
  for (const service of services) {
    if (service.origin === 'built-in') add('Pitwall', service);
    else if (mapped) add(service.tile === null ? 'Running' : tileTitles[service.tile], service);
    else add(service.facesCustomers ? 'Customers use' : 'Running', service);
  }
  const filled = [...groups].filter(([, members]) => members.length > 0);
  const sorted = filled.sort(([a], [b]) => Number(a === 'Pitwall') - Number(b === 'Pitwall'));
  return sorted.map(([title, members]) => ({ title: sorted.length === 1 ? null : title, services: members }));
}

/** How many of those that have a limit keep it; what is down keeps none. */
export function fastLine(rows: BoardView['fastEnough']['rows']): string {
  if (rows.every((row) => row.serviceId === 'pitwall')) return 'only Pitwall so far';
  const limited = rows.filter((row) => row.limitUs !== null);
  if (limited.length === 0) return 'no limit is set';
  const within = limited.filter(
    (row) => row.status !== 'down' && row.figureUs !== null && row.figureUs <= row.limitUs!,
  );
  return `${within.length} of ${limited.length} within their limit`;
}

export function fastFills(rows: BoardView['fastEnough']['rows']): BoardView['fastEnough']['fills'] {
  const fills: BoardView['fastEnough']['fills'] = [];
  const own = rows.every((row) => row.serviceId === 'pitwall');
  if (own) {
    fills.push({
      label: 'Your pages',
      text: 'with the first address you watch',
      next: { label: 'Watch one', kind: 'focus', target: 'add-address' },
    });
  }
  if (rows.some((row) => row.figureName === 'slowest')) {
    fills.push({ label: 'p95', text: 'after 20 results: ≈ 10 min at one each 30 s', next: null });
  }
  return fills;
}

const versionWords = (version: string): string => version.split('.').slice(0, 2).join('.');

/** What a month would allow is arithmetic; promises themselves are not in this version, and that is said. */
export function promises(nowMs: number, version: string): BoardView['promises'] {
  const have = versionWords(version);
  return {
    line: `not in Pitwall ${have}`,
    offers: promiseOffers(nowMs),
    note: `Objectives come with a later version: then each promise stands here with what is left of its month. They are counted from the uptime that Pitwall ${have} records already, so nothing is lost by waiting.`,
  };
}

/** Minutes of October that a share of the month allows, as people say it. */
function promiseOffers(nowMs: number): BoardView['promises']['offers'] {
  const now = new Date(nowMs);
  const monthMs =
    Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  const allows = (ratio: number): string => {
    const minutes = Math.floor(((1 - ratio) * monthMs) / 60_000);
    const text = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    return `${text} closed`.replaceAll(' ', '\u00a0');
  };
  return [
    { title: 'Open 99.9 % of the month', allows: allows(0.999) },
    { title: 'Open 99.5 % of the month', allows: allows(0.995) },
    { title: 'Open 99 % of the month', allows: allows(0.99) },
  ];
}

export interface SafeInput {
  readonly freeBytes: number;
  readonly diskStatus: ServiceView['status'] | null;
  readonly version: string;
}

/** What is known comes first; for the rest, what would show it and what can be done until then. */
export function safeToLose({ freeBytes, diskStatus, version }: SafeInput): BoardView['safeToLose'] {
  const gigabytes = freeBytes / 1e9;
  const size = gigabytes >= 10 ? `${Math.round(gigabytes)} GB` : `${gigabytes.toFixed(1)} GB`;
  const trouble = diskStatus === 'down' || diskStatus === 'degraded' ? diskStatus : null;
  const value = 'later';
  return {
    line: `room and certificates; the rest is not in Pitwall ${versionWords(version)}`,
    rows: [
      {
        title: 'Room for Pitwall’s history',
        value: `${size.replace(' ', '\u00a0')} free`,
        detail: 'on the disk its data folder is on',
        status: trouble,
      },
      {
        title: 'Certificates',
        value: 'by check',
        detail: 'kind tls, or expect.certificate of an https check, warns days before',
        status: null,
      },
      {
        title: 'Restore and failover drills',
        value,
        detail: 'rehearsed and timed by Pitwall; until then try one by hand',
        status: null,
      },
      {
        title: 'Passwords in code',
        value,
        detail: 'found by reading a folder of code that you name',
        status: null,
      },
    ],
  };
}
