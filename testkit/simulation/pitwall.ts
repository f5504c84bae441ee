/** A Pitwall of the simulation: the production's parts put together as `app/server.ts` does, on simulated ground. */

import { missedWhileAway } from '../../server/src/app/catch-up.ts';
import { startSeconds } from '../../server/src/app/seconds.ts';
import { steadyClock } from '../../server/src/app/steady-clock.ts';
import {
  type AvailabilityBook,
  openAvailabilityBook,
  type WatchedSubject,
} from '../../server/src/capabilities/history/api.ts';
import { appendToLedger } from '../../server/src/capabilities/ledger/api.ts';
import {
  enqueueAgain,
  enqueueMessages,
  messageFor,
  type Outbox,
  type ResolvedChannel,
  startOutbox,
} from '../../server/src/capabilities/outbox/api.ts';
import {
  type Prober,
  type ProberEvent,
  type ResultBatch,
  startProber,
} from '../../server/src/capabilities/prober/api.ts';
import {
  createRecorder,
  type LedgerNote,
  newestAsideMs,
  newestOnRecordMs,
  type Recorder,
  restoreAside,
} from '../../server/src/capabilities/recording/api.ts';
import type { WatchedService } from '../../server/src/capabilities/services/api.ts';
import { judge, lapse, serviceStatus } from '../../server/src/capabilities/status/api.ts';
import type { Clock } from '../../server/src/platform/clock.ts';
import type { Network } from '../../server/src/platform/network.ts';
import type { Store, WriteTransaction } from '../../server/src/storage/store.ts';
import { SimulatedThread } from '../simulated-time.ts';
import type { Ground } from './ground.ts';
import { simulatedChannelKind } from './peers.ts';
import { SimulatedWorker } from './worker.ts';

/** Nobody dials anything here. */
const noNetwork = {} as Network;

export class SimulatedPitwall {
  readonly main = new SimulatedThread();
  /** The machine's, as somebody set it. */
  readonly wallClock: Clock;
  /** What everything in Pitwall calls now. */
  clock!: Clock;
  prober!: Prober;
  recorder!: Recorder;
  book!: AvailabilityBook;
  store!: Store;
  running = false;
  watchedServices: readonly WatchedService[] | undefined;
  readonly #world: Ground;
  #worker: SimulatedWorker | undefined;
  #outbox!: Outbox;

