/** The jobs that report to us: their records in memory, each report stored before it is answered. */
import type { SealingKey } from '../../platform/sealing-key.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import { emptyJobRecord, type JobRecord, type JobReport, takeReport } from '../checks/api.ts';

export interface JobBook {
  /** The jobs that are watched now, by their checks' keys. */
  configure(keys: readonly string[]): Promise<void>;
  /** The key of the job whose address this token belongs to. */
  keyOf(token: string): string | undefined;
  tokenOf(key: string): string | undefined;
  recordOf(key: string): JobRecord | undefined;
  /** Stores a report; resolves once it is on disk. Reports that come together share a commit. */
  report(key: string, report: JobReport, text: string | undefined): Promise<void>;
}

interface Waiting {
  readonly key: string;
  readonly report: JobReport;
  readonly text: string | undefined;
  readonly resolve: () => void;
  readonly reject: (fault: unknown) => void;
}

/** Of each job so many of the newest reports are kept. */
const mostReports = 200;
/** Reports of one commit. */
const mostTogether = 200;

export async function openJobBook(store: Store, sealing: SealingKey): Promise<JobBook> {
  const records = new Map<string, JobRecord>();
  const tokenOfKey = new Map<string, string>();
  const keyOfToken = new Map<string, string>();
  let waiting: Waiting[] = [];
  let writing = false;

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) {
      const together = waiting.slice(0, mostTogether);
      waiting = waiting.slice(mostTogether);
      try {
        const next = await store.write((tx) => writeReports(tx, together, records));
        for (const [key, record] of next) records.set(key, record);
        for (const { resolve } of together) resolve();
      } catch (fault) {
        for (const { reject } of together) reject(fault);
      }
    }
    writing = false;
  }

  return {
    async configure(keys) {
      const rows = await store.read.selectFrom('job').selectAll().execute();
      const known = new Map(rows.map((row) => [row.subject, row]));
      const fresh = keys.filter((key) => !known.has(key));
      if (fresh.length > 0) {
        const made = fresh.map((key) => ({ subject: key, token_of: key, record: JSON.stringify(emptyJobRecord) }));
        await store.write(async (tx) => {
          await tx.db.insertInto('job').values(made).execute();
        });
        for (const row of made) known.set(row.subject, row);
      }
      tokenOfKey.clear();
      keyOfToken.clear();
      for (const key of keys) {
        const { token_of, record } = known.get(key)!;
        const token = sealing.tokenFor(`job ${token_of}`);
        tokenOfKey.set(key, token);
        keyOfToken.set(token, key);
        records.set(key, { ...emptyJobRecord, ...(JSON.parse(record) as JobRecord) });
      }
    },
    keyOf: (token) => keyOfToken.get(token),
    tokenOf: (key) => tokenOfKey.get(key),
    recordOf: (key) => records.get(key),
    report: (key, report, text) =>
      new Promise((resolve, reject) => {
        waiting.push({ key, report, text, resolve, reject });
        void write();
      }),
  };
}

async function writeReports(
  tx: WriteTransaction,
  reports: readonly Waiting[],
  records: ReadonlyMap<string, JobRecord>,
): Promise<Map<string, JobRecord>> {
  const next = new Map<string, JobRecord>();
  for (const { key, report, text } of reports) {
    const before = next.get(key) ?? records.get(key) ?? emptyJobRecord;
    const after = takeReport(before, report);
    next.set(key, after);
    const ended = report.signal === 'success' || report.signal === 'fail';
    const row = {
      ...{ subject: key, at_ms: report.atMs, signal: report.signal },
      ...{ run_id: report.runId ?? null, exit_code: report.exitCode ?? null, text: text ?? null },
      duration_ms: ended ? (after.ended?.durationMs ?? null) : null,
    };
    await tx.db.insertInto('job_report').values(row).execute();
  }
  for (const [key, record] of next) {
    await tx.db
      .updateTable('job')
      .set({ record: JSON.stringify(record) })
      .where('subject', '=', key)
      .execute();
    await dropOldest(tx, key);
  }
  return next;
}

async function dropOldest(tx: WriteTransaction, key: string): Promise<void> {
  const oldest = tx.db
    .selectFrom('job_report')
    .select('id')
    .where('subject', '=', key)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(mostReports);
  await tx.db.deleteFrom('job_report').where('subject', '=', key).where('id', '<=', oldest).execute();
}
