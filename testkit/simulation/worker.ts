/** The prober's thread, simulated: the production's engine, talking to the production's handle through plain events. */
import { ProbeEngine } from '../../server/src/capabilities/prober/engine.ts';
import type { ProberThread } from '../../server/src/capabilities/prober/prober.ts';
import { noStats } from '../../server/src/capabilities/prober/results.ts';
import { Timeline } from '../../server/src/capabilities/prober/timeline.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../../server/src/capabilities/prober/worker-messages.ts';
import type { Network } from '../../server/src/platform/network.ts';
import { SimulatedThread } from '../simulated-time.ts';
import type { Ground } from './ground.ts';
import { simulatedCheckKind } from './peers.ts';

/** The same for all, so that messages keep their order. */
const postUs = 300;

export class SimulatedWorker implements ProberThread {
  readonly thread = new SimulatedThread();
  readonly #world: Ground;
  readonly #main: SimulatedThread;
  readonly #engine: ProbeEngine;
  #onMessage: (message: FromWorker) => void = () => {};
  #onExit: () => void = () => {};

  constructor(world: Ground, main: SimulatedThread, start: WorkerStart, startUs: number) {
    this.#world = world;
    this.#main = main;
    const kind = simulatedCheckKind(world.peers);
    this.#engine = new ProbeEngine({
      clock: world.time.clockOf(this.thread),
      network: {} as Network,
      timeline: new Timeline(start.startWallMs, startUs),
      kindNamed: () => kind,
      concurrency: 3,
      // Nobody looks at the stats here, and the p99 of a thousand ticks costs more than a simulated check.
      onBatch: (batch) => this.#send({ kind: 'batch', batch, stats: noStats }),
      onEvent: (event) => this.#send({ kind: 'event', event }),
    });
  }

  postMessage(message: ToWorker): void {
    this.#world.time.plan(
      postUs,
      () => {
        if (message.kind !== 'checks') return;
        const { checks, fromMs, lastSlotMs } = message;
        this.#engine.setChecks(checks, fromMs, lastSlotMs && ((id) => lastSlotMs.get(id)));
      },
      this.thread,
    );
  }

  on(event: 'message' | 'error', listener: ((message: FromWorker) => void) | ((error: unknown) => void)): void {
    if (event === 'message') this.#onMessage = listener as (message: FromWorker) => void;
  }

  once(_event: 'exit', listener: () => void): void {
    this.#onExit = listener;
  }

  terminate(): void {
    this.thread.alive = false;
  }

  die(): void {
    this.thread.alive = false;
    this.#world.time.plan(postUs, () => this.#onExit(), this.#main);
  }

  #send(message: FromWorker): void {
    this.#world.time.plan(postUs, () => this.#onMessage(message), this.#main);
  }
}
