/**
 * What people are told while nothing can be stored is written aside first, and comes into the record at the next start
 * where the process ended before the store was back. Without it Pitwall would not know of a “down” that everybody has
 * read, and no “up” would follow.
 */
import type { Store, WriteTransaction } from '../../storage/store.ts';
import { insertTransition } from '../history/api.ts';
import type { StatusChange } from '../status/api.ts';
import { emptyPending, type LedgerNote, ledgerNotes, type OutgoingMessage, type Pending } from './pending.ts';

/** Where it is written: durable when `write` returns. An empty text forgets. */
export interface Aside {
  write(text: string): void;
  read(): string;
}

type ToldAside = Pick<Pending, 'checkChanges' | 'serviceChanges' | 'messages'>;

export interface RestoreOptions {
  readonly store: Store;
  readonly aside: Aside;
  /** Puts messages that may have arrived into the outbox. */
  readonly enqueueAgain: (tx: WriteTransaction, messages: readonly OutgoingMessage[]) => Promise<void>;
  readonly appendLedger: (tx: WriteTransaction, notes: readonly LedgerNote[]) => Promise<void>;
}

export function writeAside(aside: Aside, { checkChanges, serviceChanges, messages }: Pending): void {
  aside.write(JSON.stringify({ checkChanges, serviceChanges, messages } satisfies ToldAside));
}

/** The newest instant that is written aside: slots begin after it. 0 where nothing is. */
export function newestAsideMs(aside: Aside): number {
  const told = readAside(aside);
  if (told === undefined) return 0;
  const changes = [...told.checkChanges.map(({ change }) => change), ...told.serviceChanges];
  return Math.max(0, ...changes.map(({ decidedAtMs }) => decidedAtMs));
}

/** Stores what a process before this one told and could not record. Returns the changes of checks among it. */
export async function restoreAside(options: RestoreOptions): Promise<Pending['checkChanges']> {
  const { store, aside, enqueueAgain, appendLedger } = options;
  const told = readAside(aside);
  if (told === undefined) return [];
  const work: Pending = { ...emptyPending(), ...told };
  const isNew = await store.write(async (tx) => {
    // One transaction stores them all: where the last is on record, the crash came between that and the forgetting.
    const last = work.serviceChanges.at(-1);
    if (last === undefined || (await isStored(tx, last.serviceId, last))) return false;
    for (const { key, change } of work.checkChanges) await insertTransition(tx.db, 'check', key, change);
    for (const change of work.serviceChanges) await insertTransition(tx.db, 'service', change.serviceId, change);
    await appendLedger(tx, ledgerNotes(work));
    await enqueueAgain(tx, work.messages);
    return true;
  });
  aside.write('');
  return isNew ? work.checkChanges : [];
}

function readAside(aside: Aside): ToldAside | undefined {
  const text = aside.read();
  return text === '' ? undefined : (JSON.parse(text) as ToldAside);
}

async function isStored(tx: WriteTransaction, subject: string, change: StatusChange): Promise<boolean> {
  const row = await tx.db
    .selectFrom('transition')
    .select('id')
    .where('subject', '=', subject)
    .where('to_status', '=', change.to)
    .where('decided_at_ms', '=', change.decidedAtMs)
    .where('effective_at_ms', '=', change.effectiveAtMs)
    .executeTakeFirst();
  return row !== undefined;
}
