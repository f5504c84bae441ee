import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type Calendar, nextInstantMs } from './calendar.ts';
import { parseCron } from './cron.ts';
import { parseOnCalendar } from './on-calendar.ts';

const execute = promisify(execFile);

function instants(calendar: Calendar | { readonly fault: string }, after: string, count: number): string[] {
  assert.ok(!('fault' in calendar), 'fault' in calendar ? calendar.fault : '');
  const found: string[] = [];
  for (let atMs = Date.parse(after); found.length < count; ) {
    const next = nextInstantMs(calendar, atMs);
    if (next === undefined) break;
    assert.ok(next > atMs, 'time goes on');
    found.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
    atMs = next;
  }
  return found;
}

const cronTable = [
  {
    why: 'nightly, in the zone of the shop',
    cron: '0 3 * * *',
    zone: 'Europe/Amsterdam',
    after: '2026-07-01T00:00:00Z',
    next: ['2026-07-01T01:00Z', '2026-07-02T01:00Z'],
  },
  {
    why: 'a time that the clocks skip runs as soon as they have changed (cron(8))',
    cron: '30 2 * * *',
    zone: 'Europe/Amsterdam',
    after: '2026-03-28T12:00:00Z',
    next: ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
  },
  {
    why: 'a time that comes twice is run once (cron(8))',
    cron: '30 2 * * *',
    zone: 'Europe/Amsterdam',
    after: '2026-10-24T12:00:00Z',
    next: ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
  },
  {
    why: 'with a * in the hour the clock is followed: nothing in the skipped hour',
    cron: '30 * * * *',
    zone: 'Europe/Amsterdam',
    after: '2026-03-29T00:00:00Z',
    next: ['2026-03-29T00:30Z', '2026-03-29T01:30Z', '2026-03-29T02:30Z'],
  },
  {
    why: 'with a * in the hour the repeated hour has both',
    cron: '*/30 * * * *',
    zone: 'Europe/Amsterdam',
    after: '2026-10-24T23:45:00Z',
    next: ['2026-10-25T00:00Z', '2026-10-25T00:30Z', '2026-10-25T01:00Z', '2026-10-25T01:30Z', '2026-10-25T02:00Z'],
  },
  {
    why: 'day and weekday both restricted: either is enough (crontab(5))',
    cron: '0 0 13 * fri',
    zone: 'UTC',
    after: '2026-11-01T00:00:00Z',
    next: ['2026-11-06T00:00Z', '2026-11-13T00:00Z', '2026-11-20T00:00Z'],
  },
  {
    why: 'a day field that begins with * restricts nothing by itself, so both must hold',
    cron: '0 0 */2 * mon',
    zone: 'UTC',
    after: '2026-11-01T00:00:00Z',
    next: ['2026-11-09T00:00Z', '2026-11-23T00:00Z'],
  },
  {
    why: 'names, ranges, lists and steps; 7 is Sunday as 0 is',
    cron: '0,30 8-10/2 * jan-feb 7',
    zone: 'UTC',
    after: '2026-02-21T00:00:00Z',
    next: ['2026-02-22T08:00Z', '2026-02-22T08:30Z', '2026-02-22T10:00Z', '2026-02-22T10:30Z'],
  },
  {
    why: 'a leap day is waited for',
    cron: '0 0 29 2 *',
    zone: 'UTC',
    after: '2026-03-01T00:00:00Z',
    next: ['2028-02-29T00:00Z'],
  },
  {
    why: 'a day that never comes has no next',
    cron: '0 0 31 2 *',
    zone: 'UTC',
    after: '2026-01-01T00:00:00Z',
    next: [],
  },
  {
    why: 'the clocks may go back over midnight: the last half hour of the day comes twice',
    cron: '*/30 23 * * *',
    zone: 'Atlantic/Azores',
    after: '2026-10-24T22:45:00Z',
    next: ['2026-10-24T23:00Z', '2026-10-24T23:30Z', '2026-10-26T00:00Z'],
  },
  { why: '@hourly', cron: '@hourly', zone: 'UTC', after: '2026-01-01T00:10:00Z', next: ['2026-01-01T01:00Z'] },
] as const;

for (const { why, cron, zone, after, next } of cronTable) {
  test(`cron: ${why}`, () => {
    assert.deepEqual(instants(parseCron(cron, zone), after, Math.max(1, next.length)), next);
  });
}

for (const [text, why] of [
  ['* * * *', 'four fields'],
  ['60 * * * *', 'no such minute'],
  ['* * 0 * *', 'no such day'],
  ['5-1 * * * *', 'a range that goes back'],
  ['*/0 * * * *', 'a step of nothing'],
  ['@reboot', 'no time at all'],
  ['a b c d e', 'words'],
  ['', 'nothing'],
] as const) {
  test(`cron: refused: ${why}`, () => {
    const parsed = parseCron(text, 'UTC');
    assert.ok('fault' in parsed && parsed.fault.length > 10, JSON.stringify(parsed));
  });
}

/** Judged by systemd itself. */
const onCalendarTable = [
  'daily',
  'weekly',
  'quarterly',
  'semiannually',
  '*-*-* 03:00:00 Europe/Amsterdam',
  'Sun *-*-* 02:30:00 Europe/Amsterdam',
  '*-*-* 02:30:00 Europe/Amsterdam',
  'Mon..Fri 09:00',
  'Sat,Sun *-*-* 10:00:00 America/New_York',
  'Wed..Wed 12:00',
  '*-*~01 18:00:00',
  '*-02-29 00:00:00',
  '*-*-01..07/2 04:15:00',
  '*:0/15',
  '*-*-* *:00/20:00 America/New_York',
  '*-*-* 05:40:30',
  'hourly',
  '2027-01-01 00:00:00',
];
const starts = ['2026-03-28 12:00:00', '2026-10-24 20:00:00', '2026-11-24 13:05:00'];

for (const text of onCalendarTable) {
  test(`OnCalendar agrees with systemd-analyze: ${text}`, async () => {
    for (const start of starts) {
      const { stdout } = await execute(
        'systemd-analyze',
        ['calendar', '--iterations=4', `--base-time=${start} UTC`, text],
        { env: { ...process.env, TZ: 'UTC' } },
      );
      const said = [...stdout.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g)].map(([, day, time]) =>
        `${day}T${time}.000Z`.replace(':00.000Z', 'Z').replace('.000Z', '.000Z'),
      );
      const ours = instants(parseOnCalendar(text, 'UTC'), `${start.replace(' ', 'T')}Z`, 4);
      assert.deepEqual(ours.slice(0, said.length), said, `from ${start}`);
      assert.ok(said.length > 0, stdout);
    }
  });
}

for (const text of [
  'noon',
  '25:00',
  'Foo *-*-*',
  '*-13-01',
  '*-*-* 03:00 Mars/Olympus',
  '*:*:*:*',
  'Fri..Mon 12:00',
  'mon tue',
]) {
  test(`OnCalendar: refused: ${text}`, () => {
    const parsed = parseOnCalendar(text, 'UTC');
    assert.ok('fault' in parsed && parsed.fault.length > 10, JSON.stringify(parsed));
  });
}
