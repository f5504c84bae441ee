/** How entries are chained, and how a chain is followed again to find the first one that does not fit. */
import { canonicalJson, sha256Hex } from '../../core/digest.ts';

/** One chain per writer: Pitwall itself (transitions, deliveries), people by role, and changes of the file. */
export type LedgerChain = 'pitwall' | 'config' | `person:${string}` | `agent:${string}`;

/** The `prev` of a chain's first entry. */
export const noPrev = '0'.repeat(64);

export interface LedgerMeta {
  /** `noun.verb`, such as `transition.recorded` or `services.create`. */
  readonly kind: string;
  readonly atMs: number;
  /** Who did it: `pitwall`, `manager`, `config`, … */
  readonly actor: string;
  /** What it was done to: a service, a channel, a file. */
  readonly subject: string;
}

export interface LedgerEntry extends LedgerMeta {
  readonly chain: LedgerChain;
  /** Anything that JSON can hold. Never a secret: the ledger is shown and kept. */
  readonly body: unknown;
}

/** The newest entry of a chain. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
  /** Its place in the whole record, from 1, over all chains: part of what is hashed. */
  readonly place: number;
}

/** An entry as it is stored. */
export interface ChainRow {
  readonly chain: string;
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  /** Canonical JSON of LedgerMeta and the entry's place. */
  readonly meta: string;
  readonly body_digest: string;
}

export interface ChainedEntry {
  readonly row: ChainRow;
  readonly body: { readonly digest: string; readonly body: string };
  readonly head: ChainHead;
}

export interface LedgerFault {
  readonly chain: string;
  readonly seq: number;
  readonly what: string;
}

/** The entry that comes after `prevHead` (undefined: the chain's first), with its body apart so that it can be erased. */
export function chainEntry(prevHead: ChainHead | undefined, entry: LedgerEntry, place: number): ChainedEntry {
  const { chain, kind, atMs, actor, subject } = entry;
  const seq = (prevHead?.seq ?? 0) + 1;
  const prev = prevHead?.hash ?? noPrev;
  const meta = canonicalJson({ kind, atMs, actor, subject, place });
  const body = canonicalJson(entry.body);
  const bodyDigest = sha256Hex(body);
  const hash = entryHash(chain, seq, prev, JSON.parse(meta), bodyDigest);
  return {
    row: { chain, seq, prev, hash, meta, body_digest: bodyDigest },
    body: { digest: bodyDigest, body },
    head: { seq, hash, place },
  };
}

function entryHash(chain: string, seq: number, prev: string, meta: unknown, bodyDigest: string): string {
  return sha256Hex(canonicalJson({ chain, seq, prev, meta, bodyDigest }));
}

/** Follows a chain by one row: the new head, or what does not fit. `before` is undefined at the chain's start. */
export function followChain(before: ChainHead | undefined, row: ChainRow): ChainHead | LedgerFault {
  const fault = (seq: number, what: string): LedgerFault => ({ chain: row.chain, seq, what });
  const expectedSeq = (before?.seq ?? 0) + 1;
  if (row.seq !== expectedSeq) return fault(expectedSeq, `the entry is missing: the next one is ${row.seq}`);
  if (row.prev !== (before?.hash ?? noPrev)) return fault(row.seq, 'it does not follow the entry before it');
  const meta = parseCanonical(row.meta);
  if (meta === undefined) return fault(row.seq, 'its description is not the canonical JSON that was written');
  if (entryHash(row.chain, row.seq, row.prev, meta, row.body_digest) !== row.hash) {
    return fault(row.seq, 'it was changed: its hash is another');
  }
  const { place } = meta as { place: number };
  if (!(place > (before?.place ?? 0)))
    return fault(row.seq, 'its place in the record is before that of its predecessor');
  return { seq: row.seq, hash: row.hash, place };
}

export function isFault(outcome: ChainHead | LedgerFault): outcome is LedgerFault {
  return 'what' in outcome;
}

/** What is wrong with a chain that ends at `last`, when `noted` was once its head; undefined where it reaches that far. */
export function missingTail(
  chain: string,
  last: ChainHead | undefined,
  noted: ChainHead | undefined,
): LedgerFault | undefined {
  const lastSeq = last?.seq ?? 0;
  if (noted === undefined) {
    return lastSeq === 0 ? undefined : { chain, seq: lastSeq, what: 'the note of the newest entry was removed' };
  }
  if (lastSeq < noted.seq) {
    return { chain, seq: lastSeq + 1, what: `the end is missing: ${noted.seq} entries were written` };
  }
  return undefined;
}

/** What is wrong when of all entries written so far (`noted`, the highest place) fewer are left. */
export function missingPlaces(left: number, noted: number): LedgerFault | undefined {
  if (left === noted) return undefined;
  return { chain: '', seq: 0, what: `a whole chain is missing: ${noted} entries were written, ${left} are left` };
}

/** Whether a stored body is what its digest says. */
export function bodyFits(body: { readonly digest: string; readonly body: string }): boolean {
  return sha256Hex(body.body) === body.digest;
}

/** Parsed, but only where the text is exactly its canonical form: an edit of a blank is an edit. */
function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
