/**
 * A process that writes to a store until it is killed: `node store-child.ts DIR`, one write for each byte it is sent. A
 * write is one transaction with a transition and a point of every series, ten simulated minutes after the one before, so
 * that hours are sealed as it goes; its number is printed once it is acknowledged.
 */
import { readSync, writeSync } from 'node:fs';
import { PitwallError } from '../../server/src/core/errors.ts';
import { openSqliteStore, type SqliteStore } from '../../server/src/storage/sqlite/sqlite-store.ts';
import type { WriteTransaction } from '../../server/src/storage/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { batchOf, type Point } from './recount.ts';
import { seriesDefinitions, startMs } from './store-bench.ts';
import { checkPoint } from './store-points.ts';

export const childSeries = 60;
const stepMs = 10 * 60_000;

export function instantOf(n: number): number {
  return startMs + n * stepMs;
}

/** What write n stores: the same whoever asks. */
export function pointsOfWrite(ids: readonly number[], n: number): Point[] {
  return ids.map((id, row) => checkPoint(id, instantOf(n) + row, 1_000 + ((n * 7_919 + row * 104_729) % 50_000)));
}

export async function writeNth(tx: WriteTransaction, ids: readonly number[], n: number): Promise<void> {
  await tx.series.append(batchOf(pointsOfWrite(ids, n), 6));
  const change = { from_status: 'up', to_status: 'down', reason: 'recovered', evidence: '{}' };
  const at = { effective_at_ms: instantOf(n), decided_at_ms: instantOf(n) };
  await tx.db
    .insertInto('transition')
    .values({ subject: `write-${n}`, subject_kind: 'service', ...change, ...at })
    .execute();
}

/** How many writes are stored. */
export async function writesIn(store: SqliteStore): Promise<number> {
  const { count } = await store.read
    .selectFrom('transition')
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

async function writeUntilKilled(dataDir: string): Promise<void> {
  const clock = new ManualClock(startMs);
  const store = await openSqliteStore({ dataDir, clock, ballastBytes: 0, checkpointPages: 100 });
  const ids = [
    ...(
      await store.write((tx) => tx.series.register(seriesDefinitions(childSeries, 'check', 'child'), startMs))
    ).values(),
  ];
  writeSync(1, `ready ${process.pid}\n`);
  for (let n = await writesIn(store); readSync(0, Buffer.alloc(1)) === 1; n += 1) {
    clock.set(instantOf(n));
    await store.write((tx) => writeNth(tx, ids, n));
    writeSync(1, `${n}\n`);
    await store.maintain(clock.nowMs());
  }
  await store.close();
}

if (import.meta.main) {
  await writeUntilKilled(process.argv[2]!).catch((error: unknown) => {
    if (!(error instanceof PitwallError)) throw error;
    writeSync(1, `${JSON.stringify(error.toProblem())}\n`);
  });
}
