/** What was decided and waits for the next commit: results, changes of status, covers, evidence. */
import type { WebhookMessage } from '../../../../contract/src/webhook-message.ts';
import { checkColumns, type WriteTransaction } from '../../storage/store.ts';
import type { Evidence } from '../checks/kind.ts';
import { endCover, insertCover, insertTransition } from '../history/api.ts';
import type { Cover, Judgement, StatusChange } from '../status/api.ts';
import type { LastResult, ServiceChange } from './domain.ts';

export interface OutgoingMessage {
  /** The idempotency key: the same for every attempt. */
  readonly messageId: string;
  readonly message: WebhookMessage;
}

export interface LedgerNote {
  readonly kind: string;
  readonly subject: string;
  readonly atMs: number;
  readonly body: unknown;
}

/** A slot that counts as unknown, or another end of the newest one that does. */
export type CoverChange =
  | { readonly key: string; readonly cover: Cover; readonly ends?: never }
  | { readonly key: string; readonly ends: NonNullable<Judgement['coverEnds']>; readonly cover?: never };

export function spanOf({ key, cover, ends }: CoverChange): { key: string; fromMs: number; toMs: number } {
  if (cover !== undefined) return { key, fromMs: cover.fromMs, toMs: cover.toMs };
  return { key, fromMs: ends.slotMs, toMs: ends.atMs };
}

export interface Pending {
  readonly seriesIds: number[];
  readonly atMs: number[];
  readonly codes: number[];
  readonly values: number[];
  readonly checkChanges: { readonly key: string; readonly change: StatusChange }[];
  readonly serviceChanges: ServiceChange[];
  readonly messages: OutgoingMessage[];
  readonly covers: CoverChange[];
  readonly evidence: { readonly digest: string; readonly evidence: Evidence }[];
  readonly resultEvidence: { readonly key: string; readonly slotMs: number; readonly digest: string }[];
  /** The newest result of each check that has one here. */
  readonly lastResults: Map<string, LastResult>;
}

export function emptyPending(): Pending {
  return {
    seriesIds: [],
    atMs: [],
    codes: [],
    values: [],
    checkChanges: [],
    serviceChanges: [],
    messages: [],
    covers: [],
    evidence: [],
    resultEvidence: [],
    lastResults: new Map(),
  };
}

export function isEmpty(pending: Pending): boolean {
  return pending.seriesIds.length === 0 && pending.checkChanges.length === 0 && pending.serviceChanges.length === 0;
}

/** Puts what could not be committed back in front of what came since. */
export function prepend(failed: Pending, since: Pending): Pending {
  return {
    seriesIds: failed.seriesIds.concat(since.seriesIds),
    atMs: failed.atMs.concat(since.atMs),
    codes: failed.codes.concat(since.codes),
    values: failed.values.concat(since.values),
    checkChanges: failed.checkChanges.concat(since.checkChanges),
    serviceChanges: failed.serviceChanges.concat(since.serviceChanges),
    messages: failed.messages.concat(since.messages),
    covers: failed.covers.concat(since.covers),
    evidence: failed.evidence.concat(since.evidence),
    resultEvidence: failed.resultEvidence.concat(since.resultEvidence),
    lastResults: new Map([...failed.lastResults, ...since.lastResults]),
  };
}

/** Lets go of the oldest results beyond `most`; changes are never let go. Returns how many went. */
export function dropOldest(pending: Pending, most: number, columns: number): number {
  const surplus = pending.seriesIds.length - most;
  if (surplus <= 0) return 0;
  pending.seriesIds.splice(0, surplus);
  pending.atMs.splice(0, surplus);
  pending.codes.splice(0, surplus);
  pending.values.splice(0, surplus * columns);
  return surplus;
}

/** Stores all of it in the given transaction, except messages and ledger, which have owners of their own. */
export async function writePending(tx: WriteTransaction, work: Pending): Promise<void> {
  const { seriesIds, atMs, codes, values } = work;
  if (seriesIds.length > 0) await tx.series.append({ columns: checkColumns, seriesIds, atMs, codes, values });
  for (const { key, change } of work.checkChanges) await insertTransition(tx.db, 'check', key, change);
  for (const change of work.serviceChanges) await insertTransition(tx.db, 'service', change.serviceId, change);
  for (const { key, cover, ends } of work.covers) {
    if (cover !== undefined) await insertCover(tx.db, key, cover);
    else await endCover(tx.db, key, ends.slotMs, ends.atMs);
  }
  for (const { digest, evidence } of work.evidence) {
    const row = { digest, body: JSON.stringify(evidence), created_at_ms: atMs.at(-1) ?? 0 };
    await tx.db
      .insertInto('evidence')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  for (const { key, slotMs, digest } of work.resultEvidence) {
    const row = { subject: key, slot_ms: slotMs, digest };
    await tx.db
      .insertInto('result_evidence')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Every change of status has its entry in the ledger. */
export function ledgerNotes(work: Pending): LedgerNote[] {
  const note = (kind: string, subject: string, { decidedAtMs, ...change }: StatusChange): LedgerNote => ({
    kind,
    subject,
    atMs: decidedAtMs,
    body: { ...change, decidedAtMs },
  });
  return [
    ...work.checkChanges.map(({ key, change }) => note('check.changed', key, change)),
    ...work.serviceChanges.map(({ serviceId, lastKnown, ...change }) => note('service.changed', serviceId, change)),
  ];
}
