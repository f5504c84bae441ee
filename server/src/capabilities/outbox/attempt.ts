/** One attempt: mark it in a commit of its own, hand over, record what came of it. */
import type { Clock } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import type { ChannelKinds, ResolvedChannel } from './channels/channel.ts';
import { type AttemptDecision, type AttemptResult, afterCrash } from './domain.ts';
import { claim, type Parcel, settle } from './store.ts';

export interface HandOver {
  readonly clock: Clock;
  readonly network: Network;
  readonly kinds: ChannelKinds;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The parcel as marked; undefined where it is not pending any more. */
export async function markInFlight(store: Store, parcel: Parcel, nowMs: number): Promise<Parcel | undefined> {
  const marked = await store.write((tx) => claim(tx, parcel.id!, nowMs));
  return marked ? { ...parcel, attempts: parcel.attempts + 1 } : undefined;
}

/** Hands the message over once; never throws. What goes wrong inside a channel counts as “may have arrived”. */
export async function handOver(
  parcel: Parcel,
  channel: ResolvedChannel,
  { clock, network, kinds, timeoutMs, signal }: HandOver,
): Promise<AttemptResult> {
  const kind = kinds.get(channel.kind);
  if (kind === undefined) return { outcome: 'unsent', why: `There is no kind of channel called ${channel.kind}` };
  const { message, possibleRepeat } = parcel;
  const marks = { possibleRepeat, unrecorded: parcel.id === undefined };
  const marked = { ...message, data: { ...message.data, ...marks } };
  try {
    const delivery = { messageId: parcel.messageId, message: marked };
    const result = await kind.send(channel.settings, delivery, {
      clock,
      network,
      timeoutMs: kind.timeoutMs ?? timeoutMs,
      signal,
    });
    const isCutShort = signal.aborted && result.outcome === 'unclear';
    return isCutShort ? { outcome: 'unclear', why: afterCrash.lastError } : result;
  } catch (error) {
    // The text of a stranger's error may hold the address with its secrets: only its kind is kept.
    return {
      outcome: 'unclear',
      why: `Pitwall failed while sending: ${error instanceof Error ? error.name : 'error'}`,
    };
  }
}

/** Stores the outcome, once; what is final has its entry in the ledger, in the same transaction. */
export async function recordOutcome(
  tx: WriteTransaction,
  parcel: Parcel,
  { next, reason }: AttemptDecision,
  nowMs: number,
): Promise<void> {
  const isSettled = await settle(tx, parcel.id!, next);
  if (!isSettled || next.state === 'pending') return;
  await appendToLedger(tx, [
    {
      chain: 'pitwall',
      kind: `message.${next.state}`,
      atMs: nowMs,
      actor: 'pitwall',
      subject: parcel.serviceId,
      body: {
        messageId: parcel.messageId,
        channelId: parcel.channelId,
        title: parcel.message.data.title,
        attempts: parcel.attempts,
        possibleRepeat: parcel.possibleRepeat,
        reason,
        lastError: next.lastError,
      },
    },
  ]);
}
