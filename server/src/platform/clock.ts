/** The one place where time and randomness enter. Built once in app/, passed in everywhere else. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Wall time in integer milliseconds since 1970, UTC. */
  nowMs(): number;
  /** Microseconds since an arbitrary start; never jumps. Durations are differences of these. */
  monotonicUs(): number;
  /** Calls back once after at least the delay; returns the cancel. */
  setTimer(callback: () => void, delayMs: number): () => void;
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicUs: () => Math.round(performance.now() * 1_000),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  sleep: (delayMs, signal) => delay(delayMs, undefined, signal === undefined ? {} : { signal }),
};

/** Monotonic microseconds that all threads of the process count alike, unlike `Clock.monotonicUs`. */
export function processMonotonicUs(): number {
  return Math.round(Number(process.hrtime.bigint()) / 1_000);
}

export interface RandomSource {
  /** Uniform in [0, 1). */
  ratio(): number;
  /** URL-safe text with that many random bytes in it. */
  token(bytes: number): string;
}

export const systemRandom: RandomSource = {
  ratio: () => randomBytes(4).readUInt32LE() / 2 ** 32,
  token: (bytes) => randomBytes(bytes).toString('base64url'),
};
