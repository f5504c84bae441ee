import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonSentence } from '../../../../../../contract/src/reasons.ts';
import type { Knowledge } from '../../kind.ts';
import { heartbeatKind } from './heartbeat.ts';
import { emptyJobRecord, type JobRecord, type JobReport, takeReport } from './job-record.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const t0 = Date.parse('2026-07-01T00:00:00Z');

type Told = readonly [minute: number, signal: JobReport['signal'], rest?: { runId?: string; exitCode?: number }];

function recordOf(reports: readonly Told[]): JobRecord {
  return reports.reduce<JobRecord>(
    (record, [minute, signal, { runId, exitCode } = {}]) =>
      takeReport(record, { signal, atMs: t0 + minute * minuteMs, runId, exitCode }),
    emptyJobRecord,
  );
}

function judgeAt(settings: object, reports: readonly Told[], minute: number) {
  const job = reports.length === 0 ? undefined : recordOf(reports);
  const knowledge: Knowledge = { statusOf: () => undefined, jobOf: () => job };
  const spec = heartbeatKind.schema.parse(settings);
  const context = { key: 'shop/backup', atMs: t0 + minute * minuteMs, watchedSinceMs: t0, knowledge };
  return heartbeatKind.derive(spec, context);
}

const hourly = { every: '1h', grace: '10m' };
const nightly = { cron: '0 3 * * *', zone: 'UTC', grace: '30m' };

const table: readonly {
  why: string;
  settings: object;
  reports: readonly Told[];
  atMinute: number;
  is: readonly [outcome: string, reason: string];
  sentence?: RegExp;
}[] = [
  {
    why: 'nothing is known of a job before its first report is due',
    settings: hourly,
    reports: [],
    atMinute: 69,
    is: ['unknown', 'never-reported'],
  },
  {
    why: 'a job that never reports alarms',
    settings: hourly,
    reports: [],
    atMinute: 71,
    is: ['fail', 'never-reported'],
    sentence: /1 Jul 01:00/,
  },
  { why: 'in time', settings: hourly, reports: [[5, 'success']], atMinute: 60, is: ['pass', 'reported'] },
  {
    why: 'late, within its grace',
    settings: hourly,
    reports: [[5, 'success']],
    atMinute: 75,
    is: ['pass', 'reported'],
  },
  {
    why: 'missed',
    settings: hourly,
    reports: [[5, 'success']],
    atMinute: 76,
    is: ['fail', 'report-missing'],
    sentence: /the last was 1 Jul 00:05.*due 1 Jul 01:05/,
  },
  {
    why: 'back again',
    settings: hourly,
    reports: [
      [5, 'success'],
      [200, 'success'],
    ],
    atMinute: 201,
    is: ['pass', 'reported'],
  },
  {
    why: 'it says that it failed',
    settings: hourly,
    reports: [
      [5, 'success'],
      [30, 'fail', { exitCode: 137 }],
    ],
    atMinute: 31,
    is: ['fail', 'job-failed'],
    sentence: /exit code 137/,
  },
  {
    why: 'failing is reporting: the next is due after it',
    settings: hourly,
    reports: [[30, 'fail']],
    atMinute: 101,
    is: ['fail', 'report-missing'],
  },
  {
    why: 'begun and not over, within grace',
    settings: hourly,
    reports: [
      [5, 'success'],
      [60, 'start'],
    ],
    atMinute: 70,
    is: ['pass', 'reported'],
  },
  {
    why: 'begun and not ended: the earlier of expected and last start, plus grace',
    settings: hourly,
    reports: [
      [5, 'success'],
      [20, 'start'],
    ],
    atMinute: 31,
    is: ['fail', 'job-unfinished'],
    sentence: /began 1 Jul 00:20.*within 10 min/,
  },
  {
    why: 'a log line ends nothing and begins nothing',
    settings: hourly,
    reports: [
      [5, 'success'],
      [70, 'log'],
    ],
    atMinute: 80,
    is: ['fail', 'report-missing'],
  },
  {
    why: 'two runs that overlap are told apart: one is stuck though the other ended',
    settings: hourly,
    reports: [
      [0, 'start', { runId: 'a' }],
      [1, 'start', { runId: 'b' }],
      [3, 'success', { runId: 'b' }],
    ],
    atMinute: 11,
    is: ['fail', 'job-unfinished'],
  },
  {
    why: 'both ended, the newer first: well',
    settings: hourly,
    reports: [
      [0, 'start', { runId: 'a' }],
      [1, 'start', { runId: 'b' }],
      [3, 'success', { runId: 'b' }],
      [4, 'success', { runId: 'a' }],
    ],
    atMinute: 12,
    is: ['pass', 'reported'],
  },
  {
    why: 'an end without a start is enough',
    settings: hourly,
    reports: [[5, 'success', { runId: 'x' }]],
    atMinute: 6,
    is: ['pass', 'reported'],
  },
  {
    why: 'by the crontab: due at three',
    settings: nightly,
    reports: [[181, 'success']],
    atMinute: 24 * 60 + 179,
    is: ['pass', 'reported'],
  },
  {
    why: 'by the crontab: missed at half past three',
    settings: nightly,
    reports: [[181, 'success']],
    atMinute: 24 * 60 + 211,
    is: ['fail', 'report-missing'],
  },
  {
    why: 'a run by hand in the afternoon does not excuse the night',
    settings: nightly,
    reports: [
      [181, 'success'],
      [900, 'success'],
    ],
    atMinute: 24 * 60 + 211,
    is: ['fail', 'report-missing'],
  },
  {
    why: 'a systemd timer',
    settings: { onCalendar: 'Wed..Fri 06:00', zone: 'UTC' },
    reports: [[361, 'success']],
    atMinute: 24 * 60 + 366,
    is: ['fail', 'report-missing'],
  },
  {
    why: 'slower than it may be is degraded',
    settings: { ...hourly, expect: { duration: '2m' } },
    reports: [
      [0, 'start'],
      [5, 'success'],
    ],
    atMinute: 6,
    is: ['degraded', 'job-slow'],
    sentence: /took 5 min, limit 2 min/,
  },
  {
    why: 'dated a year ahead by a wrong clock: judged as if it came now, so it is missed an interval later',
    settings: hourly,
    reports: [[365 * 24 * 60, 'success']],
    atMinute: 10,
    is: ['pass', 'reported'],
  },
];

