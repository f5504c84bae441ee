/**
 * What a result costs to keep at 1,000 a second: each simulated second is one commit, and sealing goes on between commits
 * as in app/seconds.ts. A process of its own, run by bench/store.ts; prints one line of JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteStore } from '../server/src/storage/sqlite/sqlite-store.ts';
import { checkColumns } from '../server/src/storage/store.ts';
import { SteppedClock } from './stepped-clock.ts';
import { trafficChecks } from './store-history.ts';
import { type Columns, type TrafficCheck, TrafficSource } from './store-traffic.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** Every full minute has the same pattern. */
const secondsPerPattern = 60;
const perSecond = 1_000;
const slicesPerBeat = 40;

export interface IngestOutcome {
  readonly results: number;
  readonly cpuUs: number;
  readonly walAndFileBytes: number;
  readonly diskBytes: number;
  readonly slicesUs: readonly number[];
  readonly commitsUs: readonly number[];
}

/** Sources by the second of the minute in which they are due, so that the bench itself costs little. */
class Pattern {
  readonly #due: { readonly id: number; readonly source: TrafficSource }[][];

  constructor(checks: readonly TrafficCheck[], fromMs: number, ids: readonly number[]) {
    this.#due = Array.from({ length: secondsPerPattern }, () => []);
    for (const [index, check] of checks.entries()) {
      const source = new TrafficSource(check, index, 1, fromMs, 0.01);
      for (let atMs = source.nextSlotMs - fromMs; atMs < minuteMs; atMs += check.intervalMs) {
        this.#due[Math.floor(atMs / 1_000)]!.push({ id: ids[index]!, source });
      }
    }
  }

  second(endMs: number): Columns {
    const columns: Columns = { seriesIds: [], atMs: [], codes: [], values: [] };
    const second = (endMs / 1_000 - 1) % secondsPerPattern;
    for (const { id, source } of this.#due[second]!) source.slots(id, endMs, columns, () => {});
    return columns;
  }
}

/** Bytes handed to write calls (WAL frames and checkpointed pages, little else), and what the kernel sent to the disk. */
function written(): { calls: number; disk: number } {
  const figures = readFileSync('/proc/self/io', 'utf8');
  const figure = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(figures)?.[1]);
  return { calls: figure('wchar'), disk: figure('write_bytes') };
}

async function seal(store: SqliteStore, clock: SteppedClock, most: number, slicesUs: number[]): Promise<void> {
  for (let slice = 0, more = true; more && slice < most; slice += 1) {
    const startedUs = clock.monotonicUs();
    ({ more } = await store.maintain(clock.nowMs()));
    if (more) slicesUs.push(clock.monotonicUs() - startedUs);
  }
}

async function ingest(dataDir: string, hours: number, intervalsMs: readonly number[]): Promise<IngestOutcome> {
  const fromMs = Date.UTC(2026, 0, 5);
  const toMs = fromMs + hours * hourMs;
  const clock = new SteppedClock(fromMs);
  const store = await openSqliteStore({ dataDir, clock, ballastBytes: 0 });
  const checks = checksAtRate(intervalsMs);
  const definitions = checks.map(({ key }) => ({ kind: 'check' as const, key, unit: 's', scale: 1_000_000 }));
  const ids = [...(await store.write((tx) => tx.series.register(definitions, fromMs))).values()];
  const generationUs = cpuOf(() => {
    const dry = new Pattern(checks, fromMs, ids);
    for (let atMs = fromMs; atMs < toMs; atMs += 1_000) dry.second(atMs + 1_000);
  });
  const pattern = new Pattern(checks, fromMs, ids);
  const slicesUs: number[] = [];
  const commitsUs: number[] = [];
  let results = 0;
  const before = written();
  const cpu = process.cpuUsage();
  for (let atMs = fromMs; atMs < toMs; atMs += 1_000) {
    const columns = pattern.second(atMs + 1_000);
    clock.set(atMs + 1_000);
    const startedUs = clock.monotonicUs();
    const { accepted } = await store.write((tx) => tx.series.append({ columns: checkColumns, ...columns }));
    commitsUs.push(clock.monotonicUs() - startedUs);
    results += accepted;
    await seal(store, clock, slicesPerBeat, slicesUs);
  }
  // The last hour, too, is to be paid for.
  clock.set(toMs + hourMs);
  await seal(store, clock, Number.MAX_SAFE_INTEGER, slicesUs);
  await store.close();
  const { user, system } = process.cpuUsage(cpu);
  const after = written();
  return {
    results,
    cpuUs: user + system - generationUs,
    walAndFileBytes: after.calls - before.calls,
    diskBytes: after.disk - before.disk,
    slicesUs,
    commitsUs,
  };
}

/** As many checks, their intervals in turn, as give 1,000 results a second. */
function checksAtRate(intervalsMs: readonly number[]): TrafficCheck[] {
  const each = intervalsMs.reduce((sum, intervalMs) => sum + 1_000 / intervalMs, 0) / intervalsMs.length;
  return trafficChecks(Math.round(perSecond / each), intervalsMs);
}

function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const [hours = '2', intervals = '10000,30000,60000'] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'pitwall-bench-'));
try {
  console.log(JSON.stringify(await ingest(dataDir, Number(hours), intervals.split(',').map(Number))));
} finally {
  rmSync(dataDir, { recursive: true });
}
