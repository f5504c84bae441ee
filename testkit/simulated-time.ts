/**
 * Time that goes on only when nothing is left to do. Events happen one by one in the order of their instants; threads
 * have clocks of their own kind, can stall and can die. The true time never jumps; the wall clock is it plus an offset.
 */
import type { Clock } from '../server/src/platform/clock.ts';
import type { SeededRandom } from './seeded-random.ts';

interface Planned {
  atUs: number;
  readonly order: number;
  readonly run: () => void;
  readonly thread: SimulatedThread | undefined;
  cancelled: boolean;
}

/** Somewhere that code runs: what it planned waits while it stalls, and never happens once it is dead. */
export class SimulatedThread {
  alive = true;
  stalledUntilUs = 0;
}

export class SimulatedTime {
  nowUs = 0;
  readonly #startWallMs: number;
  readonly #random: SeededRandom;
  #wallOffsetMs = 0;
  #heap: Planned[] = [];
  #order = 0;

  constructor(startWallMs: number, random: SeededRandom) {
    this.#startWallMs = startWallMs;
    this.#random = random;
  }

  wallMs(): number {
    return Math.floor(this.#startWallMs + this.#wallOffsetMs + this.nowUs / 1_000);
  }

  setWallClockBy(stepMs: number): void {
    this.#wallOffsetMs += stepMs;
  }

  /** Plans an event; without a thread it is the world's and happens whoever is dead. */
  plan(delayUs: number, run: () => void, thread?: SimulatedThread): () => void {
    const planned = { atUs: this.nowUs + Math.max(0, delayUs), order: this.#order, run, thread, cancelled: false };
    this.#order += 1;
    this.#push(planned);
    return () => {
      planned.cancelled = true;
    };
  }

  clockOf(thread: SimulatedThread): Clock {
    const setTimer = (callback: () => void, delayMs: number): (() => void) => {
      if (!thread.alive) return () => {};
      // Node's timers fire at or up to a millisecond and a half after their time.
      const grainUs = this.#random.int(0, 1_500);
      return this.plan(Math.max(1, delayMs) * 1_000 + grainUs, callback, thread);
    };
    return {
      nowMs: () => this.wallMs(),
      monotonicUs: () => Math.floor(this.nowUs),
      setTimer,
      sleep: (delayMs) => new Promise((resolve) => void setTimer(() => resolve(), delayMs)),
    };
  }

  /** Lets everything happen that is planned up to an instant. `settle` resolves when what an event began has come to rest. */
  async runUntil(untilUs: number, settle: () => Promise<void>): Promise<void> {
    while (this.#heap.length > 0 && this.#heap[0]!.atUs <= untilUs) {
      const next = this.#pop();
      if (next.cancelled || next.thread?.alive === false) continue;
      this.nowUs = Math.max(this.nowUs, next.atUs);
      if (next.thread !== undefined && next.thread.stalledUntilUs > this.nowUs) {
        next.atUs = next.thread.stalledUntilUs;
        this.#push(next);
        continue;
      }
      next.run();
      await settle();
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(planned, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = planned;
  }

  #pop(): Planned {
    const heap = this.#heap;
    const top = heap[0]!;
    const moving = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, moving)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moving;
    return top;
  }
}

function before(a: Planned, b: Planned): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