for (const { why, settings, reports, atMinute, is, sentence } of table) {
  test(`heartbeat: ${why}`, () => {
    const result = judgeAt(settings, reports, atMinute);
    assert.deepEqual([result.outcome, result.reason], is);
    const said = reasonSentence(result.reason, result.evidence?.facts);
    assert.doesNotMatch(said, /\?|undefined|NaN/);
    if (sentence !== undefined) assert.match(said, sentence);
    assert.doesNotMatch(heartbeatKind.describe(result.observed, -1), /undefined|NaN/);
  });
}

test('heartbeat: a job that only ever starts keeps a record of bounded size', () => {
  const starts = Array.from({ length: 500 }, (_, n): Told => [n, 'start', { runId: `run-${n}` }]);
  assert.equal(recordOf(starts).open.length, 20);
});

test('heartbeat: how long a run took is told', () => {
  const { observed } = judgeAt(
    { every: '1h' },
    [
      [0, 'start'],
      [4, 'success', { exitCode: 0 }],
    ],
    5,
  );
  assert.deepEqual(observed, { ended: '2026-07-01 00:04 UTC', took: '4 min', exitCode: 0 });
  assert.equal(hourMs, 3_600_000);
});

for (const [why, settings] of [
  ['nothing says when', { grace: '5m' }],
  ['two ways to say when', { every: '1h', cron: '0 3 * * *' }],
  ['no crontab line', { cron: '61 * * * *' }],
  ['no calendar event', { onCalendar: 'sometimes' }],
  ['no zone', { cron: '0 3 * * *', zone: 'Mars/Olympus' }],
  ['a key that does not exist', { every: '1h', graec: '5m' }],
] as const) {
  test(`heartbeat: settings are refused: ${why}`, () => {
    assert.equal(heartbeatKind.schema.safeParse(settings).success, false);
  });
}
