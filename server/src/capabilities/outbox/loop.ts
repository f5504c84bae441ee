/**
 * Sends what waits in the outbox: one message of a channel at a time, channels side by side, retries as `domain.ts` says.
 * Wakes when told so, and by itself when a retry is due.
 */
import { notSet } from '../../../../contract/src/reasons.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Clock, RandomSource } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import { type HandOver, handOver, markInFlight, recordOutcome } from './attempt.ts';
import type { ChannelKinds, ResolvedChannel } from './channels/channel.ts';
import { channelKinds } from './channels/registry.ts';
import {
  type AttemptDecision,
  afterAttempt,
  defaultPolicy,
  holdMs,
  pickNext,
  type RetryPolicy,
  whenOvertaken,
} from './domain.ts';
import type { OutgoingMessage } from './messages.ts';
import { failWaiting, makeDue, type Parcel, readPending, readWaitingChannels, releaseAfterCrash } from './store.ts';
import { UnrecordedParcels } from './unrecorded.ts';

export interface OutboxOptions {
  readonly store: Store;
  /** Never jumps (app/steady-clock.ts): a machine's clock that is set must neither keep a message waiting nor give one up. */
  readonly clock: Clock;
  /** The machine's, as it is set now, for what receivers compare with theirs; the same where left out. */
  readonly wallClock?: Clock;
  readonly random: Pick<RandomSource, 'ratio'>;
  /** The way out for a channel: the file's may go to private addresses, those made on the page may not. */
  readonly networkOf: (channel: ResolvedChannel) => Network;
  /** Every channel there is now; what waits for others fails. */
  readonly channels: () => readonly ResolvedChannel[];
  /** Something that must not happen did; the outbox goes on. */
  readonly onFatal: (error: unknown) => void;
  /** A message reached a channel, or finally did not; after the commit. */
  readonly onFinished?: (told: FinishedMessage) => void;
  readonly policy?: RetryPolicy;
  /** Of one attempt. */
  readonly timeoutMs?: number;
  readonly kinds?: ChannelKinds;
}

export interface FinishedMessage {
  readonly messageId: string;
  readonly channelId: string;
  readonly serviceId: string;
  readonly state: 'delivered' | 'failed';
  readonly atMs: number;
}

export interface Outbox {
  /** Something may be due: after a commit that enqueued, and whenever the channels changed. */
  wake(): void;
  /** There is a way out again: what waits is tried now, and no channel is left alone any longer. */
  retryNow(): void;
  /** The disk is full: sends these at once, marked, and records them when the store is back. */
  sendUnrecorded(messages: readonly OutgoingMessage[]): void;
  /** In the transaction that stores their changes: what went out from memory has its rows from now on. */
  enqueueSent(tx: WriteTransaction, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Tries this message now, whatever its channel did before; resolves with the end of its attempt, or with the time. */
  tryNow(messageId: string, channelId: string, withinMs: number): Promise<void>;
  /** How many messages are in memory only. */
  unrecordedCount(): number;
  /** Gives attempts under way a moment more, and records what can be. */
  stop(): Promise<void>;
}

/** One channel's place in the loop. */
interface Lane {
  busy: boolean;
  /** Something happened while it was busy: look again. */
  dirty: boolean;
  heldUntilUs: number;
  /** The store could not write: it is left alone until then, whoever else wakes the outbox. */
  storeRestsUntilUs: number;
  /** An outcome that the store would not take yet: nothing else leaves the outbox before it is written. */
  unsettled: { readonly parcel: Parcel; readonly decision: AttemptDecision } | undefined;
}

const attemptTimeoutMs = 10_000;
/** What an attempt has left when Pitwall is asked to end: nearly every receiver answers within. */
const stopGraceMs = 500;
/** How soon a store that could not write is asked again. */
const storeRetryMs = 1_000;
/** The longest sleep: a clock that was set must not keep a retry waiting. */
const longestSleepMs = 30_000;

export function startOutbox(options: OutboxOptions): Outbox {
  const loop = new OutboxLoop(options);
  loop.wake();
  return loop;
}

class OutboxLoop implements Outbox {
  readonly #options: OutboxOptions;
  readonly #policy: RetryPolicy;
  readonly #lanes = new Map<string, Lane>();
  readonly #unrecorded = new UnrecordedParcels();
  readonly #running = new Set<Promise<void>>();
  /** Who waits for the end of a message's attempt. */
  readonly #asked = new Map<string, () => void>();
  #released = false;
  #passing = false;
  #passAgain = false;
  #stopped = false;
  readonly #giveUp = new AbortController();
  #timer: { readonly atUs: number; readonly cancel: () => void } | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#policy = options.policy ?? defaultPolicy;
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  wake(): void {
    if (this.#stopped) return;
    if (this.#passing) {
      this.#passAgain = true;
      return;
    }
    this.#passing = true;
    this.#track(
      this.#pass()
        .catch((error: unknown) => {
          this.#troubled(error);
          // What is in memory needs no store.
          if (this.#unrecorded.count > 0 && !this.#stopped) this.#startLanes();
        })
        .finally(() => {
          this.#passing = false;
          if (!this.#passAgain) return;
          this.#passAgain = false;
          this.wake();
        }),
    );
  }

  retryNow(): void {
    for (const lane of this.#lanes.values()) lane.heldUntilUs = 0;
    const due = this.#options.store.write((tx) => makeDue(tx, this.#nowMs()));
    this.#track(due.catch((error: unknown) => this.#troubled(error)).then(() => this.wake()));
  }

  sendUnrecorded(messages: readonly OutgoingMessage[]): void {
    const channelIds = this.#options.channels().map((channel) => channel.channelId);
    this.#unrecorded.add(messages, channelIds, this.#nowMs());
    // Not by way of a pass, which begins with the store.
    this.#startLanes();
    this.#wakeIn(storeRetryMs);
  }

  async enqueueSent(tx: WriteTransaction, messages: readonly OutgoingMessage[]): Promise<void> {
    await this.#settleLanes(tx);
    await this.#unrecorded.enqueue(tx, messages, this.#nowMs());
  }

  tryNow(messageId: string, channelId: string, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#asked.delete(messageId);
        resolve();
      };
      const cancel = this.#options.clock.setTimer(done, withinMs);
      this.#asked.set(messageId, done);
      this.#laneOf(channelId).heldUntilUs = 0;
      this.wake();
    });
  }

