/** Decisions on proposals: what was accepted or ignored is not proposed again. */
import type { Kysely } from 'kysely';
import type { WriteTransaction } from '../../storage/store.ts';
import type { Tables } from '../../storage/tables.ts';

const resourceKind = 'proposal-decision';

export type ProposalDecision = 'accepted' | 'ignored';

export async function readDecided(db: Kysely<Tables>): Promise<Set<string>> {
  const rows = await db.selectFrom('resource').select('id').where('kind', '=', resourceKind).execute();
  return new Set(rows.map((row) => row.id));
}

export async function insertDecision(
  tx: WriteTransaction,
  proposalId: string,
  decision: ProposalDecision,
  nowMs: number,
): Promise<void> {
  const document = JSON.stringify({ decision, atMs: nowMs });
  await tx.db
    .insertInto('resource')
    .values({ kind: resourceKind, id: proposalId, version: 1, document, updated_at_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet({ document, updated_at_ms: nowMs }))
    .execute();
}

/** A service that was made of a proposal is gone: the listener may be proposed again. */
export async function deleteDecision(tx: WriteTransaction, proposalId: string): Promise<void> {
  await tx.db.deleteFrom('resource').where('kind', '=', resourceKind).where('id', '=', proposalId).execute();
}
