/** The store, with the time its newest commit took: what /healthz tells, and the check of Pitwall itself watches. */
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../storage/store.ts';

export interface TimedStore extends Store {
  /** null before the first. */
  lastWriteMs(): number | null;
}

export function timeWrites(store: Store, clock: Clock): TimedStore {
  let lastWriteMs: number | null = null;
  return {
    read: store.read,
    series: store.series,
    async write(work) {
      const startedUs = clock.monotonicUs();
      const outcome = await store.write(work);
      lastWriteMs = (clock.monotonicUs() - startedUs) / 1_000;
      return outcome;
    },
    maintain: (nowMs) => store.maintain(nowMs),
    sizes: () => store.sizes(),
    close: () => store.close(),
    lastWriteMs: () => lastWriteMs,
  };
}
