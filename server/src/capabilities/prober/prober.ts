/** The main thread's handle of the prober: what is watched goes in, batches come out, a dead worker is replaced. */
import { Worker } from 'node:worker_threads';
import { type Clock, processMonotonicUs } from '../../platform/clock.ts';
import type { AddressPolicy } from '../../platform/network.ts';
import type { OnceOutcome } from '../checks/api.ts';
import { internalError } from '../checks/kind.ts';
import type { WatchedCheck } from '../services/api.ts';
import type { NumberedCheck } from './engine.ts';
import type { PackedBatch } from './packed-batch.ts';
import { noStats, type ProberEvent, type ProberStats, type ResultBatch } from './results.ts';
import { Timeline } from './timeline.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

export interface ProberOptions {
  /** Begins after all that is on record: a slot that was there before would count as a repeat. */
  readonly clock: Clock;
  readonly policy: AddressPolicy;
  /** Attempts at the same time; 1,000 where left out. */
  readonly concurrency?: number;
  readonly onBatch: (batch: ResultBatch) => void;
  readonly onEvent: (event: ProberEvent) => void;
  /** Starts the thread that runs the checks; a worker of Node's where left out. */
  readonly spawn?: (start: WorkerStart) => ProberThread;
}

/** What the handle needs of the thread it started: Node's `Worker` is one. */
export interface ProberThread {
  postMessage(message: ToWorker): void;
  terminate(): unknown;
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
}

/** What is on record of checks when they are handed over. */
export interface KnownOfChecks {
  readonly isNew: (check: WatchedCheck) => boolean;
  readonly isDown: (check: WatchedCheck) => boolean;
}

export interface Prober {
  /**
   * What is watched from `fromMs` on (now, where left out), in place of all before. Slots of unchanged checks go on as
   * they were; those of others that are over before the worker is ready are recorded as missed. Checks of which
   * `isNew` says that they have no result are run at once, ahead of their first slot; a pass of one that `isDown` is confirmed at once.
   */
  setChecks(checks: readonly WatchedCheck[], fromMs?: number, known?: KnownOfChecks): void;
  /** The operator's gates: where one of them takes a connection, there is a way out. */
  setGates(targets: readonly string[]): void;
  /** One check now, outside the schedule: with its attempts, but recorded nowhere. */
  runOnce(check: WatchedCheck): Promise<OnceOutcome>;
  /** The time by which slots are named: unlike the wall clock it never jumps. Integer milliseconds. */
  nowMs(): number;
  /** As of the last batch. */
  stats(): ProberStats;
  /** Ends the worker; results it has finished are handed over first. */
  stop(): Promise<void>;
}

const defaultConcurrency = 1_000;
/**
 * Three half-spaces of 4 MiB in place of V8's 16: nearly all that a check makes is dead when it ends, and more room only
 * spreads it over more memory. 24 MiB less with 10,000 checks (285 for 309); what it does to CPU was not above the noise.
 */
const maxYoungGenerationSizeMb = 12;
/** New checks are run one after the other: a file of hundreds is no burst on what they ask. */
const openingGapMs = 10;
const warmUpMs = 1_000;
const nothingKnown: KnownOfChecks = { isNew: () => false, isDown: () => false };
const firstRestartMs = 50;
const longestRestartMs = 10_000;
const mostRestartsAsked = 1;

function spawnWorker(start: WorkerStart): ProberThread {
  return new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: start,
    name: 'prober',
    resourceLimits: { maxYoungGenerationSizeMb },
  });
}

/** Somebody who asked for one check now. */
interface Waiting {
  readonly check: WatchedCheck;
  readonly resolve: (outcome: OnceOutcome) => void;
  restarts: number;
}

export function startProber(options: ProberOptions): Prober {
  return new ProberHandle(options);
}

