/** The outbox's rows. Each step of an attempt is a conditional update in a commit of its own. */
import type { Kysely } from 'kysely';
import type { WebhookMessage } from '../../../../contract/src/webhook-message.ts';
import type { WriteTransaction } from '../../storage/store.ts';
import type { Tables } from '../../storage/tables.ts';
import { afterCrash, type NextOfRow, overtakenError } from './domain.ts';
import type { OutgoingMessage } from './messages.ts';

type Database = Kysely<Tables>;

/** A message on its way through one channel. */
export interface Parcel {
  /** undefined while it is only in memory, because the disk is full. */
  readonly id: number | undefined;
  readonly messageId: string;
  readonly channelId: string;
  readonly serviceId: string;
  readonly message: WebhookMessage;
  readonly attempts: number;
  readonly nextAttemptAtMs: number;
  readonly possibleRepeat: boolean;
  readonly createdAtMs: number;
}

/** More pending rows of one channel than this are not looked at in one go. */
const lookAheadRows = 500;

/**
 * Puts each message into the outbox for each channel, in the caller's transaction; call `wake` after its commit. A
 * message that is there already is left as it is.
 */
export async function enqueueMessages(
  tx: WriteTransaction,
  messages: readonly OutgoingMessage[],
  channelIds: readonly string[],
  nowMs: number,
): Promise<void> {
  const rows = messages.flatMap(({ messageId, message }) =>
    channelIds.map((channelId) => ({
      message_id: messageId,
      channel_id: channelId,
      payload: JSON.stringify(message),
      state: 'pending' as const,
      attempts: 0,
      next_attempt_at_ms: nowMs,
      in_flight_since_ms: null,
      possible_repeat: 0,
      last_error: null,
      created_at_ms: nowMs,
      finished_at_ms: null,
    })),
  );
  for (const row of rows) {
    await tx.db
      .insertInto('outbox')
      .values(row)
      .onConflict((conflict) => conflict.columns(['message_id', 'channel_id']).doNothing())
      .execute();
  }
}

/**
 * After a start: what a process before this one may have sent and could not record. The last word about each service
 * goes again, as a possible repeat; what it has overtaken is let go of.
 */
export async function enqueueAgain(
  tx: WriteTransaction,
  messages: readonly OutgoingMessage[],
  channelIds: readonly string[],
  nowMs: number,
): Promise<void> {
  await releaseAfterCrash(tx);
  for (const { messageId, message } of messages) {
    for (const channelId of channelIds) {
      const { serviceId } = message.data;
      const attempt = { attempts: 1, nextAttemptAtMs: nowMs, possibleRepeat: true, createdAtMs: nowMs };
      await insertInFlight(tx, { id: undefined, messageId, channelId, serviceId, message, ...attempt }, nowMs);
      const row = (await rowOf(tx.db, { messageId, channelId }))!;
      await failOvertaken(tx, { channelId, serviceId }, row.id, nowMs);
      await releaseAfterCrash(tx);
    }
  }
}

