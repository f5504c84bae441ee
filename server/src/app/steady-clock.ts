/**
 * The machine's clock as it stood at the start, carried on by the monotonic one: what everything in Pitwall calls now.
 * Setting the clock of a running machine thus neither ends a session, nor keeps a message waiting, nor moves a change
 * of status (DESIGN §3); the prober's worker reports that it was set. It begins at `notBeforeMs` at the earliest, which
 * is after all that is on record: docs/adr/0004.
 */
import { type Aside, newestAsideMs, newestOnRecordMs } from '../capabilities/recording/api.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../storage/store.ts';

/** Begins after what is stored, and after what could only be written aside. */
export async function clockAfterRecord(clock: Clock, store: Store, aside: Aside): Promise<Clock> {
  const newestMs = Math.max(await newestOnRecordMs(store), newestAsideMs(aside));
  return steadyClock(clock, newestMs + 1);
}

export function steadyClock(clock: Clock, notBeforeMs: number): Clock {
  const startMs = Math.max(clock.nowMs(), notBeforeMs);
  const startUs = clock.monotonicUs();
  return {
    nowMs: () => startMs + Math.floor((clock.monotonicUs() - startUs) / 1_000),
    monotonicUs: () => clock.monotonicUs(),
    setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
  };
}
