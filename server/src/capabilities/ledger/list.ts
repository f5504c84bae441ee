/** The record as people read it: newest first over all chains, a page at a time. */
import type { Kysely } from 'kysely';
import type { Tables } from '../../storage/tables.ts';
import type { LedgerMeta } from './domain.ts';
import { placeOf, readChains } from './store.ts';

type Database = Kysely<Tables>;

export interface LedgerPage {
  readonly entries: ({
    /** Its place in the whole record. */
    id: number;
    chain: string;
    seq: number;
    hash: string;
    /** null where it was erased. */
    body: unknown;
  } & LedgerMeta)[];
  /** Where the next page begins; null on the last. */
  readonly nextBeforeId: number | null;
}

/** Entries older than `beforeId` (left out: the newest). */
export async function listLedger(
  db: Database,
  page: { readonly by: 'all' | 'people'; readonly beforeId?: number | undefined; readonly limit: number },
): Promise<LedgerPage> {
  const beforePlace = page.beforeId ?? Number.MAX_SAFE_INTEGER;
  // Each chain's newest are enough: the page holds no more of any one chain. One more tells whether there is a next.
  const chains = (await readChains(db)).filter((chain) => page.by === 'all' || chain !== 'pitwall');
  const tails = await Promise.all(chains.map((chain) => readTail(db, chain, beforePlace, page.limit + 1)));
  const rows = tails.flat().sort((a, b) => b.id - a.id);
  const entries = rows.slice(0, page.limit);
  return { entries, nextBeforeId: rows.length > page.limit ? (entries.at(-1)?.id ?? null) : null };
}

async function readTail(db: Database, chain: string, beforePlace: number, limit: number) {
  const rows = await db
    .selectFrom('ledger')
    .leftJoin('ledger_body', 'ledger_body.digest', 'ledger.body_digest')
    .select(['chain', 'seq', 'hash', 'meta', 'body'])
    .where('chain', '=', chain)
    .where('seq', '<', await seqAtPlace(db, chain, beforePlace))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const { place, ...meta } = JSON.parse(row.meta) as LedgerMeta & { place: number };
    const body: unknown = row.body === null ? null : JSON.parse(row.body);
    return { id: place, chain: row.chain, seq: row.seq, hash: row.hash, ...meta, body };
  });
}

/** The first seq of a chain whose place is `place` or later, by halving: places grow along a chain, so no index is needed. */
async function seqAtPlace(db: Database, chain: string, place: number): Promise<number> {
  const newest = await db
    .selectFrom('ledger')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .where('chain', '=', chain)
    .executeTakeFirst();
  let low = 1;
  let high = Number(newest?.seq ?? 0) + 1;
  if (place === Number.MAX_SAFE_INTEGER) return high;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await db
      .selectFrom('ledger')
      .select('meta')
      .where('chain', '=', chain)
      .where('seq', '=', middle)
      .executeTakeFirst();
    if (row !== undefined && placeOf(row.meta) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
