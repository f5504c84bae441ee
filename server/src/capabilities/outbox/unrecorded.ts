/**
 * Messages that go out while the disk is full: kept in memory until the store is back. Their rows come with their
 * changes, in the recorder's transaction; what became of each is written down after that, and never before.
 */
import type { Store, WriteTransaction } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import { type NextOfRow, overtakenError } from './domain.ts';
import type { OutgoingMessage } from './messages.ts';
import { failOvertaken, insertInFlight, type Parcel, rowOf, settleLate } from './store.ts';

interface Held {
  parcel: Parcel;
  next: NextOfRow;
  inFlight: boolean;
  /** Its outcome is being written down: nobody may begin another attempt meanwhile. */
  settling: boolean;
}

export class UnrecordedParcels {
  #held: Held[] = [];

  get count(): number {
    return this.#held.length;
  }

  add(messages: readonly OutgoingMessage[], channelIds: readonly string[], nowMs: number): void {
    for (const { messageId, message } of messages) {
      for (const channelId of channelIds) {
        if (this.#held.some(({ parcel }) => parcel.messageId === messageId && parcel.channelId === channelId)) continue;
        const next = { nextAttemptAtMs: nowMs, possibleRepeat: false, lastError: null, finishedAtMs: null };
        this.#held.push({
          parcel: {
            id: undefined,
            messageId,
            channelId,
            serviceId: message.data.serviceId,
            message,
            attempts: 0,
            nextAttemptAtMs: nowMs,
            possibleRepeat: false,
            createdAtMs: nowMs,
          },
          next: { state: 'pending', ...next },
          inFlight: false,
          settling: false,
        });
      }
    }
  }

  pending(channelId: string): Parcel[] {
    return this.#held
      .filter(({ parcel, next }) => parcel.channelId === channelId && next.state === 'pending')
      .filter(({ inFlight, settling }) => !inFlight && !settling)
      .map(({ parcel }) => parcel);
  }

  /** Services that have something here on its way to a channel, or there already. */
  servicesOf(channelId: string): Set<string> {
    const own = this.#held.filter(({ parcel }) => parcel.channelId === channelId);
    return new Set(own.map(({ parcel }) => parcel.serviceId));
  }

  /** Counts the attempt and keeps the parcel from being recorded half-way. */
  begin(parcel: Parcel): Parcel {
    const held = this.#find(parcel);
    held.inFlight = true;
    held.parcel = { ...held.parcel, attempts: held.parcel.attempts + 1 };
    return held.parcel;
  }

  finish(parcel: Parcel, next: NextOfRow): void {
    const held = this.#find(parcel);
    held.inFlight = false;
    held.next = next;
    held.parcel = {
      ...held.parcel,
      possibleRepeat: next.possibleRepeat,
      nextAttemptAtMs: next.nextAttemptAtMs,
    };
  }

  /**
   * In the transaction that stores their changes: these have rows from now on. What has arrived is written down as such
   * at once, that of earlier rows too, so that a crash repeats only what may not have arrived, and nothing that was
   * overtaken.
   */
  async enqueue(tx: WriteTransaction, messages: readonly OutgoingMessage[], nowMs: number): Promise<void> {
    const ids = new Set(messages.map(({ messageId }) => messageId));
    for (const held of this.#held) {
      if (ids.has(held.parcel.messageId)) await insertInFlight(tx, held.parcel, nowMs);
      const row = await rowOf(tx.db, held.parcel);
      if (row?.state !== 'pending') continue;
      if (held.next.state === 'pending') await letGoOfOvertaken(tx, held.parcel, row.id, nowMs);
      else await settleHeld(tx, row.id, held, nowMs);
    }
  }

  /**
   * Writes down what is held, has a row and is not in flight, after what `settleFirst` writes; throws what the store
   * throws. What is pending goes on from its row.
   */
  async record(store: Store, nowMs: number, settleFirst: (tx: WriteTransaction) => Promise<void>): Promise<void> {
    const rows = new Map<Held, NonNullable<Awaited<ReturnType<typeof rowOf>>>>();
    for (const held of [...this.#held]) {
      const row = await rowOf(store.read, held.parcel);
      if (row !== undefined) rows.set(held, row);
    }
    const known = [...rows].filter(([{ inFlight }]) => !inFlight);
    const open = known.filter(([, { state }]) => state === 'pending');
    for (const [held] of open) held.settling = true;
    try {
      if (open.length > 0) {
        await store.write(async (tx) => {
          await settleFirst(tx);
          for (const [held, { id }] of open) await settleHeld(tx, id, held, nowMs);
        });
      }
    } finally {
      for (const [held] of open) held.settling = false;
    }
    const gone = new Set(known.map(([held]) => held));
    this.#held = this.#held.filter((held) => !gone.has(held));
  }

  #find(parcel: Parcel): Held {
    return this.#held.find(
      (held) => held.parcel.messageId === parcel.messageId && held.parcel.channelId === parcel.channelId,
    )!;
  }
}

function entryAbout({ serviceId }: Parcel, nowMs: number) {
  return { chain: 'pitwall' as const, atMs: nowMs, actor: 'pitwall', subject: serviceId };
}

async function letGoOfOvertaken(tx: WriteTransaction, parcel: Parcel, id: number, nowMs: number): Promise<void> {
  const messageIds = parcel.attempts > 0 ? await failOvertaken(tx, parcel, id, nowMs) : [];
  if (messageIds.length === 0) return;
  const body = { messageIds, channelId: parcel.channelId, lastError: overtakenError };
  await appendToLedger(tx, [{ ...entryAbout(parcel, nowMs), kind: 'message.failed', body }]);
}

async function settleHeld(tx: WriteTransaction, id: number, { parcel, next }: Held, nowMs: number): Promise<void> {
  await letGoOfOvertaken(tx, parcel, id, nowMs);
  await settleLate(tx, id, parcel, next);
  const { messageId, channelId, attempts } = parcel;
  const { decidedAtMs } = parcel.message.data;
  const { state, finishedAtMs } = next;
  const body = { messageId, channelId, state, attempts, decidedAtMs, finishedAtMs };
  await appendToLedger(tx, [{ ...entryAbout(parcel, nowMs), kind: 'message.recorded-late', body }]);
}
