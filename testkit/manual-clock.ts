/** A clock that stands still until it is set; its monotonic time goes on by a step at each look. */
import type { Clock } from '../server/src/platform/clock.ts';

export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicUs = 0;
  readonly #stepUs: number;

  constructor(nowMs: number, stepUs = 0) {
    this.#nowMs = nowMs;
    this.#stepUs = stepUs;
  }

  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicUs(): number {
    this.#monotonicUs += this.#stepUs;
    return this.#monotonicUs;
  }

  setTimer(): () => void {
    throw new Error('a manual clock has no timers');
  }

  sleep(): Promise<void> {
    throw new Error('a manual clock does not sleep');
  }
}
