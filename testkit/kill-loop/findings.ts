/** What must be true after a kill, and what is not: each finding is a sentence with its evidence. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PitwallProcess } from '../pitwall-process.ts';
import { deliveryFindings, type StoredChange, toldFindings } from './delivery-findings.ts';
import { historyFindings, type ServiceUptime } from './history-findings.ts';
import type { OldHours } from './old-hours.ts';
import type { Finding, LoopRecord } from './record.ts';
import type { Delivery } from './told.ts';

const pageRows = 200;

/** What the deliveries since the last look said must be there, over the API, though Pitwall was killed since. */
export async function restartFindings(
  pitwall: PitwallProcess,
  deliveries: readonly Delivery[],
  verifies: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (verifies) {
    const { body } = await pitwall.call('POST', '/ledger/verify', {});
    if (body.ok !== true) findings.push({ kind: 'ledger broken', evidence: JSON.stringify(body.fault) });
  }
  if (deliveries.length === 0) return findings;
  const sinceMs = Math.min(...deliveries.map(({ request }) => request.message.data.decidedAtMs));
  const transitions = await newest(
    pitwall,
    '/transitions',
    'transitions',
    'nextBeforeId',
    (row) => ({
      subject: String(row.subject),
      to: String(row.to),
      decidedAtMs: Number(row.decidedAtMs),
      effectiveAtMs: Number(row.effectiveAtMs),
    }),
    sinceMs,
  );
  const entries = await newest(
    pitwall,
    '/ledger',
    'entries',
    'nextBeforeId',
    (row) => ({
      subject: String(row.subject),
      decidedAtMs: Number(row.atMs),
      ...(row.kind === 'service.changed'
        ? (row.body as { to: string; effectiveAtMs: number })
        : { to: '', effectiveAtMs: 0 }),
    }),
    sinceMs,
  );
  return [
    ...findings,
    ...toldFindings(deliveries, transitions, 'a transition'),
    ...toldFindings(deliveries, entries, 'a ledger entry'),
  ];
}

/** Rows of a list, newest first, back to an instant. */
async function newest(
  pitwall: PitwallProcess,
  apiPath: string,
  list: string,
  next: string,
  read: (row: Record<string, unknown>) => StoredChange,
  sinceMs: number,
): Promise<StoredChange[]> {
  const found: StoredChange[] = [];
  let before = '';
  while (true) {
    const { body } = await pitwall.call('GET', `${apiPath}?limit=${pageRows}${before}`);
    const rows = (body[list] as Record<string, unknown>[]).map(read);
    found.push(...rows);
    // Entries of one commit are not in the order of their instants: a minute more is read.
    if (body[next] === null || rows.at(-1)!.decidedAtMs < sinceMs - 60_000) return found;
    before = `&beforeId=${body[next]}`;
  }
}

/** Everything, once the last run has settled: it ends here. */
export async function finalFindings(
  record: LoopRecord,
  oldHours: OldHours,
): Promise<{ findings: Finding[]; counts: Record<string, number> }> {
  const { body } = await record.pitwall.call('GET', '/services?days=90');
  const findings: Finding[] = [];
  await record.pitwall.end('SIGTERM');
  const main = path.resolve(import.meta.dirname, '../../server/src/main.ts');
  const verify = [main, 'ledger', 'verify', '--json', '--data', record.pitwall.dataDir];
  const verdict = await promisify(execFile)(process.execPath, verify).catch((fault: { stdout: string }) => fault);
  if (!verdict.stdout.includes('"ok":true')) findings.push({ kind: 'ledger broken', evidence: verdict.stdout });
  const history = await historyFindings(record, oldHours, body.services as ServiceUptime[]);
  const told = deliveryFindings(record, history.changes);
  findings.push(...history.findings, ...told.findings);
  return { findings, counts: { ...history.counts, ...told.counts } };
}
