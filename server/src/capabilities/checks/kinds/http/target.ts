/** Where one request goes, as it follows from its address. */
import { isIP } from 'node:net';
import type { ExchangeTls } from '../../../../platform/peer-acceptance.ts';

export interface Target {
  readonly url: URL;
  readonly host: string;
  /** The host is an address itself, so nothing is looked up. */
  readonly numeric: boolean;
  readonly port: number;
  readonly path: string;
  readonly tls: ExchangeTls | undefined;
}

/** How places are met that are not the check's own. */
export type ElsewhereTls = Pick<ExchangeTls, 'verify' | 'context'>;

export function targetOf(url: URL, elsewhere: ElsewhereTls): Target {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const numeric = isIP(host) !== 0;
  const secure = url.protocol === 'https:';
  return {
    url,
    host,
    numeric,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    tls: secure ? { servername: numeric ? undefined : host, ...elsewhere } : undefined,
  };
}
