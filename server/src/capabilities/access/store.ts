/** Sessions, kept by the digest of their token, so that a restart logs nobody out and the file lets nobody in. */
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { WriteTransaction } from '../../storage/store.ts';
import type { Tables } from '../../storage/tables.ts';
import type { Session } from './domain.ts';

const resourceKind = 'session';

const sessionSchema = z.strictObject({
  role: z.enum(['manager', 'operator', 'viewer']),
  actor: z.string(),
  createdAtMs: z.int(),
  expiresAtMs: z.int(),
});

export async function readSession(db: Kysely<Tables>, digest: string): Promise<Session | undefined> {
  const row = await db
    .selectFrom('resource')
    .select('document')
    .where('kind', '=', resourceKind)
    .where('id', '=', digest)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return sessionSchema.safeParse(JSON.parse(row.document)).data;
}

export async function insertSession(tx: WriteTransaction, digest: string, session: Session): Promise<void> {
  await tx.db
    .insertInto('resource')
    .values({
      kind: resourceKind,
      id: digest,
      version: 1,
      document: JSON.stringify(session),
      updated_at_ms: session.createdAtMs,
    })
    .execute();
}

/** Only where it still exists: a session that was ended meanwhile stays ended. */
export async function renewSession(
  tx: WriteTransaction,
  digest: string,
  session: Session,
  nowMs: number,
): Promise<void> {
  await tx.db
    .updateTable('resource')
    .set(({ eb }) => ({
      document: JSON.stringify(session),
      version: eb('version', '+', 1),
      updated_at_ms: nowMs,
    }))
    .where('kind', '=', resourceKind)
    .where('id', '=', digest)
    .execute();
}

export async function deleteSession(tx: WriteTransaction, digest: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('resource')
    .where('kind', '=', resourceKind)
    .where('id', '=', digest)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Lets go of sessions that were not renewed for a lifetime. */
export async function deleteIdleSessions(tx: WriteTransaction, updatedBeforeMs: number): Promise<void> {
  await tx.db
    .deleteFrom('resource')
    .where('kind', '=', resourceKind)
    .where('updated_at_ms', '<', updatedBeforeMs)
    .execute();
}
