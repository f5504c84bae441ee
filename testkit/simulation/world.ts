/** The ground that a Pitwall stands on, and what goes wrong with it when the script says so. */
import type { ResultBatch } from '../../server/src/capabilities/prober/api.ts';
import type { WatchedService } from '../../server/src/capabilities/services/api.ts';
import type { Store } from '../../server/src/storage/store.ts';
import { SeededRandom } from '../seeded-random.ts';
import { type SimulatedThread, SimulatedTime } from '../simulated-time.ts';
import { SimulatedDisk } from './disk.ts';
import type { Ground } from './ground.ts';
import { Judges } from './judges.ts';
import type { PeersOptions } from './peers.ts';
import { SimulatedPitwall } from './pitwall.ts';
import type { CrashPoint, Mishap, Script } from './script.ts';

export class World implements Ground {
  readonly script: Script;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly disk: SimulatedDisk;
  readonly judges: Judges;
  readonly peers: PeersOptions;
  pitwall: SimulatedPitwall;
  services: readonly WatchedService[];
  crashes = 0;
  resultsSeen = 0;
  #armed: { readonly point: CrashPoint; skip: number; readonly downMs: number } | undefined;
  #mishandled: { readonly what: 'lost' | 'repeated' | 'held'; readonly heldMs: number } | undefined;
  #heldUntilUs = 0;
  #fullUntilUs = 0;
  #proberStallsForMs = 0;

  constructor(script: Script, dataDir: string) {
    this.script = script;
    this.services = script.services;
    this.random = new SeededRandom(`run ${script.seed}`);
    this.time = new SimulatedTime(script.startWallMs, new SeededRandom(`time ${script.seed}`));
    const { time, random } = this;
    this.judges = new Judges(() => time.nowUs / 1_000);
    this.disk = new SimulatedDisk({
      dataDir,
      time,
      random: new SeededRandom(`disk ${script.seed}`),
      maintainEveryMs: 30_000,
      onDurable: () => this.judges.durable(this.disk.observer),
    });
    this.disk.crashesAt = (point) => this.#crashesAt(point);
    this.peers = {
      script,
      time,
      random,
      onProbe: () => this.#stallProber(),
      onHandOver: (channelId, { messageId, message }) => {
        this.judges.handedOver(this.disk.observer, channelId, messageId, message.data);
        return this.#crashesAt('before-arrival');
      },
      onArrival: (arrival) => {
        this.judges.arrived(arrival);
        return this.#crashesAt('after-arrival');
      },
    };
    this.pitwall = new SimulatedPitwall(this);
  }

