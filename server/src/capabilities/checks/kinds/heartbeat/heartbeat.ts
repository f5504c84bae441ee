/**
 * Kind `heartbeat`: a job that reports to us, and is missed when it does not. Judged from its reports
 * (capabilities/jobs); the page gives the address to report to.
 */
import { z } from 'zod';
import { type Calendar, isZone, localZone, nextInstantMs } from '../../../../core/calendar.ts';
import { parseCron } from '../../../../core/cron.ts';
import { formatDuration } from '../../../../core/duration.ts';
import { parseOnCalendar } from '../../../../core/on-calendar.ts';
import { type DeriveContext, defineDerivedKind, type Evidence, type ProbeResult } from '../../kind.ts';
import { limitSchema } from '../../limits.ts';
import { emptyJobRecord, type JobRecord } from './job-record.ts';

const defaultGraceMs = 5 * 60_000;

const heartbeatSchema = z
  .strictObject({
    every: limitSchema('How often it reports, such as 1h or 1d; this, `cron` or `onCalendar`').optional(),
    cron: z.string().min(1).max(200).optional().describe('When it runs, as in a crontab: `0 3 * * *`'),
    onCalendar: z.string().min(1).max(200).optional().describe('When it runs, as in a systemd timer: `Mon..Fri 03:00`'),
    zone: z
      .string()
      .refine(isZone, 'not a time zone')
      .optional()
      .describe('The zone of `cron` and `onCalendar`, such as Europe/Amsterdam; this machine’s where left out'),
    grace: limitSchema('How long it may take or be late before it is missed; 5m').optional(),
    expect: z
      .strictObject({
        duration: limitSchema('How long a run may take; what takes longer is degraded').optional(),
      })
      .optional()
      .describe('What must be true of a run'),
  })
  .superRefine((spec, context) => {
    const given = [spec.every, spec.cron, spec.onCalendar].filter((value) => value !== undefined).length;
    if (given !== 1) {
      const message = given === 0 ? 'says not when it runs' : 'says in more than one way when it runs';
      context.addIssue({ code: 'custom', message, params: { fix: 'write one of `every`, `cron` and `onCalendar`' } });
    }
    for (const [key, parsed] of [
      ['cron', spec.cron === undefined ? undefined : parseCron(spec.cron, 'UTC')],
      ['onCalendar', spec.onCalendar === undefined ? undefined : parseOnCalendar(spec.onCalendar, 'UTC')],
    ] as const) {
      if (parsed !== undefined && 'fault' in parsed) {
        context.addIssue({ code: 'custom', path: [key], message: parsed.fault });
      }
    }
  });
export type HeartbeatSpec = z.output<typeof heartbeatSchema>;

export const heartbeatKind = defineDerivedKind<HeartbeatSpec>({
  kind: 'heartbeat',
  title: 'Job that reports',
  schema: heartbeatSchema,
  secretPaths: [],
  // Often, as a job that says it failed should not wait to be heard; nothing is asked, so it costs next to nothing.
  timing: { intervalMs: 10_000, downAfter: 1, upAfter: 1 },
  describe: ({ ended, took }) =>
    ended === undefined ? 'no report yet' : `reported ${ended}${took === undefined ? '' : `, took ${took}`}`,
  derive: judgeHeartbeat,
});

/** When the next report is due after an instant; undefined where the calendar has no further day. */
export function dueAfterMs(spec: HeartbeatSpec, afterMs: number): number | undefined {
  if (spec.every !== undefined) return afterMs + spec.every;
  return nextInstantMs(calendarOf(spec), afterMs);
}

export function heartbeatGraceMs({ grace }: HeartbeatSpec): number {
  return grace ?? defaultGraceMs;
}

const calendars = new WeakMap<HeartbeatSpec, Calendar>();

function calendarOf(spec: HeartbeatSpec): Calendar {
  const known = calendars.get(spec);
  if (known !== undefined) return known;
  const zone = spec.zone ?? localZone();
  const parsed = spec.cron === undefined ? parseOnCalendar(spec.onCalendar!, zone) : parseCron(spec.cron, zone);
  if ('fault' in parsed) throw new Error(parsed.fault);
  calendars.set(spec, parsed);
  return parsed;
}

/**
 * Missed at the earlier of the next due instant and the last start, plus grace (as healthchecks.io has it): a run that
 * began and does not end is missed sooner than the one after it would be.
 */
function judgeHeartbeat(spec: HeartbeatSpec, context: DeriveContext): ProbeResult {
  const record = context.knowledge.jobOf(context.key) ?? emptyJobRecord;
  const { atMs } = context;
  const graceMs = heartbeatGraceMs(spec);
  const { ended } = record;
  const observed = observedOf(record);
  const result = (outcome: ProbeResult['outcome'], reason: ProbeResult['reason'], facts: Evidence['facts'] = {}) => ({
    ...{ outcome, reason, phases: {}, totalUs: -1, observed },
    ...(outcome === 'pass' ? {} : { evidence: { facts } }),
  });

  const stuck = record.open.find(({ startedAtMs }) => startedAtMs + graceMs < atMs);
  if (stuck !== undefined) {
    return result('fail', 'job-unfinished', { startedMs: stuck.startedAtMs, limit: plain(graceMs) });
  }
  // Of a record from before the clock was set back nothing may follow for longer than of one made now.
  const lastMs = ended === undefined ? undefined : Math.min(ended.atMs, atMs);
  const dueMs = dueAfterMs(spec, lastMs ?? context.watchedSinceMs);
  if (dueMs !== undefined && dueMs + graceMs < atMs) {
    return lastMs === undefined
      ? result('fail', 'never-reported', { dueMs })
      : result('fail', 'report-missing', { lastMs, dueMs });
  }
  if (ended === undefined) return result('unknown', 'never-reported', dueMs === undefined ? {} : { dueMs });
  if (!ended.ok) {
    const what = ended.exitCode === undefined ? 'it said no more' : `exit code ${ended.exitCode}`;
    return result('fail', 'job-failed', { what, endedMs: ended.atMs });
  }
  const limitMs = spec.expect?.duration;
  if (limitMs !== undefined && ended.durationMs !== undefined && ended.durationMs > limitMs) {
    return result('degraded', 'job-slow', { actual: plain(ended.durationMs), limit: plain(limitMs) });
  }
  return result('pass', 'reported');
}

function observedOf({ ended, open }: JobRecord): ProbeResult['observed'] {
  return {
    ...(ended === undefined ? {} : { ended: instant(ended.atMs) }),
    ...(ended?.durationMs === undefined ? {} : { took: plain(ended.durationMs) }),
    ...(ended?.exitCode === undefined ? {} : { exitCode: ended.exitCode }),
    ...(open.length === 0 ? {} : { running: open.length }),
  };
}

function instant(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function plain(durationMs: number): string {
  return formatDuration(durationMs).replaceAll('\u00a0', ' ');
}
