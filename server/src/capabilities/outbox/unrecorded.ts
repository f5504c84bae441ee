/** Messages that go out while the disk is full: kept in memory, recorded when the store is back. */
import type { Store } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import { type NextOfRow, overtakenError } from './domain.ts';
import type { OutgoingMessage } from './messages.ts';
import { failOvertaken, insertLate, type Parcel } from './store.ts';

interface Held {
  parcel: Parcel;
  next: NextOfRow;
  inFlight: boolean;
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
        });
      }
    }
  }

  pending(channelId: string): Parcel[] {
    return this.#held
      .filter(({ parcel, next, inFlight }) => parcel.channelId === channelId && next.state === 'pending' && !inFlight)
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

  /** Writes down what is held and not in flight; throws what the store throws. What is pending goes on from its row. */
  async record(store: Store, nowMs: number): Promise<void> {
    const settled = this.#held.filter(({ inFlight }) => !inFlight);
    if (settled.length === 0) return;
    await store.write(async (tx) => {
      for (const { parcel, next } of settled) {
        const messageIds = parcel.attempts > 0 ? await failOvertaken(tx, parcel, nowMs) : [];
        await insertLate(tx, parcel, next);
        if (messageIds.length === 0) continue;
        const body = { messageIds, channelId: parcel.channelId, lastError: overtakenError };
        const entry = { kind: 'message.failed', atMs: nowMs, actor: 'pitwall', subject: parcel.serviceId, body };
        await appendToLedger(tx, [{ chain: 'pitwall', ...entry }]);
      }
      await appendToLedger(
        tx,
        settled.map(({ parcel, next }) => ({
          chain: 'pitwall' as const,
          kind: 'message.recorded-late',
          atMs: nowMs,
          actor: 'pitwall',
          subject: parcel.serviceId,
          body: {
            messageId: parcel.messageId,
            channelId: parcel.channelId,
            state: next.state,
            attempts: parcel.attempts,
            decidedAtMs: parcel.message.data.decidedAtMs,
            finishedAtMs: next.finishedAtMs,
          },
        })),
      );
    });
    this.#held = this.#held.filter((held) => !settled.includes(held));
  }

  #find(parcel: Parcel): Held {
    return this.#held.find(
      (held) => held.parcel.messageId === parcel.messageId && held.parcel.channelId === parcel.channelId,
    )!;
  }
}