  unrecordedCount(): number {
    return this.#unrecorded.count;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const { clock } = this.#options;
    const cancel = clock.setTimer(() => this.#giveUp.abort(), stopGraceMs);
    while (this.#running.size > 0) await Promise.all(this.#running);
    cancel();
    for (const lane of this.#lanes.values()) await this.#settleLane(lane).catch(() => {});
    await this.#recordHeld().catch(() => {});
  }

  async #pass(): Promise<void> {
    const { store } = this.#options;
    if (!this.#released) {
      await store.write(releaseAfterCrash);
      this.#released = true;
    }
    if (this.#unrecorded.count > 0) {
      this.#wakeIn(storeRetryMs);
      await this.#recordHeld();
    }
    await this.#failUnreachable();
    this.#startLanes();
  }

  #startLanes(): void {
    for (const channel of this.#options.channels()) {
      const lane = this.#laneOf(channel.channelId);
      if (channel.settings === undefined) continue;
      if (lane.busy) lane.dirty = true;
      else this.#startLane(channel.channelId, lane);
    }
  }

  #laneOf(channelId: string): Lane {
    let lane = this.#lanes.get(channelId);
    if (lane === undefined) {
      lane = { busy: false, dirty: false, heldUntilUs: 0, storeRestsUntilUs: 0, unsettled: undefined };
      this.#lanes.set(channelId, lane);
    }
    return lane;
  }

