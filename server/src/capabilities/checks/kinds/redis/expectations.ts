/** Whether what a Redis server says of itself is what was wanted. Pure. Failures first, then what is only degraded. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome, Phases } from '../../../../../../contract/src/vocabulary.ts';
import { formatDuration } from '../../../../core/duration.ts';
import type { Facts } from '../../evidence.ts';
import { expectedWords, quoted, valueFits } from '../../expected-value.ts';
import { slowness } from '../../limits.ts';
import type { RedisExpectations } from './spec.ts';

/** The fields of INFO; absent where it was not asked. */
export type Info = ReadonlyMap<string, string>;

export interface RedisAnswer {
  readonly info: Info | undefined;
  /** What the command gave; undefined where there is none. */
  readonly value: string | null | undefined;
  readonly command: readonly string[] | undefined;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

const met: Verdict = { outcome: 'pass', reason: 'expectations-met', facts: {} };

/** Whether any of it needs INFO. */
export function needsInfo({ role, replicationLag, replicas, memoryUsedPercent }: RedisExpectations): boolean {
  return [role, replicationLag, replicas, memoryUsedPercent].some((expected) => expected !== undefined);
}

export function judgeRedis(expect: RedisExpectations, answer: RedisAnswer, phases: Phases, totalUs: number): Verdict {
  const info = answer.info ?? new Map<string, string>();
  const memory = judgeMemory(expect, info);
  return (
    judgeRole(expect, info) ??
    judgeValue(expect, answer) ??
    (memory?.outcome === 'fail' ? memory : undefined) ??
    judgeSilence(expect, info) ??
    judgeReplicas(expect, info) ??
    memory ??
    judgeLatency(expect, phases, totalUs) ??
    met
  );
}

export function parseInfo(text: string): Info {
  const pairs = text.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon <= 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
  });
  return new Map(pairs);
}

export function roleOf(info: Info): 'primary' | 'replica' | undefined {
  const word = info.get('role');
  if (word === undefined) return undefined;
  return word === 'slave' || word === 'replica' ? 'replica' : 'primary';
}

export function memoryUsedPercent(info: Info): number | undefined {
  const most = Number(info.get('maxmemory') ?? 0) || Number(info.get('total_system_memory') ?? 0);
  const used = Number(info.get('used_memory'));
  return most > 0 && Number.isFinite(used) ? (used / most) * 100 : undefined;
}

function unread(reading: string): Verdict {
  return { outcome: 'unknown', reason: 'reading-failed', facts: { reading, code: 'the server does not tell' } };
}

function fail(reason: ReasonCode, facts: Facts): Verdict {
  return { outcome: 'fail', reason, facts };
}

function beyond(outcome: Outcome, reading: string, actual: string | number, limit: string | number): Verdict {
  return { outcome, reason: 'limit-exceeded', facts: { reading, actual, limit } };
}

function judgeRole(expect: RedisExpectations, info: Info): Verdict | undefined {
  const follows = expect.replicationLag !== undefined;
  const expected = expect.role ?? (follows ? 'replica' : expect.replicas === undefined ? undefined : 'primary');
  if (expected === undefined) return undefined;
  const actual = roleOf(info);
  if (actual === undefined) return unread('Its role');
  if (actual !== expected) return fail('role-mismatch', { actual, expected });
  if (!follows || info.get('master_link_status') === 'up') return undefined;
  const downSeconds = Number(info.get('master_link_down_since_seconds') ?? -1);
  const since = downSeconds < 1 ? '' : ` for ${formatDuration(downSeconds * 1_000)}`;
  const copies = info.get('master_sync_in_progress') === '1' ? ', and it is copying everything anew' : '';
  return fail('replication-broken', { code: `the link to its primary is down${since}${copies}` });
}

function judgeValue({ value: expected }: RedisExpectations, { value, command = [] }: RedisAnswer): Verdict | undefined {
  if (expected === undefined || valueFits(value, expected)) return undefined;
  const actual = value === null || value === undefined ? 'nothing' : quoted(value);
  return fail('value-mismatch', { reading: command.join(' '), actual, expected: expectedWords(expected) });
}

function judgeMemory({ memoryUsedPercent: limits }: RedisExpectations, info: Info): Verdict | undefined {
  if (limits === undefined) return undefined;
  const used = memoryUsedPercent(info);
  const reading = 'Its memory in use';
  if (used === undefined) return unread(reading);
  // Rounded up, so that it never reads as what is allowed.
  const actual = `${Math.ceil(used)} %`;
  if (limits.fail !== undefined && used > limits.fail) return beyond('fail', reading, actual, `${limits.fail} %`);
  if (limits.degraded === undefined || used <= limits.degraded) return undefined;
  return beyond('degraded', reading, actual, `${limits.degraded} %`);
}

function judgeSilence({ replicationLag }: RedisExpectations, info: Info): Verdict | undefined {
  if (replicationLag === undefined) return undefined;
  const silentMs = Number(info.get('master_last_io_seconds_ago') ?? Number.NaN) * 1_000;
  const reading = 'The silence of its primary';
  if (!(silentMs >= 0)) return unread(reading);
  if (silentMs <= replicationLag) return undefined;
  return beyond('degraded', reading, formatDuration(silentMs), formatDuration(replicationLag));
}

function judgeReplicas({ replicas }: RedisExpectations, info: Info): Verdict | undefined {
  if (replicas === undefined) return undefined;
  const count = [...info].filter(([name, state]) => /^slave\d+$/.test(name) && state.includes('state=online')).length;
  return count >= replicas
    ? undefined
    : beyond('degraded', 'The number of its replicas', count, `at least ${replicas}`);
}

function judgeLatency(
  { latency = {} }: RedisExpectations,
  { dnsUs = -1, connectUs = -1, tlsUs = -1, waitUs = -1, transferUs = -1 }: Phases,
  totalUs: number,
): Verdict | undefined {
  const slow =
    slowness('The check', totalUs, latency.total) ??
    slowness('Looking the name up', dnsUs, latency.dns) ??
    slowness('Opening the connection', connectUs, latency.connect) ??
    slowness('Agreeing on encryption', tlsUs, latency.tls) ??
    slowness('Logging in', waitUs, latency.login) ??
    slowness('The answer', transferUs, latency.answer);
  return slow === undefined ? undefined : { outcome: 'degraded', reason: 'too-slow', facts: slow };
}
