/**
 * One measured side of `bench:checks`, in a process of its own: the raw loop, or Pitwall all in (probe, judge, journal,
 * summarise). Told by its parent what to run for how long; answers with CPU of all its threads and results stored.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProber } from '../server/src/capabilities/prober/api.ts';
import { createRecorder } from '../server/src/capabilities/recording/api.ts';
import type { WatchedCheck } from '../server/src/capabilities/services/api.ts';
import { judge, lapse, serviceStatus } from '../server/src/capabilities/status/api.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import { openSqliteStore } from '../server/src/storage/sqlite/sqlite-store.ts';
import { startRawLoop } from './raw-loop.ts';

export interface LegOrder {
  readonly run: 'raw' | 'pitwall';
  readonly ports: readonly number[];
  readonly host: string;
  readonly checks: number;
  readonly intervalMs: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Whether each check names itself in its path, for the target's own view of the schedule. */
  readonly named: boolean;
  /** Encrypted; who vouches for the ports. */
  readonly ca?: string;
}

export interface LegOutcome {
  readonly results: number;
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly missed: number;
  readonly suspect: number;
  readonly notPassed: number;
  readonly worstDeviationMs: number;
}

const pause = (delayMs: number) => systemClock.sleep(delayMs);

async function measured(count: () => number | Promise<number>, { warmMs, measureMs }: LegOrder) {
  await pause(warmMs);
  const before = await count();
  const cpu = process.cpuUsage();
  await pause(measureMs);
  const spent = process.cpuUsage(cpu);
  return { results: (await count()) - before, cpuUs: spent.user + spent.system };
}

async function runRaw(order: LegOrder): Promise<LegOutcome> {
  const loop = startRawLoop(order.ports, (order.checks / order.intervalMs) * 1_000, order.ca);
  const figures = await measured(loop.done, order);
  loop.stop();
  return { ...figures, rssBytes: process.memoryUsage.rss(), missed: 0, suspect: 0, notPassed: 0, worstDeviationMs: 0 };
}

function checkOf(index: number, { host, ports, intervalMs, named, ca }: LegOrder): WatchedCheck {
  const key = `bench/check-${index}`;
  const path = named ? `${key}/${intervalMs}` : '';
  const at = `${host}:${ports[index % ports.length]}/${path}`;
  const spec = ca === undefined ? { url: `http://${at}` } : { url: `https://${at}`, tls: { ca } };
  const settings = { intervalMs, timeoutMs: Math.min(5_000, intervalMs / 2), retries: 2, downAfter: 2, upAfter: 2 };
  const naming = { key, serviceId: 'bench', checkId: `check-${index}`, title: key, kind: 'http' };
  return { ...naming, ...settings, spec, shownSpec: spec, secrets: [], missing: [] };
}

/** The store, the recorder and the prober, wired as the server wires them, without messages and ledger. */
async function runPitwall(order: LegOrder): Promise<LegOutcome> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pitwall-bench-'));
  const store = await openSqliteStore({ dataDir, clock: systemClock, ballastBytes: 0 });
  const recorder = createRecorder({
    store,
    nowMs: () => prober.nowMs(),
    decisions: { judge, lapse, serviceStatus },
    messageOf: () => undefined,
    enqueue: async () => {},
    appendLedger: async () => {},
    aside: { write: () => {}, read: () => '' },
    sendUnrecorded: () => {},
    onCommitted: () => {},
    onFault: (fault) => fault !== undefined && console.error(fault),
  });
  const prober = startProber({
    clock: systemClock,
    policy: { allowPrivate: true, allow: [] },
    onBatch: (batch) => recorder.take(batch),
    onEvent: (event) => console.error(JSON.stringify(event)),
  });
  const checks = Array.from({ length: order.checks }, (_, index) => checkOf(index, order));
  const about = { serviceId: 'bench', title: 'Bench', tile: undefined, criticality: 'P1', origin: 'config' } as const;
  await recorder.setServices([{ ...about, facesCustomers: false, dependsOn: [], ability: undefined, checks }]);
  const second = setInterval(() => void recorder.tick().then(() => store.maintain(systemClock.nowMs())), 1_000);
  prober.setChecks(checks);
  const figures = await measured(async () => {
    await recorder.flush();
    return storedIn(store).count;
  }, order);
  clearInterval(second);
  const rssBytes = process.memoryUsage.rss();
  const { missed, suspect, worstDeviationMs } = prober.stats();
  await prober.stop();
  await recorder.flush();
  const { notPassed } = storedIn(store);
  await store.close();
  rmSync(dataDir, { recursive: true });
  return { ...figures, rssBytes, missed, suspect, worstDeviationMs, notPassed };
}

function storedIn(store: Awaited<ReturnType<typeof openSqliteStore>>): { count: number; notPassed: number } {
  let count = 0;
  let passed = 0;
  for (const hours of store.series.allHours(0, Number.MAX_SAFE_INTEGER).values()) {
    for (const hour of hours) {
      count += hour.count;
      passed += hour.passCount;
    }
  }
  return { count, notPassed: count - passed };
}

process.on('message', async (order: LegOrder) => {
  process.send!(await (order.run === 'raw' ? runRaw(order) : runPitwall(order)));
});
process.once('disconnect', () => process.exit());
