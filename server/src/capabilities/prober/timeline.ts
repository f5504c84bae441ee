/**
 * The time that slots are named by: the wall clock as it stood at the start, carried on by the monotonic clock. Setting
 * the machine's clock therefore neither repeats nor skips a slot; how far the two are apart is reported. Pure.
 */

/** A change of the wall clock against the timeline that is more than slewing. */
export interface ClockStep {
  /** On the timeline. */
  readonly atMs: number;
  /** How far the wall clock was set forward (or, negative, back). */
  readonly stepMs: number;
  /** Wall clock minus timeline from now on. */
  readonly offsetMs: number;
}

/** DESIGN §14: smaller ones are NTP at work. */
const smallestStepMs = 2_000;

export class Timeline {
  readonly #startWallMs: number;
  readonly #startUs: number;
  #offsetMs = 0;

  constructor(startWallMs: number, startMonotonicUs: number) {
    this.#startWallMs = startWallMs;
    this.#startUs = startMonotonicUs;
  }

  /** Milliseconds, not rounded. */
  atMs(monotonicUs: number): number {
    return this.#startWallMs + (monotonicUs - this.#startUs) / 1_000;
  }

  /** Compares the wall clock; answers a step once, when it is first seen. */
  observeWall(wallMs: number, monotonicUs: number): ClockStep | undefined {
    const atMs = this.atMs(monotonicUs);
    const offsetMs = Math.round(wallMs - atMs);
    const stepMs = offsetMs - this.#offsetMs;
    if (Math.abs(stepMs) <= smallestStepMs) return undefined;
    this.#offsetMs = offsetMs;
    return { atMs: Math.round(atMs), stepMs, offsetMs };
  }
}
