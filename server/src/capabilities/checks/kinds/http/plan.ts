/** What follows from a spec and is the same at every run: worked out once, for 10,000 checks run every 10 s. */
import { requestHead, startExchange } from '../../../../platform/http-exchange.ts';
import { loadHttp2, startHttp2Exchange } from '../../../../platform/http2-exchange.ts';
import { secureContextOf } from '../../../../platform/secure-context.ts';
import { TlsSessions } from '../../../../platform/tls-sessions.ts';
import { evidenceBytes } from '../../evidence.ts';
import { TokenSource } from './access-token.ts';
import type { Auth } from './auth-spec.ts';
import type { ColdStart } from './cold-start.ts';
import { compiledOf, needsBody } from './expectations.ts';
import { coldStartDefaults, defaultBodyBytes, type HttpExpectations, type HttpSpec } from './spec.ts';
import { type ElsewhereTls, type Target, targetOf } from './target.ts';

export interface Plan {
  readonly target: Target;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Method, path and headers as they are sent. */
  readonly head: string;
  readonly body: string | undefined;
  readonly family: 4 | 6 | undefined;
  readonly startExchange: typeof startExchange;
  readonly coldStart: ColdStart | undefined;
  readonly expect: HttpExpectations;
  readonly bodyLimitBytes: number;
  readonly keepBytes: number;
  readonly readBytes: number;
  readonly endlessStreams: 'read' | 'stop';
  readonly followRedirects: boolean;
  /** For addresses elsewhere that redirects lead to: they are not shown who we are. */
  readonly tlsElsewhere: ElsewhereTls;
  /** Where a token is fetched from before the target is asked. */
  readonly tokens: TokenSource | undefined;
  /** What the settings make us send in another spelling; the other side may show it back. */
  readonly secrets: readonly string[];
}

const plans = new WeakMap<HttpSpec, Plan>();

export function planOf(spec: HttpSpec): Plan {
  const known = plans.get(spec);
  if (known !== undefined) return known;
  const plan = makePlan(spec);
  plans.set(spec, plan);
  return plan;
}

function makePlan(spec: HttpSpec): Plan {
  const { verify = true, ca } = spec.tls ?? {};
  const tlsElsewhere = { verify, context: ca === undefined ? undefined : secureContextOf({ ca }) };
  const target = withOwnTls(targetOf(new URL(spec.url), tlsElsewhere), spec);
  const oauth2 = spec.auth?.oauth2;
  const expect = spec.expect ?? {};
  const bodyNeeded = needsBody(expect);
  if (bodyNeeded) compiledOf(expect);
  const bodyLimitBytes = spec.maxBodyBytes ?? defaultBodyBytes;
  const { sizeBytes } = expect;
  const sizeLimitBytes = sizeBytes === undefined ? 0 : (sizeBytes.max ?? sizeBytes.min ?? 0);
  const method = spec.method ?? 'GET';
  const headers = headersOf(spec, target);
  return {
    target,
    method,
    headers,
    head: requestHead({ method, path: target.path, headers }),
    body: spec.body,
    family: spec.family,
    startExchange: spec.protocol === 'h2' ? http2Exchange() : startExchange,
    coldStart: coldStartOf(spec),
    expect,
    bodyLimitBytes,
    keepBytes: bodyNeeded ? Math.max(bodyLimitBytes, evidenceBytes) : evidenceBytes,
    readBytes: Math.max(bodyLimitBytes, sizeLimitBytes),
    endlessStreams: bodyNeeded || sizeBytes !== undefined ? 'read' : 'stop',
    followRedirects: spec.followRedirects ?? true,
    tlsElsewhere,
    tokens:
      oauth2 === undefined ? undefined : new TokenSource(oauth2, targetOf(new URL(oauth2.tokenUrl), tlsElsewhere)),
    secrets: logInOf(target.url, spec.auth)?.secrets ?? [],
  };
}

function http2Exchange(): typeof startExchange {
  loadHttp2();
  return startHttp2Exchange;
}

function coldStartOf({ coldStart, method = 'GET' }: HttpSpec): ColdStart | undefined {
  if (coldStart === undefined) return undefined;
  const { upTo, idleAfter = coldStartDefaults.idleAfterMs, from = coldStartDefaults.fromMs } = coldStart;
  const mayAskAgain = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return { upToMs: upTo, idleAfterMs: idleAfter, fromMs: from, mayAskAgain };
}

/** The target of the check itself: it may see who we are, and is asked so often that what was agreed on is kept. */
function withOwnTls(target: Target, { tls: written = {}, expect }: HttpSpec): Target {
  if (target.tls === undefined) return target;
  const { servername = target.tls.servername, ca } = written;
  const identify = expect?.certificate === undefined ? undefined : { name: servername ?? target.host, ca };
  const own = { servername, context: secureContextOf(written), sessions: new TlsSessions(), identify };
  return { ...target, tls: { ...target.tls, ...own } };
}

function headersOf(spec: HttpSpec, target: Target): [string, string][] {
  const written = Object.entries(spec.headers ?? {});
  const has = (name: string) => written.some(([own]) => own.toLowerCase() === name);
  const headers: [string, string][] = [];
  if (!has('host')) headers.push(['Host', target.url.host]);
  if (!has('user-agent')) headers.push(['User-Agent', 'Pitwall']);
  if (!has('accept')) headers.push(['Accept', '*/*']);
  const logIn = logInOf(target.url, spec.auth);
  if (logIn !== undefined && !has('authorization')) headers.push(['Authorization', logIn.header]);
  headers.push(...written);
  if (spec.body !== undefined && !has('content-length'))
    headers.push(['Content-Length', String(Buffer.byteLength(spec.body))]);
  if (!has('connection')) headers.push(['Connection', 'close']);
  return headers;
}

interface LogIn {
  readonly header: string;
  readonly secrets: readonly string[];
}

/** The log-in of the settings, or the one that stands in the address, as it is sent. */
function logInOf({ username, password }: URL, auth: Auth | undefined): LogIn | undefined {
  if (auth?.bearer !== undefined) return { header: `Bearer ${auth.bearer}`, secrets: [auth.bearer] };
  if (auth?.basic !== undefined) return basicLogIn(auth.basic.username, auth.basic.password, []);
  if (username === '' && password === '') return undefined;
  return basicLogIn(decodedPart(username), decodedPart(password), [password]);
}

function basicLogIn(username: string, password: string, spellings: readonly string[]): LogIn {
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return { header: `Basic ${basic}`, secrets: [basic, password, ...spellings].filter((text) => text !== '') };
}

/** A `%` that begins no code stays as it is. */
function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Headers that follow a redirect to somebody else. Of those in the file any may be a key, whatever its name: they are
 * all kept as secrets, so they are all kept at home.
 */
const forAnybody: ReadonlySet<string> = new Set([
  'user-agent',
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
]);
const ofTheBody: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
]);

/** The headers after a redirect: those that may prove who asks stay at home, a body dropped takes its own with it. */
export function headersAfterRedirect(
  headers: readonly (readonly [string, string])[],
  from: Target,
  to: Target,
  keepsBody: boolean,
): (readonly [string, string])[] {
  const elsewhere = from.url.origin !== to.url.origin;
  const kept = headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !(elsewhere && !forAnybody.has(lower)) && !(!keepsBody && ofTheBody.has(lower));
  });
  return kept.some(([name]) => name.toLowerCase() === 'host') ? kept : [['Host', to.url.host], ...kept];
}