  #startLane(channelId: string, lane: Lane): void {
    lane.busy = true;
    lane.dirty = false;
    this.#track(
      this.#runLane(channelId, lane)
        .catch((error: unknown) => {
          lane.storeRestsUntilUs = this.#options.clock.monotonicUs() + storeRetryMs * 1_000;
          this.#troubled(error);
        })
        .finally(() => {
          lane.busy = false;
          if (lane.dirty) this.wake();
        }),
    );
  }

  async #runLane(channelId: string, lane: Lane): Promise<void> {
    while (!this.#stopped) {
      const channel = this.#options.channels().find((candidate) => candidate.channelId === channelId);
      if (channel?.settings === undefined) return;
      const heldMs = (lane.heldUntilUs - this.#options.clock.monotonicUs()) / 1_000;
      if (heldMs > 0) return this.#wakeIn(heldMs);
      const urgent = this.#next(this.#unrecorded.pending(channelId));
      if (urgent !== undefined) {
        await this.#attemptUnrecorded(urgent, channel, lane);
        continue;
      }
      if (!this.#released) return;
      const restMs = (lane.storeRestsUntilUs - this.#options.clock.monotonicUs()) / 1_000;
      if (restMs > 0) return this.#wakeIn(restMs);
      await this.#settleLane(lane);
      // What follows in memory has overtaken them, or will when it is recorded.
      const held = this.#unrecorded.servicesOf(channelId);
      const waiting = await readPending(this.#options.store.read, channelId);
      const parcel = this.#next(waiting.filter(({ serviceId }) => !held.has(serviceId)));
      if (parcel === undefined) return;
      await this.#attempt(parcel, channel, lane);
    }
  }

  #next(parcels: readonly Parcel[]): Parcel | undefined {
    const nowMs = this.#nowMs();
    const found = pickNext(parcels, nowMs, this.#policy);
    if ('row' in found) return found.row;
    if (found.dueAtMs !== undefined) this.#wakeIn(found.dueAtMs - nowMs);
    return undefined;
  }

  async #attempt(parcel: Parcel, channel: ResolvedChannel, lane: Lane): Promise<void> {
    const { store } = this.#options;
    const marked = await markInFlight(store, parcel, this.#nowMs());
    if (marked === undefined) return;
    const decision = await this.#handOver(marked, channel, lane);
    lane.unsettled = { parcel: marked, decision };
    await this.#settleLane(lane);
  }

  async #attemptUnrecorded(parcel: Parcel, channel: ResolvedChannel, lane: Lane): Promise<void> {
    const { unsettled } = lane;
    if (unsettled?.parcel.serviceId === parcel.serviceId) {
      lane.unsettled = { ...unsettled, decision: whenOvertaken(unsettled.decision, this.#nowMs()) };
    }
    const begun = this.#unrecorded.begin(parcel);
    const decision = await this.#handOver(begun, channel, lane);
    this.#unrecorded.finish(begun, decision.next);
    this.#tell(begun, decision);
    this.#wakeIn(storeRetryMs);
  }

  async #handOver(parcel: Parcel, channel: ResolvedChannel, lane: Lane): Promise<AttemptDecision> {
    const { clock, random, networkOf, kinds = channelKinds, timeoutMs = attemptTimeoutMs } = this.#options;
    const { wallClock = clock } = this.#options;
    const { signal } = this.#giveUp;
    const context: HandOver = { clock: wallClock, network: networkOf(channel), kinds, timeoutMs, signal };
    const result = await handOver(parcel, channel, context);
    const nowMs = this.#nowMs();
    const decision = afterAttempt(parcel, result, nowMs, random.ratio(), this.#policy);
    lane.heldUntilUs = clock.monotonicUs() + holdMs(decision, nowMs, this.#policy) * 1_000;
    return decision;
  }

  async #settleLane(lane: Lane): Promise<void> {
    if (lane.unsettled === undefined) return;
    const { parcel, decision } = lane.unsettled;
    await this.#options.store.write((tx) => recordOutcome(tx, parcel, decision, this.#nowMs()));
    lane.unsettled = undefined;
    this.#asked.get(parcel.messageId)?.();
    this.#tell(parcel, decision);
  }

  async #recordHeld(): Promise<void> {
    await this.#unrecorded.record(this.#options.store, this.#nowMs(), (tx) => this.#settleLanes(tx));
  }

  /**
   * What is known of attempts before is written no later than what overtook them: a crash in between would find them in
   * flight and send them again, after the later word. Each lane still ends its own, and finds it settled.
   */
  async #settleLanes(tx: WriteTransaction): Promise<void> {
    for (const { unsettled } of this.#lanes.values()) {
      if (unsettled !== undefined) await recordOutcome(tx, unsettled.parcel, unsettled.decision, this.#nowMs());
    }
  }

  #tell({ messageId, channelId, serviceId }: Parcel, { next }: AttemptDecision): void {
    if (next.state === 'pending') return;
    const atMs = next.finishedAtMs ?? this.#nowMs();
    this.#options.onFinished?.({ messageId, channelId, serviceId, state: next.state, atMs });
  }

  /** What waits for a channel that was removed, or that has lacked its settings for too long, is told to nobody. */
  async #failUnreachable(): Promise<void> {
    const { store, channels } = this.#options;
    const known = new Map(channels().map((channel) => [channel.channelId, channel]));
    const nowMs = this.#nowMs();
    for (const channelId of await readWaitingChannels(store.read)) {
      const channel = known.get(channelId);
      if (channel?.settings !== undefined) continue;
      const why = channel === undefined ? 'The channel was removed' : `Given up: ${notSet(channel.missing)}`;
      const createdBeforeMs = channel === undefined ? undefined : nowMs - this.#policy.giveUpAfterMs;
      const lane = this.#laneOf(channelId);
      if (lane.busy) {
        lane.dirty = true;
        continue;
      }
      await store.write(async (tx) => {
        const messageIds = await failWaiting(tx, channelId, why, nowMs, createdBeforeMs);
        if (messageIds.length === 0) return;
        const body = { messageIds, lastError: why };
        const entry = { kind: 'message.failed', atMs: nowMs, actor: 'pitwall', subject: channelId, body };
        await appendToLedger(tx, [{ chain: 'pitwall', ...entry }]);
      });
    }
  }

  /** A store that cannot write comes back; anything else is a mistake of ours. Either way the outbox tries again. */
  #troubled(error: unknown): void {
    if (!(error instanceof PitwallError && error.retryable)) this.#options.onFatal(error);
    this.#wakeIn(storeRetryMs);
  }

  #wakeIn(delayMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    const boundedMs = Math.min(longestSleepMs, Math.max(1, Math.ceil(delayMs)));
    const atUs = clock.monotonicUs() + boundedMs * 1_000;
    if (this.#timer !== undefined && this.#timer.atUs <= atUs) return;
    this.#timer?.cancel();
    const cancel = clock.setTimer(() => {
      this.#timer = undefined;
      this.wake();
    }, boundedMs);
    this.#timer = { atUs, cancel };
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    work.finally(() => this.#running.delete(work));
  }
}
