/** Whether what a database gave is what was wanted. Pure. A wrong role outranks a wrong answer, and both a slow one. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome, Phases } from '../../../../../../contract/src/vocabulary.ts';
import { formatDuration } from '../../../../core/duration.ts';
import type { Facts } from '../../evidence.ts';
import { type Bounds, boundWords, expectedWords, isWithin, quoted, valueFits } from '../../expected-value.ts';
import { slowness } from '../../limits.ts';
import type { SqlExpectations } from './spec.ts';

export interface Replication {
  readonly role: 'primary' | 'replica';
  /** How old the newest change is that it has made its own; undefined where the server does not say. */
  readonly lagMs: number | undefined;
  /** What keeps it from following; undefined where it follows. */
  readonly broken: string | undefined;
}

export interface SqlAnswer {
  /** Absent where nothing was expected of it. */
  readonly replication: Replication | undefined;
  readonly rowCount: number;
  /** The first column of the first row as text; null is SQL’s NULL, undefined where there is no row or no column. */
  readonly value: string | null | undefined;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

const met: Verdict = { outcome: 'pass', reason: 'expectations-met', facts: {} };

export function judgeSql(expect: SqlExpectations, answer: SqlAnswer, phases: Phases, totalUs: number): Verdict {
  return (
    judgeRole(expect, answer.replication) ??
    judgeAnswer(expect, answer) ??
    judgeLag(expect, answer.replication) ??
    judgeLatency(expect, phases, totalUs) ??
    met
  );
}

function fail(reason: ReasonCode, facts: Facts): Verdict {
  return { outcome: 'fail', reason, facts };
}

function judgeRole(expect: SqlExpectations, seen: Replication | undefined): Verdict | undefined {
  const expected = expect.role ?? (expect.replicationLag === undefined ? undefined : 'replica');
  if (expected === undefined || seen === undefined) return undefined;
  if (seen.role !== expected) return fail('role-mismatch', { actual: seen.role, expected });
  const tooOld = seen.lagMs === undefined || seen.lagMs > (expect.replicationLag ?? Number.POSITIVE_INFINITY);
  // A replica that has nothing to fetch for a while is not broken; one that has fallen behind and fetches nothing is.
  if (expect.replicationLag !== undefined && seen.broken !== undefined && tooOld)
    return fail('replication-broken', { code: seen.broken });
  return undefined;
}

function judgeAnswer({ rows, value }: SqlExpectations, answer: SqlAnswer): Verdict | undefined {
  if (rows !== undefined && !isWithin(answer.rowCount, rows))
    return fail('query-mismatch', { actual: rowWords(answer.rowCount), expected: expectedRows(rows) });
  if (value === undefined || valueFits(answer.value, value)) return undefined;
  return fail('query-mismatch', { actual: valueWords(answer.value), expected: expectedWords(value) });
}

function valueWords(value: string | null | undefined): string {
  if (value === undefined) return 'no row';
  return value === null ? 'NULL' : quoted(value);
}

function rowWords(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function expectedRows(rows: number | Bounds): string {
  return typeof rows === 'number' ? rowWords(rows) : `${boundWords(rows)} rows`;
}

function judgeLag({ replicationLag }: SqlExpectations, seen: Replication | undefined): Verdict | undefined {
  if (replicationLag === undefined || seen === undefined) return undefined;
  const reading = 'The replication lag';
  if (seen.lagMs === undefined)
    return { outcome: 'unknown', reason: 'reading-failed', facts: { reading, code: 'the server does not tell' } };
  if (seen.lagMs <= replicationLag) return undefined;
  // Whole seconds, rounded up, so that each result of one long spell does not become a new failure of its own.
  const actual = formatDuration(Math.ceil(seen.lagMs / 1_000) * 1_000);
  return {
    outcome: 'degraded',
    reason: 'limit-exceeded',
    facts: { reading, actual, limit: formatDuration(replicationLag) },
  };
}

function judgeLatency(
  { latency = {} }: SqlExpectations,
  { dnsUs = -1, connectUs = -1, tlsUs = -1, waitUs = -1, transferUs = -1 }: Phases,
  totalUs: number,
): Verdict | undefined {
  const slow =
    slowness('The check', totalUs, latency.total) ??
    slowness('Looking the name up', dnsUs, latency.dns) ??
    slowness('Opening the connection', connectUs, latency.connect) ??
    slowness('Agreeing on encryption', tlsUs, latency.tls) ??
    slowness('Logging in', waitUs, latency.login) ??
    slowness('The query', transferUs, latency.query);
  return slow === undefined ? undefined : { outcome: 'degraded', reason: 'too-slow', facts: slow };
}
