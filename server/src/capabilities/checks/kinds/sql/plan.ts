/** What follows from the settings of a database and is the same at every run. */
import type { SqlExpectations, SqlSpec, TlsMode } from './spec.ts';

export interface SqlPlan {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly tls: TlsMode;
  readonly ca: string | undefined;
  readonly query: string;
  readonly expect: SqlExpectations;
  /** What stands in the url and may be shown back. */
  readonly secrets: readonly string[];
}

const plans = new WeakMap<SqlSpec, SqlPlan>();

export function sqlPlanOf(spec: SqlSpec, usualPort: number): SqlPlan {
  const known = plans.get(spec);
  if (known !== undefined) return known;
  const plan = makePlan(spec, usualPort);
  plans.set(spec, plan);
  return plan;
}

function makePlan(spec: SqlSpec, usualPort: number): SqlPlan {
  const { ca, query = 'SELECT 1', expect = {} } = spec;
  const address = spec.url === undefined ? undefined : partsOfUrl(spec.url);
  const password = spec.password ?? address?.password;
  return {
    host: unbracketed(address?.host ?? spec.host!),
    port: address?.port ?? spec.port ?? usualPort,
    user: spec.user ?? address?.user ?? '',
    password,
    database: spec.database ?? address?.database,
    tls: spec.tls ?? tlsOf(address?.query) ?? 'prefer',
    ca,
    query,
    expect,
    secrets: [address?.writtenPassword, password].filter((text) => text !== undefined),
  };
}

export interface UrlParts {
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** As it stands there, encoded. */
  readonly writtenPassword: string | undefined;
  readonly database: string | undefined;
  readonly query: URLSearchParams;
}

export function partsOfUrl(text: string): UrlParts {
  const url = new URL(text);
  return {
    host: decodedPart(url.hostname)!,
    port: url.port === '' ? undefined : Number(url.port),
    user: decodedPart(url.username),
    password: decodedPart(url.password),
    writtenPassword: url.password === '' ? undefined : url.password,
    database: decodedPart(url.pathname.slice(1)),
    query: url.searchParams,
  };
}

export function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** A `%` that begins no code stays as it is. */
function decodedPart(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The words of libpq (`sslmode`) and of MySQL’s own tools (`ssl-mode`), as they stand in addresses that are copied here. */
const modes: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  disabled: 'off',
  allow: 'prefer',
  prefer: 'prefer',
  preferred: 'prefer',
  require: 'require',
  required: 'require',
  'verify-ca': 'verify',
  verify_ca: 'verify',
  'verify-full': 'verify',
  verify_identity: 'verify',
};

function tlsOf(query: URLSearchParams | undefined): TlsMode | undefined {
  const word = query?.get('sslmode') ?? query?.get('ssl-mode') ?? query?.get('sslMode');
  return word === null || word === undefined ? undefined : modes[word.toLowerCase()];
}
