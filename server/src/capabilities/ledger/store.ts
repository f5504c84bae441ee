/** The ledger's rows: `ledger`, bodies by digest in `ledger_body`, and one fact per chain that notes its head. */
import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { sha256Hex } from '../../core/digest.ts';
import type { WriteTransaction } from '../../storage/store.ts';
import type { Tables } from '../../storage/tables.ts';
import {
  bodyFits,
  type ChainHead,
  type ChainRow,
  chainEntry,
  followChain,
  isFault,
  type LedgerEntry,
  type LedgerFault,
  missingPlaces,
  missingTail,
} from './domain.ts';

type Database = Kysely<Tables>;

const headFact = 'ledger-head:';
/** Rows read or written at once: about 3 ms of hashing, and far below SQLite's 32,766 parameters. */
const batchRows = 500;

/**
 * Appends entries in their order, inside the caller's transaction, so that nothing changes without its entry.
 * Returns the new head of each chain it wrote to.
 */
export async function appendToLedger(
  tx: WriteTransaction,
  entries: readonly LedgerEntry[],
): Promise<Map<string, ChainHead>> {
  const heads = await readHeads(tx.db);
  const written = new Map<string, ChainHead>();
  let place = Math.max(0, ...[...heads.values()].map((head) => head.place));
  const rows: ChainRow[] = [];
  const bodies = new Map<string, { digest: string; body: string }>();
  for (const entry of entries) {
    place += 1;
    const chained = chainEntry(heads.get(entry.chain), entry, place);
    heads.set(entry.chain, chained.head);
    written.set(entry.chain, chained.head);
    rows.push(chained.row);
    bodies.set(chained.body.digest, chained.body);
  }
  for (const some of slices([...bodies.values()])) {
    await tx.db
      .insertInto('ledger_body')
      .values(some)
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
  }
  for (const some of slices(rows)) await tx.db.insertInto('ledger').values(some).execute();
  for (const [chain, head] of written) await noteHead(tx.db, chain, head);
  return written;
}

/**
 * Noted heads come first: where the newest rows were cut off, the chain goes on behind the gap, which then stays
 * visible, rather than growing over it. Only a chain without a note is asked for its newest row.
 */
async function readHeads(db: Database): Promise<Map<string, ChainHead>> {
  const heads = new Map<string, ChainHead>();
  const noted = await readNotedHeads(db);
  for (const [chain, head] of noted) if (head !== undefined) heads.set(chain, head);
  for (const chain of await readChains(db)) {
    if (heads.has(chain)) continue;
    const newest = await db
      .selectFrom('ledger')
      .select(['seq', 'hash', 'meta'])
      .where('chain', '=', chain)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    heads.set(chain, { seq: newest.seq, hash: newest.hash, place: placeOf(newest.meta) });
  }
  return heads;
}