  begin(): void {
    for (const { atMs, mishap } of this.script.mishaps) this.time.plan(atMs * 1_000, () => this.#happen(mishap));
    this.time.plan(this.script.troubleMs * 1_000, () => {
      this.#armed = undefined;
      this.#mishandled = undefined;
    });
    this.time.plan(0, () => this.#start());
  }

  /** What an event began has come to rest. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.disk.busy > 0);
  }

  /** Whether anybody still waits for a message. */
  owes(): boolean {
    return this.disk.observer.prepare("SELECT 1 FROM outbox WHERE state = 'pending'").get() !== undefined;
  }

  /** A process looks at what its predecessors left. */
  reopened(store: Store): void {
    const ids = this.disk.observer.prepare('SELECT id, key FROM series').all();
    const idOf = new Map(ids.map(({ id, key }) => [String(key), Number(id)]));
    this.judges.restarted(this.disk.observer, this.services, (key) => {
      const seriesId = idOf.get(key);
      if (seriesId === undefined) return new Set();
      return new Set(store.series.scan({ seriesId, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }).atMs);
    });
  }

  taken(): void {}

  /** Results on their way from the prober to the recorder. */
  results(batch: ResultBatch, main: SimulatedThread, take: (batch: ResultBatch) => void): void {
    this.judges.slots(batch);
    this.resultsSeen += batch.keys.length;
    const mishandled = this.#mishandled;
    this.#mishandled = undefined;
    if (mishandled?.what === 'lost') return;
    const { nowUs } = this.time;
    if (mishandled?.what === 'repeated') this.time.plan(mishandled.heldMs * 1_000, () => take(batch), main);
    if (mishandled?.what === 'held') this.#heldUntilUs = Math.max(this.#heldUntilUs, nowUs + mishandled.heldMs * 1_000);
    // Messages between threads keep their order: what follows one that is held waits behind it.
    if (this.#heldUntilUs <= nowUs) take(batch);
    else this.time.plan(this.#heldUntilUs - nowUs, () => take(batch), main);
  }

  #start(): void {
    const pitwall = new SimulatedPitwall(this);
    this.pitwall = pitwall;
    pitwall.start(this.services).catch((error: unknown) => {
      if (!this.disk.full) this.judges.fault('unexpected', `start: ${(error as Error).stack}`);
      pitwall.kill();
      this.time.plan(5_000_000, () => this.#start());
    });
  }

  #die(downMs: number): void {
    this.crashes += 1;
    this.#heldUntilUs = 0;
    this.pitwall.kill();
    // A crash may have waited for its point; it is over when the trouble ends all the same.
    const leftMs = Math.max(0, this.script.troubleMs - this.time.nowUs / 1_000);
    this.time.plan(Math.min(downMs, leftMs) * 1_000, () => this.#start());
  }

  #crashesAt(point: CrashPoint): boolean {
    const armed = this.#armed;
    if (armed === undefined || armed.point !== point || !this.pitwall.running) return false;
    armed.skip -= 1;
    if (armed.skip >= 0) return false;
    this.#armed = undefined;
    this.#die(armed.downMs);
    return true;
  }

  #happen(mishap: Mishap): void {
    const { time, pitwall } = this;
    if (mishap.kind === 'wall-clock') time.setWallClockBy(mishap.stepMs);
    if (mishap.kind === 'disk-full') this.#fillDisk(mishap.forMs);
    if (mishap.kind === 'reload') {
      this.services = mishap.services;
      this.#reload(pitwall);
    }
    if (!pitwall.running) return;
    if (mishap.kind === 'crash' && mishap.point === 'now') this.#die(mishap.downMs);
    else if (mishap.kind === 'crash') this.#armed = { ...mishap };
    if (mishap.kind === 'worker-death') pitwall.killWorker();
    if (mishap.kind === 'stall' && mishap.thread === 'prober') this.#proberStallsForMs = mishap.forMs;
    else if (mishap.kind === 'stall') pitwall.stall('main', time.nowUs + mishap.forMs * 1_000);
    if (mishap.kind === 'results') this.#mishandled = mishap;
  }

  /** While a check is under way: between checks a stall would go unnoticed but for missed slots. */
  #stallProber(): void {
    const forMs = this.#proberStallsForMs;
    if (forMs === 0) return;
    this.#proberStallsForMs = 0;
    const { pitwall } = this;
    this.time.plan(300, () => pitwall.stall('prober', this.time.nowUs + forMs * 1_000));
  }

  #fillDisk(forMs: number): void {
    this.disk.full = true;
    this.#fullUntilUs = Math.max(this.#fullUntilUs, this.time.nowUs + forMs * 1_000);
    const look = (): void => {
      this.judges.diskFullAtMs = this.time.nowUs / 1_000;
      this.judges.fullForMs += 500;
      if (this.time.nowUs >= this.#fullUntilUs) this.disk.full = false;
      else this.time.plan(500_000, look);
    };
    look();
  }

  /** Tried again while the store cannot write, as the watcher of the file does. */
  #reload(pitwall: SimulatedPitwall): void {
    const services = this.services;
    if (!pitwall.running || services === pitwall.watchedServices) return;
    pitwall.pipeline.watch(services).catch((error: unknown) => {
      if (!this.disk.full) this.judges.fault('unexpected', `reload: ${String(error)}`);
      this.time.plan(1_000_000, () => this.#reload(pitwall));
    });
  }
}