class ProberHandle implements Prober {
  readonly #options: ProberOptions;
  readonly #start: WorkerStart;
  readonly #timeline: Timeline;
  readonly #ids = new Map<string, number>();
  readonly #keys: string[] = [];
  /** The last slot handed over, by number: what comes after it was lost where a worker dies. */
  readonly #lastSlotMs = new Map<number, number>();
  readonly #waiting = new Map<number, Waiting>();
  #nextRequest = 1;
  #gates: readonly string[] = [];
  #checks: readonly NumberedCheck[] = [];
  #worker: ProberThread;
  #stats = noStats;
  #restartMs = firstRestartMs;
  #cancelRestart: (() => void) | undefined;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
    const { clock, policy, concurrency = defaultConcurrency } = options;
    const startWallMs = clock.nowMs();
    this.#timeline = new Timeline(startWallMs, clock.monotonicUs());
    this.#start = { policy, concurrency, startWallMs, startProcessUs: processMonotonicUs() };
    this.#worker = this.#spawn();
  }

  setChecks(checks: readonly WatchedCheck[], fromMs = this.nowMs(), { isNew, isDown }: KnownOfChecks = nothingKnown) {
    const before = new Set(this.#checks.map(({ id }) => id));
    // A thread that has just begun is late with its own modules, and what it sees then would be suspect.
    const startMs = before.size === 0 ? fromMs + warmUpMs : fromMs;
    let opened = 0;
    this.#checks = checks.map((check) => {
      const openingMs = isNew(check) ? startMs + openingGapMs * opened++ : undefined;
      return { id: this.#idOf(check.key), check, openingMs, isDown: isDown(check) };
    });
    // Nothing was due before it was watched.
    for (const { id } of this.#checks) if (!before.has(id)) this.#lastSlotMs.set(id, fromMs - 1);
    this.#send({ kind: 'checks', checks: this.#checks, fromMs, lastSlotMs: undefined });
  }

  setGates(targets: readonly string[]): void {
    this.#gates = targets;
    this.#send({ kind: 'gates', targets });
  }

  runOnce(check: WatchedCheck): Promise<OnceOutcome> {
    const request = this.#nextRequest;
    this.#nextRequest += 1;
    return new Promise((resolve) => {
      this.#waiting.set(request, { check, resolve, restarts: 0 });
      this.#send({ kind: 'once', request, check });
    });
  }

  nowMs(): number {
    return Math.floor(this.#timeline.atMs(this.#options.clock.monotonicUs()));
  }

  stats(): ProberStats {
    return this.#stats;
  }

  stop(): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopped = Promise.withResolvers<void>();
      if (this.#cancelRestart === undefined) this.#send({ kind: 'stop' });
      else this.#stopped.resolve();
      this.#cancelRestart?.();
      for (const request of this.#waiting.keys()) this.#giveUp(request, 'Pitwall is stopping');
    }
    return this.#stopped.promise;
  }

  /** What was asked for is asked again, once: a check that ends the worker each time must not end it for ever. */
  #countRestart(request: number, waiting: Waiting): void {
    waiting.restarts += 1;
    if (waiting.restarts > mostRestartsAsked) this.#giveUp(request, 'the prober was restarted');
  }

  #giveUp(request: number, code: string): void {
    const outcome = { result: internalError({ code }, -1), attempts: 0, atMs: this.#options.clock.nowMs() };
    this.#waiting.get(request)?.resolve(outcome);
    this.#waiting.delete(request);
  }

  #idOf(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#keys.push(key) - 1;
    this.#ids.set(key, id);
    return id;
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #spawn(): ProberThread {
    const { spawn = spawnWorker } = this.#options;
    const worker = spawn(this.#start);
    let why = 'it ended by itself';
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => {
      const { code, name } = error as NodeJS.ErrnoException;
      why = code ?? name;
    });
    worker.once('exit', () => {
      if (this.#stopped !== undefined) this.#stopped.resolve();
      else this.#restart(why);
    });
    return worker;
  }

  #take(message: FromWorker): void {
    if (message.kind === 'batch') {
      this.#restartMs = firstRestartMs;
      this.#stats = message.stats;
      this.#options.onBatch(this.#unpacked(message.batch));
    } else if (message.kind === 'event') this.#options.onEvent(message.event);
    else if (message.kind === 'once') {
      this.#waiting.get(message.request)?.resolve(message.outcome);
      this.#waiting.delete(message.request);
    }
    // What it had to hand over has come; a check that somebody asked for may still hold it for its whole time.
    else void this.#worker.terminate();
  }

  #unpacked({ ids, ...columns }: PackedBatch): ResultBatch {
    const keys = new Array<string>(ids.length);
    for (let row = 0; row < ids.length; row += 1) {
      const id = ids[row]!;
      keys[row] = this.#keys[id]!;
      this.#lastSlotMs.set(id, columns.slotMs[row]!);
    }
    return { keys, ...columns };
  }

  /** Slots between the last one reported and the new worker's start are recorded as missed by the new worker. */
  #restart(why: string): void {
    const { clock, onEvent } = this.#options;
    onEvent({ kind: 'restarted', atMs: this.nowMs(), why });
    for (const [request, waiting] of this.#waiting) this.#countRestart(request, waiting);
    this.#cancelRestart = clock.setTimer(() => {
      this.#cancelRestart = undefined;
      this.#worker = this.#spawn();
      this.#send({ kind: 'gates', targets: this.#gates });
      this.#send({ kind: 'checks', checks: this.#checks, fromMs: this.nowMs(), lastSlotMs: this.#lastSlotMs });
      for (const [request, { check }] of this.#waiting) this.#send({ kind: 'once', request, check });
    }, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, longestRestartMs);
  }
}