async function noteHead(db: Database, chain: string, head: ChainHead): Promise<void> {
  const value = JSON.stringify(head);
  await db
    .insertInto('fact')
    .values({ name: headFact + chain, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

function parseHead(text: string): ChainHead | undefined {
  try {
    const { seq, hash, place } = JSON.parse(text) as ChainHead;
    const valid = Number.isSafeInteger(seq) && typeof hash === 'string' && Number.isSafeInteger(place);
    return valid ? { seq, hash, place } : undefined;
  } catch {
    return undefined;
  }
}

/** An entry's place in the whole record, from its stored description. */
export function placeOf(meta: string): number {
  return (JSON.parse(meta) as { place: number }).place;
}

function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += batchRows) yield items.slice(from, from + batchRows);
}

/** Removes a body; its entry stays, and with it the chain. True where there was one. */
export async function eraseBody(tx: WriteTransaction, digest: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db.deleteFrom('ledger_body').where('digest', '=', digest).executeTakeFirst();
  return numDeletedRows > 0n;
}

export interface LedgerVerdict {
  readonly ok: boolean;
  readonly chains: readonly { readonly chain: string; readonly entries: number; readonly head: string }[];
  /** The first entry that does not fit. */
  readonly fault: LedgerFault | null;
}

/**
 * Recomputes every chain and every body, in batches between which other work runs. Entries written meanwhile do no harm:
 * the heads are read first, and a chain may have grown beyond its head.
 */
export async function verifyLedger(db: Database): Promise<LedgerVerdict> {
  const noted = await readNotedHeads(db);
  const newestPlace = Math.max(0, ...[...noted.values()].map((head) => head?.place ?? 0));
  const chains: { chain: string; entries: number; head: string }[] = [];
  let fault: LedgerFault | undefined;
  let placesLeft = 0;
  for (const chain of new Set([...noted.keys(), ...(await readChains(db))].sort())) {
    const followed = await verifyChain(db, chain, noted.get(chain), newestPlace);
    chains.push({ chain, entries: followed.entries, head: followed.last?.hash ?? '' });
    placesLeft += followed.notedPlaces;
    fault ??= followed.fault;
  }
  fault ??= missingPlaces(placesLeft, newestPlace) ?? (await verifyBodies(db));
  return { ok: fault === undefined, chains, fault: fault ?? null };
}

async function readNotedHeads(db: Database): Promise<Map<string, ChainHead | undefined>> {
  const facts = await db.selectFrom('fact').selectAll().where('name', 'like', `${headFact}%`).orderBy('name').execute();
  return new Map(facts.map(({ name, value }) => [name.slice(headFact.length), parseHead(value)]));
}

/** Every chain that has rows; one index step each, however long the chains are. */
export async function readChains(db: Database): Promise<string[]> {
  const chains: string[] = [];
  let after = '';
  for (;;) {
    const next = await db
      .selectFrom('ledger')
      .select('chain')
      .where('chain', '>', after)
      .orderBy('chain')
      .limit(1)
      .executeTakeFirst();
    if (next === undefined) return chains;
    chains.push(next.chain);
    after = next.chain;
  }
}

interface FollowedChain {
  readonly entries: number;
  /** How many of them were written before the verification began. */
  readonly notedPlaces: number;
  readonly last: ChainHead | undefined;
  readonly fault: LedgerFault | undefined;
}

async function verifyChain(
  db: Database,
  chain: string,
  noted: ChainHead | undefined,
  newestPlace: number,
): Promise<FollowedChain> {
  let last: ChainHead | undefined;
  let entries = 0;
  let notedPlaces = 0;
  // Not after 0: an entry put in front of the first one is found as well.
  let afterSeq = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = await db
      .selectFrom('ledger')
      .select(['chain', 'seq', 'prev', 'hash', 'meta', 'body_digest'])
      .where('chain', '=', chain)
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(batchRows)
      .execute();
    for (const row of rows) {
      const outcome = followChain(last, row);
      if (isFault(outcome)) return { entries, notedPlaces, last, fault: outcome };
      if (outcome.seq === noted?.seq && outcome.hash !== noted.hash) {
        const fault = { chain, seq: row.seq, what: 'it is not the entry that was noted as newest' };
        return { entries, notedPlaces, last, fault };
      }
      last = outcome;
      entries += 1;
      if (outcome.place <= newestPlace) notedPlaces += 1;
    }
    const newest = rows.at(-1);
    if (newest === undefined) {
      return { entries, notedPlaces, last, fault: missingTail(chain, last, noted) };
    }
    afterSeq = newest.seq;
    await setImmediate();
  }
}

async function verifyBodies(db: Database): Promise<LedgerFault | undefined> {
  let after: string | undefined;
  for (;;) {
    const query = db.selectFrom('ledger_body').select(['digest', 'body']);
    const bodies = await (after === undefined ? query : query.where('digest', '>', after))
      .orderBy('digest')
      .limit(batchRows)
      .execute();
    const wrong = bodies.find((body) => !bodyFits(body));
    if (wrong !== undefined) return await nameBodyFault(db, wrong);
    const newest = bodies.at(-1);
    if (newest === undefined) return undefined;
    after = newest.digest;
    await setImmediate();
  }
}

/** Which entry a wrong body belongs to: by its digest where the text was changed, by its text where the digest was. */
async function nameBodyFault(db: Database, body: { digest: string; body: string }): Promise<LedgerFault> {
  const entry = await db
    .selectFrom('ledger')
    .select(['chain', 'seq'])
    .where('body_digest', 'in', [body.digest, sha256Hex(body.body)])
    .orderBy('chain')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  const what = 'its body was changed: its digest is another';
  return entry === undefined ? { chain: '', seq: 0, what: `a body of no entry: ${what}` } : { ...entry, what };
}
