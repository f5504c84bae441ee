/** Canned answers of kinds with a part of the page to themselves: a job that reports, a group. */
import { type Output, type Service, service } from './canned.ts';
import { check, servicePage } from './canned-service.ts';

type ServicePage = Output<'services.get'>;
const minute = 60_000;
const hour = 60 * minute;
export const jobToken = 'Zx81kQ0pVb3nT7dLw2mYc5rE';

const jobCheck = (nowMs: number) =>
  check(nowMs, 'nightly', 'Nightly copy', {
    key: 'backups/nightly',
    kind: 'heartbeat',
    judged: true,
    intervalMs: 10_000,
    limitMs: null,
    status: 'down',
    statusSentence: 'The job failed: exit code 3',
    shownSpec: { cron: '30 2 * * *', zone: 'Europe/Amsterdam', grace: '15m' },
    last24h: { count: 0, p50Us: null, p95Us: null, maxUs: null, failCount: 2, tellingCount: 8640 },
  });

const groupCheck = (nowMs: number) =>
  check(nowMs, 'enough', 'Enough for the night', {
    key: 'night/enough',
    kind: 'group',
    judged: true,
    intervalMs: 5_000,
    limitMs: null,
    shownSpec: { members: ['redis', { of: 'shopify/page', weight: 2 }, 'backups', 'gone'], needs: 3 },
    last24h: { count: 0, p50Us: null, p95Us: null, maxUs: null, failCount: 0, tellingCount: 17_280 },
  });

function rowOf(nowMs: number, serviceId: string, title: string, { checkId, title: checkTitle, kind, status }: Check) {
  const checks = [{ checkId, title: checkTitle, kind, status }];
  return service(nowMs, serviceId, title, status, status === 'up' ? 'Up 3 d' : 'Down 2 h', {
    checks,
    tile: 'inventory',
    facesCustomers: false,
  });
}
type Check = ServicePage['checks'][number];

export function kindRows(nowMs: number): Service[] {
  return [rowOf(nowMs, 'backups', 'Backups', jobCheck(nowMs)), rowOf(nowMs, 'night', 'The night', groupCheck(nowMs))];
}

function pageOf(nowMs: number, index: 0 | 1, only: Check): ServicePage {
  const { checks: _, dependsOn: __, ...row } = kindRows(nowMs)[index]!;
  return { ...servicePage(nowMs), service: row, checks: [only], whatNext: [], removable: false };
}

export const pages: Readonly<Record<string, (nowMs: number) => ServicePage>> = {
  backups: (nowMs) => pageOf(nowMs, 0, jobCheck(nowMs)),
  night: (nowMs) => pageOf(nowMs, 1, groupCheck(nowMs)),
};

export function job(nowMs: number): Output<'jobs.get'> {
  const url = `http://127.0.0.1:4400/beat/${jobToken}`;
  const report = (agoMs: number, more: Partial<Output<'jobs.get'>['reports'][number]>) => ({
    atMs: nowMs - agoMs,
    signal: 'success' as const,
    runId: null,
    exitCode: null,
    durationMs: null,
    text: null,
    ...more,
  });
  return {
    url,
    example: `0 3 * * * /path/to/job && curl ${url}`,
    dueAtMs: nowMs + 12 * hour,
    missedAtMs: nowMs + 12 * hour + 15 * minute,
    runningSinceMs: nowMs - 4 * minute,
    nextBeforeId: null,
    reports: [
      report(4 * minute, { signal: 'start', runId: 'copy-2211' }),
      report(2 * hour, {
        signal: 'fail',
        runId: 'copy-2210',
        exitCode: 3,
        durationMs: 41_000,
        text: 'dumping shop\ndumping agent\npg_dump: error: connection to server lost while copying the table of orders',
      }),
      report(2 * hour + 41_000, { signal: 'start', runId: 'copy-2210' }),
      report(26 * hour, { runId: 'copy-2209', exitCode: 0, durationMs: 38_000, text: '41 tables, 2.1 GB' }),
      report(27 * hour, { signal: 'log', runId: 'copy-2209', text: 'waits for the lock of the nightly import' }),
    ],
  };
}