  constructor(world: Ground) {
    this.#world = world;
    this.wallClock = world.time.clockOf(this.main);
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  async start(services: readonly WatchedService[]): Promise<void> {
    const world = this.#world;
    const { wallClock, main } = this;
    const store = await world.disk.open(main, wallClock);
    this.store = store;
    const { aside } = world.disk;
    const newestMs = Math.max(await newestOnRecordMs(store), newestAsideMs(aside));
    this.clock = steadyClock(wallClock, newestMs + 1);
    const { clock } = this;
    const appendLedger = async (tx: WriteTransaction, notes: readonly LedgerNote[]): Promise<void> => {
      await appendToLedger(
        tx,
        notes.map((note) => ({ ...note, chain: 'pitwall' as const, actor: 'pitwall' })),
      );
    };
    const channelIds = [...world.script.channels.keys()];
    const toldBefore = await restoreAside({
      store,
      aside,
      enqueueAgain: (tx, messages) => enqueueAgain(tx, messages, channelIds, this.nowMs()),
      appendLedger,
    });
    world.reopened(store);
    const startUs = clock.monotonicUs();
    this.prober = startProber({
      clock,
      policy: { allowPrivate: true, allow: [] },
      onBatch: (batch) => world.results(batch, main, (some) => this.take(some)),
      onEvent: (event) => this.#noteProberEvent(event),
      spawn: (start) => {
        this.#worker = new SimulatedWorker(world, main, start, startUs);
        return this.#worker;
      },
    });
    const channels = (): ResolvedChannel[] =>
      channelIds.map((channelId) => ({
        channelId,
        kind: 'simulated',
        origin: 'config',
        shownTarget: '',
        missing: [],
        settings: { channelId },
      }));
    this.#outbox = startOutbox({
      store,
      clock,
      wallClock,
      random: world.random,
      networkOf: () => noNetwork,
      channels,
      kinds: new Map([['simulated', simulatedChannelKind(world.peers, main)]]),
      onFatal: (error) => world.judges.fault('unexpected', `outbox: ${String(error)}`),
    });
    this.recorder = createRecorder({
      store,
      nowMs: () => this.nowMs(),
      decisions: { judge, lapse, serviceStatus },
      messageOf: (change, service) => messageFor(change, service, { baseUrl: 'http://127.0.0.1:4400' }),
      enqueue: async (tx, unsent, sent) => {
        await this.#outbox.enqueueSent(tx, sent);
        await enqueueMessages(tx, [...sent, ...unsent], channelIds, this.nowMs());
      },
      appendLedger,
      aside,
      sendUnrecorded: (messages) => this.#outbox.sendUnrecorded(messages),
      onCommitted: ({ checkChanges, covers, serviceChanges }) => {
        for (const { key, change } of checkChanges) {
          this.book.touch(serviceOf(key), change.effectiveAtMs, change.decidedAtMs);
        }
        for (const { key, fromMs, toMs } of covers) this.book.touch(serviceOf(key), fromMs, toMs);
        if (serviceChanges.length > 0) this.#outbox.wake();
        if (checkChanges.length + serviceChanges.length > 0) world.judges.shown(this.recorder.live());
      },
      onFault: () => {},
    });
    this.book = await openAvailabilityBook(store.read, (id) => this.#subjectOf(id), this.nowMs());
    for (const { key, change } of toldBefore) this.book.touch(serviceOf(key), change.effectiveAtMs, change.decidedAtMs);
    await this.#watch(services, true);
    this.running = true;
    const ticking: Recorder = {
      ...this.recorder,
      tick: () => {
        world.judges.looked(this.nowMs());
        return this.recorder.tick();
      },
    };
    startSeconds({
      store,
      recorder: ticking,
      book: this.book,
      subjects: () => this.subjects(),
      nowMs: () => this.nowMs(),
      clock,
      onFault: (what, fault) => {
        if (!world.disk.full) world.judges.fault('unexpected', `${what}: ${String(fault)}`);
      },
    });
  }

  async watch(services: readonly WatchedService[]): Promise<void> {
    await this.#watch(services, false);
  }

  subjects(): WatchedSubject[] {
    return this.recorder.live().map(({ service, checks }) => ({
      serviceId: service.serviceId,
      checks: checks.map(({ check, watchedSinceMs }) => ({ key: check.key, watchedSinceMs })),
    }));
  }

  killWorker(): void {
    this.#worker?.die();
  }

  stall(thread: 'main' | 'prober', untilUs: number): void {
    const stalled = thread === 'main' ? this.main : this.#worker!.thread;
    stalled.stalledUntilUs = Math.max(stalled.stalledUntilUs, untilUs);
  }

  kill(): void {
    this.running = false;
    this.main.alive = false;
    if (this.#worker !== undefined) this.#worker.thread.alive = false;
  }

  async #watch(services: readonly WatchedService[], isNew: boolean): Promise<void> {
    await this.recorder.setServices(services);
    this.watchedServices = services;
    this.#world.judges.watching(services, isNew);
    const fromMs = this.nowMs();
    if (isNew) this.take(missedWhileAway(this.recorder.live(), fromMs));
    this.prober.setChecks(
      services.flatMap((service) => service.checks),
      fromMs,
    );
    await this.recorder.flush();
  }

  take(batch: ResultBatch): void {
    const watched = new Set(this.recorder.live().flatMap(({ checks }) => checks.map(({ check }) => check.key)));
    this.#world.judges.heard(batch, (key) => watched.has(key));
    this.recorder.take(batch);
  }

  #subjectOf(serviceId: string): WatchedSubject | undefined {
    return this.subjects().find((subject) => subject.serviceId === serviceId);
  }

  #noteProberEvent(event: ProberEvent): void {
    if (event.kind === 'slots-missed') this.#world.judges.slotSpan(event.key, event.fromMs, event.toMs);
  }
}

function serviceOf(checkKey: string): string {
  return checkKey.slice(0, checkKey.indexOf('/'));
}
