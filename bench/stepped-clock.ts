/** Wall time as the bench sets it, monotonic time as it passes: history is simulated, what it costs is not. */
import { type Clock, systemClock } from '../server/src/platform/clock.ts';

export class SteppedClock implements Clock {
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicUs(): number {
    return systemClock.monotonicUs();
  }

  setTimer(): () => void {
    throw new Error('simulated time has no timers');
  }

  sleep(): Promise<void> {
    throw new Error('simulated time does not sleep');
  }
}
