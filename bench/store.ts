/**
 * `npm run bench:store`: what history costs on disk, what a result costs to keep, and how fast a month of it is read.
 * Filling 119 million results takes some minutes; `--days N` and `--hours N` shorten it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { atMost, type Bar, median, report } from './bench-report.ts';
import type { HistoryOutcome } from './store-history.ts';
import type { IngestOutcome } from './store-ingest.ts';
import type { ReadsOutcome } from './store-reads.ts';
import type { StartOutcome } from './store-start.ts';

const { values: args } = parseArgs({
  options: { days: { type: 'string', default: '35' }, hours: { type: 'string', default: '2' } },
});
const services = 500;
const boardDays = 30;
const folder = mkdtempSync(join(tmpdir(), 'pitwall-bench-'));

/** A leg in a process of its own, which prints its outcome as the last line. */
async function leg<T>(file: string, ...rest: readonly string[]): Promise<T> {
  const path = new URL(file, import.meta.url).pathname;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}`);
  return JSON.parse(output.trim().split('\n').at(-1)!) as T;
}

function fill(name: string, days: number, intervals: string): Promise<HistoryOutcome> {
  const order = ['--data', join(folder, name), '--services', `${services}`, '--days', `${days}`];
  return leg('./store-history.ts', ...order, '--intervals', intervals);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** Sealing and the rest of upkeep, as long as a transition may have to wait for it. */
function slices(what: string, slicesUs: readonly number[]): void {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((q) => ms(quantile(slicesUs, q) / 1_000));
  console.log(`${what}: ${slicesUs.length} slices of upkeep, p50 ${p50}, p99 ${p99}, longest ${longest}`);
}

function bytesBars({ results, failures, outages, changes, liveBytes }: HistoryOutcome): Bar[] {
  const failedPercent = ((100 * failures) / results).toFixed(2);
  console.log(
    `${results} results, ${failedPercent} % failed in ${outages} outages with ${changes} changes of a check: ${(liveBytes / 1e6).toFixed(0)} MB`,
  );
  return [atMost('bytes on disk a result, evidence and ledger included', liveBytes / results, 12)];
}

function showIngest(name: string, outcome: IngestOutcome): Bar[] {
  const { results, cpuUs, walAndFileBytes, diskBytes, slicesUs, commitsUs } = outcome;
  slices(name, slicesUs);
  console.log(
    `${name}: a commit takes p50 ${ms(quantile(commitsUs, 0.5) / 1_000)}, p99 ${ms(quantile(commitsUs, 0.99) / 1_000)}`,
  );
  const [logAndFile, kernel] = [walAndFileBytes / results, diskBytes / results];
  console.log(
    `${name}: ${(cpuUs / results).toFixed(2)} µs a result, ${logAndFile.toFixed(1)} bytes written to log and file, ${kernel.toFixed(1)} by the kernel`,
  );
  return [
    atMost('CPU µs a result at 1,000/s: journal, sealing, summary', cpuUs / results, 2),
    // The larger of the two: what SQLite wrote (/proc/self/io wchar), and whole blocks of the file system (write_bytes).
    atMost('bytes written a result at 1,000/s: log and checkpoint', Math.max(logAndFile, kernel), 100),
  ];
}

function readBars({ openMs, chartsMs, firstBoardMs, dayBoardsMs, monthBoardsMs }: ReadsOutcome): Bar[] {
  console.log(`opened in ${ms(openMs)}; the first board, today of each service being read: ${ms(firstBoardMs)}`);
  return [
    atMost('chart of 30 days, p50 ms', median(chartsMs), 5),
    atMost('board of 24 hours, p50 ms', median(dayBoardsMs), 20),
    atMost('board of 30 days, p50 ms', median(monthBoardsMs), 20),
  ];
}

function startBars({ startsMs, boardsMs }: StartOutcome): Bar[] {
  for (const [days, times] of Object.entries(boardsMs)) {
    console.log(`GET /api/v1/board?days=${days}: p50 ${ms(median(times))}, p99 ${ms(quantile(times, 0.99))}`);
  }
  return [atMost('a second npm start until /healthz, ms', median(startsMs), 2_000)];
}

console.log(`${services} checks; load before: ${loadavg()[0]!.toFixed(2)}`);
try {
  const [mixed, month] = await Promise.all([
    fill('mixed', Number(args.days), '10,30,60'),
    fill('month', boardDays, '30'),
  ]);
  slices('filling', mixed.slicesUs);
  const bars = bytesBars(mixed);
  rmSync(join(folder, 'mixed'), { recursive: true });
  bars.push(...readBars(await leg<ReadsOutcome>('./store-reads.ts', join(folder, 'month'))));
  bars.push(...startBars(await leg<StartOutcome>('./store-start.ts', join(folder, 'month'), `${services}`)));
  console.log(`the month: ${month.results} results`);
  const ingest = (intervals: string) => leg<IngestOutcome>('./store-ingest.ts', args.hours, intervals);
  bars.push(...showIngest('10,000 checks at 10 s', await ingest('10000')));
  // At the same rate from twice as many checks, each with an open hour of its own: what more of them cost, beside the bar.
  showIngest('20,000 checks at 10, 30 and 60 s', await ingest('10000,30000,60000'));
  report('store', bars);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
