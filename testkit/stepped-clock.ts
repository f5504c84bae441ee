/** A clock whose time goes on only when it is told to: timers fire in order, and hours take as long as their work. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../server/src/platform/clock.ts';

interface Timer {
  readonly atUs: number;
  readonly callback: () => void;
}

export class SteppedClock implements Clock {
  #wallMs: number;
  #us = 0;
  readonly #timers = new Set<Timer>();

  /** The monotonic clock begins at 0. */
  constructor(wallMs: number) {
    this.#wallMs = wallMs;
  }

  nowMs(): number {
    return Math.floor(this.#wallMs + this.#us / 1_000);
  }

  monotonicUs(): number {
    return this.#us;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atUs: this.#us + Math.max(0, delayMs) * 1_000, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(resolve, delayMs));
  }

  /** Somebody sets the machine's clock; no time passes. */
  stepWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Time passes while nothing gets a turn: the event loop stands still. What was due fires late, at the next advance. */
  stall(forMs: number): void {
    this.#us += forMs * 1_000;
  }

  /** Time passes, and what is due gets its turn, with whatever it sets off. */
  async advance(byMs: number): Promise<void> {
    const targetUs = this.#us + byMs * 1_000;
    while (true) {
      await turn();
      let next: Timer | undefined;
      for (const timer of this.#timers) if (next === undefined || timer.atUs < next.atUs) next = timer;
      if (next === undefined || next.atUs > targetUs) break;
      this.#timers.delete(next);
      this.#us = Math.max(this.#us, next.atUs);
      next.callback();
    }
    this.#us = targetUs;
    await turn();
  }
}
