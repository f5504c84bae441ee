/** A job reports; somebody asks for its address and what it reported. */
import type { SomeHandlers } from '../../../../contract/src/handlers.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Store } from '../../storage/store.ts';
import { dueAfterMs, type HeartbeatSpec, heartbeatGraceMs } from '../checks/api.ts';
import type { WatchedCheck } from '../services/api.ts';
import type { JobBook } from './book.ts';
import { type Allowance, burst, reportOf, spend, tailOf } from './domain.ts';

export interface JobOptions {
  readonly store: Store;
  readonly book: JobBook;
  readonly nowMs: () => number;
  readonly baseUrl: () => string;
  readonly find: (
    serviceId: string,
    checkId: string,
  ) => { readonly check: WatchedCheck; readonly watchedSinceMs: number } | undefined;
}

const mostCharacters = 4_096;

type Names = 'jobs.get' | 'jobs.report';

export function jobHandlers(options: JobOptions): SomeHandlers<Names> {
  const { store, book, nowMs } = options;
  const allowances = new Map<string, Allowance>();
  return {
    'jobs.report': async ({ token, signal, rid, text }) => {
      const key = book.keyOf(token);
      if (key === undefined) {
        const hint = 'The service’s page shows the address of each of its jobs.';
        throw new PitwallError('not-found', 'No job has this address', { hint });
      }
      const atMs = nowMs();
      const allowance = spend(allowances.get(key), atMs);
      if (allowance === undefined) {
        const hint = 'Report once when a run begins and once when it ends.';
        throw new PitwallError('rate-limited', `${key} reports too often: ${burst} at once, then one a second`, {
          hint,
        });
      }
      allowances.set(key, allowance);
      const report = reportOf(signal, rid, atMs);
      await book.report(key, report, text === undefined ? undefined : tailOf(text, mostCharacters));
      return { ok: true, check: key, signal: report.signal, atMs };
    },
    'jobs.get': async ({ serviceId, checkId, beforeId, limit }) => {
      const found = options.find(serviceId, checkId);
      if (found === undefined) throw new PitwallError('not-found', `There is no check ${serviceId}/${checkId}`);
      const { check, watchedSinceMs } = found;
      const token = book.tokenOf(check.key);
      if (token === undefined) {
        throw new PitwallError('invalid-input', `${check.key} is of kind ${check.kind}; only a heartbeat has reports`);
      }
      const url = `${options.baseUrl().replace(/\/+$/, '')}/beat/${token}`;
      const reports = await store.read
        .selectFrom('job_report')
        .selectAll()
        .where('subject', '=', check.key)
        .where('id', '<', beforeId ?? Number.MAX_SAFE_INTEGER)
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const rows = reports.slice(0, limit);
      return {
        url,
        example: `0 3 * * * /path/to/job && curl -fsS -m 10 --retry 3 -o /dev/null ${url}`,
        ...timesOf(check, book, watchedSinceMs),
        reports: rows.map((row) => ({
          atMs: row.at_ms,
          signal: row.signal,
          runId: row.run_id,
          exitCode: row.exit_code,
          durationMs: row.duration_ms,
          text: row.text,
        })),
        nextBeforeId: reports.length > limit ? rows.at(-1)!.id : null,
      };
    },
  };
}

function timesOf(check: WatchedCheck, book: JobBook, watchedSinceMs: number) {
  const record = book.recordOf(check.key);
  const nothing = { dueAtMs: null, missedAtMs: null, runningSinceMs: record?.open[0]?.startedAtMs ?? null };
  if (check.missing.length > 0) return nothing;
  const spec = check.spec as HeartbeatSpec;
  const dueAtMs = dueAfterMs(spec, record?.ended?.atMs ?? watchedSinceMs);
  if (dueAtMs === undefined) return nothing;
  const earliestMs = Math.min(dueAtMs, nothing.runningSinceMs ?? dueAtMs);
  return { ...nothing, dueAtMs, missedAtMs: earliestMs + heartbeatGraceMs(spec) };
}
