/** Which requests are looked at, how long a log-in lasts, and how often it may be tried. Pure. */

export interface IncomingRequest {
  readonly method: string;
  /** The Host header. */
  readonly host: string | undefined;
  /** The Origin header. */
  readonly origin: string | undefined;
  /** The Sec-Fetch-Site header: where a browser says the request came from. */
  readonly secFetchSite: string | undefined;
}

/**
 * Why a request is not even looked at, or undefined. A name that somebody else has pointed at this machine (DNS
 * rebinding) shows in Host; a page of another site shows in Origin or Sec-Fetch-Site. Programs send neither of these.
 */
export function refuseRequest(request: IncomingRequest, allowedHosts: ReadonlySet<string>): string | undefined {
  const { method, host, origin, secFetchSite } = request;
  if (host === undefined) return 'The request names no host';
  if (!allowedHosts.has(host.toLowerCase())) return `Pitwall does not answer to the name ${shorten(host)}`;
  // An event stream of another site carries an Origin although it is a GET, so it is compared on every method.
  if (origin !== undefined && !isAllowedOrigin(origin, allowedHosts)) return 'The request came from another site';
  const reads = method === 'GET' || method === 'HEAD';
  if (!reads && secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none') {
    return 'The request came from another site';
  }
  return undefined;
}

function isAllowedOrigin(origin: string, allowedHosts: ReadonlySet<string>): boolean {
  const host = /^https?:\/\/([^/?#@\s]+)$/i.exec(origin)?.[1];
  return host !== undefined && allowedHosts.has(host.toLowerCase());
}

function shorten(text: string): string {
  const clean = text.replace(/[^\x21-\x7e]/g, '?');
  return clean.length > 80 ? `${clean.slice(0, 80)}…` : clean;
}

/** The Host headers that mean this Pitwall: loopback by its names, and where the configuration says people reach it. */
export function allowedHostsFor(port: number, publicUrl?: string): ReadonlySet<string> {
  const hosts = new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`));
  if (port === 80) for (const name of ['127.0.0.1', 'localhost', '[::1]']) hosts.add(name);
  if (publicUrl !== undefined && URL.canParse(publicUrl)) hosts.add(new URL(publicUrl).host.toLowerCase());
  return hosts;
}

const dayMs = 86_400_000;
export const sessionLifetimeMs = 30 * dayMs;
/** The single-use token of a start link. */
export const linkLifetimeMs = 10 * 60_000;

export interface Session {
  readonly role: 'manager' | 'operator' | 'viewer';
  /** Who it is in the ledger. */
  readonly actor: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export type SessionVerdict =
  | { readonly reason: 'expired' }
  | { readonly reason: 'valid' }
  /** It is used, so it lasts longer: at most one write a day for it. */
  | { readonly reason: 'renewed'; readonly next: Session };

export function judgeSession(session: Session, nowMs: number): SessionVerdict {
  if (nowMs >= session.expiresAtMs) return { reason: 'expired' };
  const renewedMs = nowMs + sessionLifetimeMs;
  if (renewedMs - session.expiresAtMs < dayMs) return { reason: 'valid' };
  return { reason: 'renewed', next: { ...session, expiresAtMs: renewedMs } };
}

/** Tries of one address within a window. */
export interface Tries {
  readonly sinceMs: number;
  readonly count: number;
}

const triesWindowMs = 60_000;
const mostTries = 10;

/** Counts a try; refused ones count too, and the window begins anew once it has passed. */
export function countTry(tries: Tries | undefined, nowMs: number): { next: Tries; allowed: boolean } {
  const running = tries !== undefined && nowMs >= tries.sinceMs && nowMs - tries.sinceMs < triesWindowMs;
  const next = running ? { ...tries, count: tries.count + 1 } : { sinceMs: nowMs, count: 1 };
  return { next, allowed: next.count <= mostTries };
}