/** After a start: rows that were in flight may have arrived. Returns how many. */
export async function releaseAfterCrash(tx: WriteTransaction): Promise<number> {
  const { numUpdatedRows } = await tx.db
    .updateTable('outbox')
    .set({
      in_flight_since_ms: null,
      possible_repeat: afterCrash.possibleRepeat ? 1 : 0,
      last_error: afterCrash.lastError,
    })
    .where('state', '=', 'pending')
    .where('in_flight_since_ms', 'is not', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** The oldest pending rows of a channel, in the order they were made. */
export async function readPending(db: Database, channelId: string): Promise<Parcel[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'pending')
    .where('channel_id', '=', channelId)
    .where('in_flight_since_ms', 'is', null)
    .orderBy('id')
    .limit(lookAheadRows)
    .execute();
  return rows.map((row) => {
    const message = JSON.parse(row.payload) as WebhookMessage;
    return {
      id: row.id,
      messageId: row.message_id,
      channelId: row.channel_id,
      serviceId: message.data.serviceId,
      message,
      attempts: row.attempts,
      nextAttemptAtMs: row.next_attempt_at_ms,
      possibleRepeat: row.possible_repeat === 1,
      createdAtMs: row.created_at_ms,
    };
  });
}

/** What waits for its next attempt is due at once. */
export async function makeDue(tx: WriteTransaction, nowMs: number): Promise<void> {
  await tx.db
    .updateTable('outbox')
    .set({ next_attempt_at_ms: nowMs })
    .where('state', '=', 'pending')
    .where('in_flight_since_ms', 'is', null)
    .where('next_attempt_at_ms', '>', nowMs)
    .execute();
}

/** Marks the row as in flight, before the hand-over. False where it is not pending any more. */
export async function claim(tx: WriteTransaction, id: number, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('outbox')
    .set(({ eb }) => ({ in_flight_since_ms: nowMs, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('in_flight_since_ms', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Records what the attempt came to. False where the row was settled before. */
export async function settle(tx: WriteTransaction, id: number, next: NextOfRow): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable('outbox')
    .set({ ...columnsOf(next), in_flight_since_ms: null })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * Gives a message that went out while the disk was full its row, in the transaction that stores its change: in flight
 * until its outcome is written down, so that whoever finds it after a crash knows that it may have arrived.
 */
export async function insertInFlight(tx: WriteTransaction, parcel: Parcel, nowMs: number): Promise<void> {
  await tx.db
    .insertInto('outbox')
    .values({
      message_id: parcel.messageId,
      channel_id: parcel.channelId,
      payload: JSON.stringify(parcel.message),
      state: 'pending',
      attempts: parcel.attempts,
      next_attempt_at_ms: nowMs,
      in_flight_since_ms: nowMs,
      possible_repeat: parcel.possibleRepeat ? 1 : 0,
      last_error: null,
      created_at_ms: parcel.createdAtMs,
      finished_at_ms: null,
    })
    .onConflict((conflict) => conflict.columns(['message_id', 'channel_id']).doNothing())
    .execute();
}

/** The row of a message that is in memory too; undefined while its change is not stored. */
export async function rowOf(
  db: Database,
  { messageId, channelId }: Pick<Parcel, 'messageId' | 'channelId'>,
): Promise<{ readonly id: number; readonly state: NextOfRow['state'] } | undefined> {
  return await db
    .selectFrom('outbox')
    .select(['id', 'state'])
    .where('message_id', '=', messageId)
    .where('channel_id', '=', channelId)
    .executeTakeFirst();
}

/** Writes down how far a message from memory has got. */
export async function settleLate(tx: WriteTransaction, id: number, parcel: Parcel, next: NextOfRow): Promise<void> {
  await settle(tx, id, next);
  await tx.db.updateTable('outbox').set({ attempts: parcel.attempts }).where('id', '=', id).execute();
}

/**
 * Lets go of what waited before it for the same channel about the same service, when a message from memory has
 * overtaken it: also of what is marked as in flight, which a crash would send again. Outcomes that are known must be
 * settled before. Returns the message ids.
 */
export async function failOvertaken(
  tx: WriteTransaction,
  { channelId, serviceId }: Pick<Parcel, 'channelId' | 'serviceId'>,
  beforeId: number,
  nowMs: number,
): Promise<string[]> {
  const rows = await tx.db
    .selectFrom('outbox')
    .select(['id', 'message_id', 'payload'])
    .where('state', '=', 'pending')
    .where('channel_id', '=', channelId)
    .where('id', '<', beforeId)
    .execute();
  const overtaken = rows.filter(({ payload }) => (JSON.parse(payload) as WebhookMessage).data.serviceId === serviceId);
  if (overtaken.length === 0) return [];
  const ids = overtaken.map(({ id }) => id);
  await tx.db
    .updateTable('outbox')
    .set({ state: 'failed', last_error: overtakenError, finished_at_ms: nowMs, in_flight_since_ms: null })
    .where('id', 'in', ids)
    .execute();
  return overtaken.map((row) => row.message_id);
}

function columnsOf(next: NextOfRow) {
  return {
    state: next.state,
    next_attempt_at_ms: next.nextAttemptAtMs,
    possible_repeat: next.possibleRepeat ? 1 : 0,
    last_error: next.lastError,
    finished_at_ms: next.finishedAtMs,
  };
}

/** Channels that something waits for, whether they still exist or not. */
export async function readWaitingChannels(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('outbox').select('channel_id').distinct().where('state', '=', 'pending').execute();
  return rows.map((row) => row.channel_id);
}

/** Fails what waits for a channel and is not in flight; with `createdBeforeMs` only what is older. Returns the message ids. */
export async function failWaiting(
  tx: WriteTransaction,
  channelId: string,
  why: string,
  nowMs: number,
  createdBeforeMs = Number.MAX_SAFE_INTEGER,
): Promise<string[]> {
  const rows = await tx.db
    .updateTable('outbox')
    .set({ state: 'failed', last_error: why, finished_at_ms: nowMs })
    .where('state', '=', 'pending')
    .where('channel_id', '=', channelId)
    .where('in_flight_since_ms', 'is', null)
    .where('created_at_ms', '<', createdBeforeMs)
    .returning('message_id')
    .execute();
  return rows.map((row) => row.message_id);
}
