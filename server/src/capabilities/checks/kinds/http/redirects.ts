/** Where a redirect leads, and what of the request goes there. Pure. */
import { type ExchangeAnswer, headerValue } from '../../../../platform/http-exchange.ts';
import { headersAfterRedirect, type Plan } from './plan.ts';
import { type Target, targetOf } from './target.ts';

export const mostRedirects = 5;

export interface Hop {
  readonly target: Target;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Made in advance for the first; redirects are rare. */
  readonly head?: string;
  readonly body: string | undefined;
  readonly count: number;
}

/** Headers are read as Latin-1, but a place that is not ASCII is written in UTF-8 by everybody. */
export function location({ rawHeaders }: ExchangeAnswer): string {
  return Buffer.from(headerValue(rawHeaders, 'location') ?? '', 'latin1').toString('utf8');
}

/** Where a redirect leads; undefined where the answer is none, a rule where it is not followed. */
export function nextHop(hop: Hop, answer: ExchangeAnswer, plan: Plan): Hop | string | undefined {
  const { statusCode } = answer;
  if (statusCode < 301 || statusCode > 308 || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  if (headerValue(answer.rawHeaders, 'location') === undefined) return undefined;
  const url = URL.parse(location(answer), hop.target.url.href);
  if (url === null) return 'it is no address';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'it leads out of HTTP';
  const own = plan.target;
  const elsewhere = targetOf(url, plan.tlsElsewhere);
  const target = url.origin === own.url.origin ? { ...elsewhere, tls: own.tls } : elsewhere;
  // As browsers do: only 307 and 308 repeat a POST.
  const keepsMethod = statusCode >= 307 || hop.method === 'GET' || hop.method === 'HEAD';
  const body = keepsMethod ? hop.body : undefined;
  // A body may be a log-in; who means another place to have it writes that place into the check.
  if (body !== undefined && url.origin !== hop.target.url.origin) return 'the body that is sent is for the first only';
  return {
    target,
    method: keepsMethod ? hop.method : 'GET',
    headers: headersAfterRedirect(hop.headers, hop.target, target, keepsMethod),
    body,
    count: hop.count + 1,
  };
}
