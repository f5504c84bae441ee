/** A service or check has another name in the file (`was:`): its history goes with it. */
import type { Transaction } from 'kysely';
import type { WriteTransaction } from '../../storage/store.ts';
import type { Tables } from '../../storage/tables.ts';

export interface Rename {
  readonly kind: 'service' | 'check';
  /** A service id, or `service/check`; of a check whose service was renamed too, with the service's new name. */
  readonly from: string;
  readonly to: string;
}

/** Tables whose rows belong to a subject. */
const tables = ['transition', 'unknown_cover', 'day_availability', 'result_evidence', 'job', 'job_report'] as const;

export interface RenameOutcome {
  readonly moved: readonly Rename[];
  /** The new name has a history of its own, so the old one's stays where it is. */
  readonly keptApart: readonly Rename[];
}

/** Moves what is stored under the old names; once done, a further start finds nothing to move. */
export async function renameHistory(tx: WriteTransaction, renames: readonly Rename[]): Promise<RenameOutcome> {
  const moved: Rename[] = [];
  const keptApart: Rename[] = [];
  // Services first: a check's old name is told with its service's new one.
  for (const rename of [...renames].sort((a, b) => Number(a.kind === 'check') - Number(b.kind === 'check'))) {
    const old = await checksOf(tx.db, rename, rename.from);
    if (old.length === 0) continue;
    if ((await checksOf(tx.db, rename, rename.to)).length > 0) keptApart.push(rename);
    else {
      await move(tx, rename, old);
      moved.push(rename);
    }
  }
  return { moved, keptApart };
}

/** The keys of the series that a name stands for: a check's own, or those of all checks of a service. */
async function checksOf(db: Transaction<Tables>, { kind }: Rename, name: string): Promise<string[]> {
  const series = db.selectFrom('series').select('key').where('kind', '=', 'check');
  const own = kind === 'check' ? series.where('key', '=', name) : series.where('key', 'like', `${name}/%`);
  return (await own.execute()).map(({ key }) => key);
}

async function move(tx: WriteTransaction, { kind, from, to }: Rename, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const next = to + key.slice(from.length);
    await tx.series.rename('check', key, next);
    await moveSubject(tx.db, key, next);
  }
  if (kind === 'service') await moveSubject(tx.db, from, to);
}

async function moveSubject(db: Transaction<Tables>, from: string, to: string): Promise<void> {
  for (const table of tables) {
    await db.updateTable(table).set({ subject: to }).where('subject', '=', from).execute();
  }
}
