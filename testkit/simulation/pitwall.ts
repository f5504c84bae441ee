/** A Pitwall of the simulation: the path of the data as `app/` puts it together, on simulated ground and watched by judges. */

import { type Pipeline, type PipelineParts, startPipeline } from '../../server/src/app/pipeline.ts';
import { startSeconds } from '../../server/src/app/seconds.ts';
import { clockAfterRecord } from '../../server/src/app/steady-clock.ts';
import { createEventBus } from '../../server/src/bus/events.ts';
import { type ResolvedChannel, startOutbox } from '../../server/src/capabilities/outbox/api.ts';
import { type Prober, startProber } from '../../server/src/capabilities/prober/api.ts';
import { noStats } from '../../server/src/capabilities/prober/results.ts';
import { createRecorder, type Recorder } from '../../server/src/capabilities/recording/api.ts';
import type { WatchedService } from '../../server/src/capabilities/services/api.ts';
import type { Clock } from '../../server/src/platform/clock.ts';
import type { Network } from '../../server/src/platform/network.ts';
import type { Store } from '../../server/src/storage/store.ts';
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
  store!: Store;
  pipeline!: Pipeline;
  running = false;
  watchedServices: readonly WatchedService[] | undefined;
  readonly #world: Ground;
  readonly #paced: boolean;
  #worker: SimulatedWorker | undefined;

  /** `paced`: by whoever runs it, who makes the results and the beats of its main thread. */
  constructor(world: Ground, { paced = false } = {}) {
    this.#world = world;
    this.#paced = paced;
    this.wallClock = world.time.clockOf(this.main);
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  async start(services: readonly WatchedService[]): Promise<void> {
    const world = this.#world;
    const { wallClock, main } = this;
    const { aside } = world.disk;
    this.store = await world.disk.open(main, wallClock);
    this.clock = await clockAfterRecord(wallClock, this.store, aside);
    const onFault = (what: string, fault: unknown): void => {
      if (!world.disk.full) world.judges.fault('unexpected', `${what}: ${String(fault)}`);
    };
    const { store, clock } = this;
    this.pipeline = await startPipeline({
      store,
      aside,
      clock,
      wallClock,
      random: world.random,
      bus: createEventBus(),
      jobs: { configure: async () => {}, recordOf: () => undefined },
      channelBook: { all: () => [...world.script.channels.keys()].map(channelNamed) },
      fileNetwork: noNetwork,
      pageNetwork: () => noNetwork,
      baseUrl: 'http://127.0.0.1:4400',
      onStoreFault: () => {},
      onFault,
      onProberEvent: (event) => {
        if (event.kind === 'slots-missed') world.judges.slotSpan(event.key, event.fromMs, event.toMs);
      },
      parts: this.#parts(),
    });
    world.reopened(store);
    await this.pipeline.watch(services);
    this.running = true;
    if (this.#paced) return;
    const { recorder, book, subjects } = this.pipeline;
    startSeconds({ store, recorder, book, subjects, nowMs: () => this.nowMs(), clock, onFault });
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

  /** The production's, with a thread and receivers of the simulation; what comes and goes is seen by the judges. */
  #parts(): PipelineParts {
    const world = this.#world;
    const { main } = this;
    return {
      startProber: (options) => {
        if (this.#paced) return idleProber(() => this.nowMs());
        const startUs = options.clock.monotonicUs();
        return startProber({
          ...options,
          onBatch: (batch) => world.results(batch, main, options.onBatch),
          spawn: (start) => {
            this.#worker = new SimulatedWorker(world, main, start, startUs);
            return this.#worker;
          },
        });
      },
      startOutbox: (options) =>
        startOutbox({
          ...options,
          kinds: new Map([['simulated', simulatedChannelKind(world.peers, main)]]),
          onFatal: (error) => world.judges.fault('unexpected', `outbox: ${String(error)}`),
        }),
      createRecorder: (options) => {
        const recorder = createRecorder({
          ...options,
          onCommitted: (committed) => {
            options.onCommitted(committed);
            const { checkChanges, serviceChanges } = committed;
            if (checkChanges.length + serviceChanges.length > 0) world.judges.shown(recorder.live());
          },
        });
        return this.#judged(recorder);
      },
    };
  }

  #judged(recorder: Recorder): Recorder {
    const world = this.#world;
    const { judges } = world;
    return {
      ...recorder,
      setServices: async (services) => {
        await recorder.setServices(services);
        const isNew = this.watchedServices === undefined;
        this.watchedServices = services;
        judges.watching(services, isNew);
      },
      take: (batch) => {
        const watched = new Set(recorder.live().flatMap(({ checks }) => checks.map(({ check }) => check.key)));
        world.taken(batch);
        judges.heard(batch, (key) => watched.has(key));
        recorder.take(batch);
      },
      tick: () => {
        judges.looked(this.nowMs());
        return recorder.tick();
      },
    };
  }
}

function channelNamed(channelId: string): ResolvedChannel {
  return { channelId, kind: 'simulated', origin: 'config', shownTarget: '', missing: [], settings: { channelId } };
}

function idleProber(nowMs: () => number): Prober {
  const runOnce = (): Promise<never> => Promise.reject(new Error('Nobody asks for one here'));
  return { setChecks: () => {}, setGates: () => {}, runOnce, nowMs, stats: () => noStats, stop: async () => {} };
}
