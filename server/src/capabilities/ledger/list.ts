/** The record as people read it: newest first, a page at a time. */
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../storage/tables.ts';
import type { LedgerMeta } from './domain.ts';

export interface LedgerPage {
  readonly entries: readonly ({
    /** Its place in the whole record. */
    readonly id: number;
    readonly chain: string;
    readonly seq: number;
    readonly hash: string;
    /** null where it was erased. */
    readonly body: unknown;
  } & LedgerMeta)[];
  /** Where the next page begins; null on the last. */
  readonly nextBeforeId: number | null;
}

/** Entries older than `beforeId` (left out: the newest), of every chain. */
export async function listLedger(
  db: Kysely<Tables>,
  page: { readonly beforeId?: number | undefined; readonly limit: number },
): Promise<LedgerPage> {
  const id = sql<number>`ledger.rowid`;
  let query = db
    .selectFrom('ledger')
    .leftJoin('ledger_body', 'ledger_body.digest', 'ledger.body_digest')
    .select(['chain', 'seq', 'hash', 'meta', 'body', id.as('id')]);
  if (page.beforeId !== undefined) query = query.where(id, '<', page.beforeId);
  // One more than asked for tells whether there is a next page.
  const rows = await query
    .orderBy(id, 'desc')
    .limit(page.limit + 1)
    .execute();
  const shown = rows.slice(0, page.limit);
  return {
    entries: shown.map(({ id, chain, seq, hash, meta, body }) => ({
      id,
      chain,
      seq,
      hash,
      ...(JSON.parse(meta) as LedgerMeta),
      body: body === null ? null : JSON.parse(body),
    })),
    nextBeforeId: rows.length > page.limit ? shown.at(-1)!.id : null,
  };
}
