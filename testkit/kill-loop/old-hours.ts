/**
 * Other series with points in the hours to come, so that sealing one takes several slices and a kill can fall between
 * them. What they are is known, so that every point can be asked for afterwards.
 */
import assert from 'node:assert/strict';
import { encodePointCode } from '../../server/src/core/point-code.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { openSqliteStore } from '../../server/src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../server/src/storage/store.ts';

const hourMs = 3_600_000;
export const oldSeries = 1_500;
/** Their journal is read at every start. */
const hoursAtOnce = 8;
const code = encodePointCode({ outcome: 'pass', suspect: false, missed: false, attempts: 1, reason: 'within-limits' });

export class OldHours {
  readonly #dataDir: string;
  readonly #filled: number[] = [];

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Pitwall must not run: the store is opened here. */
  async fill(hour: number): Promise<void> {
    if (hour <= (this.#filled.at(-1) ?? 0)) return;
    const store = await openSqliteStore({ dataDir: this.#dataDir, clock: systemClock });
    const seriesIds = await this.#ids(store);
    for (let ahead = 0; ahead < hoursAtOnce; ahead += 1) {
      const atMs = (hour + ahead) * hourMs + 1_800_000;
      await store.write((tx) =>
        tx.series.append({
          columns: 1,
          seriesIds,
          atMs: seriesIds.map(() => atMs),
          codes: seriesIds.map(() => code),
          values: seriesIds.map((id) => knownValue(id, hour + ahead)),
        }),
      );
      this.#filled.push(hour + ahead);
    }
    await store.close();
  }

  /** Throws where a point is missing, doubled or another. */
  async check(store: Store): Promise<void> {
    const ids = await this.#ids(store);
    for (const seriesId of ids) {
      const points = store.series.scan({ seriesId, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
      assert.deepEqual(
        points.values,
        this.#filled.map((hour) => knownValue(seriesId, hour)),
        `the points of series ${seriesId}`,
      );
    }
  }

  #ids(store: Store): Promise<number[]> {
    const definitions = Array.from({ length: oldSeries }, (_, index) => ({
      kind: 'metric' as const,
      key: `old-${index}`,
      unit: 'B',
      scale: 1,
    }));
    return store.write(async (tx) => [...(await tx.series.register(definitions, 0)).values()]);
  }
}

function knownValue(seriesId: number, hour: number): number {
  return (seriesId * 1_009 + hour * 17) % 100_000;
}
