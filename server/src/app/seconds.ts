/** The beat of the main thread: within each second what waits is committed, silence is judged, history is tidied. */
import type { AvailabilityBook, WatchedSubject } from '../capabilities/history/api.ts';
import type { Recorder } from '../capabilities/recording/api.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../storage/store.ts';

/**
 * From one commit to the next, begun to begun. A kill may lose a second at most (DESIGN §1): a result has spent up to
 * 100 ms in the prober's batch before it comes here, and its commit takes up to as long again on a slow disk.
 */
const beatMs = 800;
/** Days are closed a few at a time, so that no transition waits on them. */
const closedAtOnce = 25;
/** Slices of tidying in one beat; each is short, and what is left waits for the next. */
const mostSlices = 40;

export interface SecondsOptions {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly book: AvailabilityBook;
  readonly subjects: () => readonly WatchedSubject[];
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly onFault: (what: string, fault: unknown) => void;
}

/** Returns the stop, which resolves when the beat under way has ended. */
export function startSeconds(options: SecondsOptions): () => Promise<void> {
  const { clock, nowMs, store, recorder, book } = options;
  let stopped = false;
  let cancel = (): void => {};
  let beat: Promise<void> = Promise.resolve();
  let daysClosedFor = 0;
  let untidied = '';
  let beganUs = clock.monotonicUs();

  async function tidy(): Promise<void> {
    for (let slice = 0; slice < mostSlices && !stopped; slice += 1) {
      const { more } = await store.maintain(nowMs());
      if (!more) break;
      await clock.sleep(0);
    }
    const minute = Math.floor(nowMs() / 60_000);
    if (minute === daysClosedFor) return;
    const more = await store.write((tx) => book.closeDays(tx.db, options.subjects(), nowMs(), closedAtOnce));
    if (!more) daysClosedFor = minute;
  }

  async function run(): Promise<void> {
    beganUs = clock.monotonicUs();
    await recorder.tick();
    await tidy().then(
      () => {
        untidied = '';
      },
      (fault: unknown) => {
        // Each beat fails alike on a full disk, for days; the log is often on the same one.
        if (untidied !== String(fault)) options.onFault('Tidying the history', fault);
        untidied = String(fault);
      },
    );
  }

  function schedule(): void {
    const passedMs = Math.round((clock.monotonicUs() - beganUs) / 1_000);
    cancel = clock.setTimer(
      () => {
        beat = run().finally(() => {
          if (!stopped) schedule();
        });
      },
      Math.max(0, beatMs - passedMs),
    );
  }
  schedule();
  return async () => {
    stopped = true;
    cancel();
    await beat;
  };
}
