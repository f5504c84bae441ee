/**
 * How long the page waits for a month of history: charts and boards on a filled data folder, each as its operation reads
 * it. A process of its own, run by bench/store.ts: `store-reads.ts DIR`; prints one line of JSON.
 */
import { historyHandlers, openAvailabilityBook, startOfDay } from '../server/src/capabilities/history/api.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import { openSqliteStore, type SqliteStore } from '../server/src/storage/sqlite/sqlite-store.ts';
import { SteppedClock } from './stepped-clock.ts';

const dayMs = 86_400_000;
const rounds = 60;

export interface ReadsOutcome {
  readonly openMs: number;
  readonly chartsMs: readonly number[];
  /** Today of each service is read once, then remembered until it changes. */
  readonly firstBoardMs: number;
  readonly dayBoardsMs: readonly number[];
  readonly monthBoardsMs: readonly number[];
}

const nobody = {
  caller: undefined,
  session: { token: undefined, start: () => {}, end: () => {} },
  remote: '127.0.0.1',
};

interface Watched {
  readonly key: string;
  readonly serviceId: string;
  readonly seriesId: number;
  readonly watchedSinceMs: number;
}

async function timed(work: () => unknown): Promise<number> {
  const startedUs = systemClock.monotonicUs();
  await work();
  return (systemClock.monotonicUs() - startedUs) / 1_000;
}

async function watchedIn(store: SqliteStore): Promise<Watched[]> {
  const rows = await store.read.selectFrom('series').select(['id', 'key', 'created_at_ms']).execute();
  return rows.map(({ id, key, created_at_ms }) => ({
    key,
    serviceId: key.slice(0, key.indexOf('/')),
    seriesId: id,
    watchedSinceMs: created_at_ms,
  }));
}

async function read(dataDir: string, nowMs: number): Promise<ReadsOutcome> {
  const clock = new SteppedClock(nowMs);
  const startedUs = systemClock.monotonicUs();
  const store = await openSqliteStore({ dataDir, clock, ballastBytes: 0 });
  const openMs = (systemClock.monotonicUs() - startedUs) / 1_000;
  try {
    const watched = await watchedIn(store);
    const handlers = historyHandlers({
      store,
      nowMs: () => nowMs,
      find: (serviceId) => watched.find((one) => one.serviceId === serviceId),
    });
    const subjects = new Map(watched.map((one) => [one.serviceId, { serviceId: one.serviceId, checks: [one] }]));
    const chartsMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { serviceId } = watched[(round * 37) % watched.length]!;
      const chart = { serviceId, checkId: 'main', fromMs: nowMs - 30 * dayMs, toMs: nowMs, buckets: 720 };
      chartsMs.push(await timed(() => handlers['series.read'](chart, nobody)));
    }
    const book = await openAvailabilityBook(store.read, (id) => subjects.get(id), nowMs);
    const board = (days: number, figures: () => unknown): Promise<number> =>
      timed(async () => {
        figures();
        const fromMs = startOfDay(nowMs) - (days - 1) * dayMs;
        await Promise.all([...subjects.keys()].map((id) => book.days(id, fromMs, nowMs)));
      });
    const dayBoard = () => board(1, () => store.series.allHours(nowMs - dayMs, nowMs));
    const monthBoard = () => board(30, () => store.series.allDays(nowMs - 30 * dayMs, nowMs));
    const firstBoardMs = await monthBoard();
    const dayBoardsMs: number[] = [];
    const monthBoardsMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      dayBoardsMs.push(await dayBoard());
      monthBoardsMs.push(await monthBoard());
    }
    return { openMs, chartsMs, firstBoardMs, dayBoardsMs, monthBoardsMs };
  } finally {
    await store.close();
  }
}

if (import.meta.main) console.log(JSON.stringify(await read(process.argv[2]!, Number(process.argv[3] ?? Date.now()))));
