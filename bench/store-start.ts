/**
 * How soon `npm start` answers with a month of history, and what its board costs over HTTP. Run by bench/store.ts:
 * `store-start.ts DIR SERVICES`; prints one line of JSON.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../server/src/platform/clock.ts';
import { freePort } from '../testkit/free-port.ts';
import { trafficChecks } from './store-history.ts';

const rounds = 40;
const starts = 3;
const askEveryMs = 10;

export interface StartOutcome {
  readonly startsMs: readonly number[];
  readonly boardsMs: Readonly<Record<'1' | '30', readonly number[]>>;
}

function configOf(services: number, port: number): string {
  const entries = trafficChecks(services, [30_000]).map(({ serviceId }) => {
    const main = { kind: 'tcp', host: '127.0.0.1', port, interval: '30s' };
    return [serviceId, { title: `Service ${serviceId.slice(-4)}`, checks: { main } }];
  });
  return JSON.stringify({ services: Object.fromEntries(entries) });
}

/** In a process group of its own: npm, its shell and Pitwall end together. */
function npmStart(args: readonly string[]): ChildProcess {
  const root = join(import.meta.dirname, '..');
  return spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  process.kill(-child.pid!, 'SIGTERM');
  await ended;
}

async function untilHealthy(port: number): Promise<void> {
  for (let asked = 0; asked < 6_000; asked += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    await systemClock.sleep(askEveryMs);
  }
  throw new Error('Pitwall did not answer within a minute');
}

async function boards(port: number, dataDir: string, days: string): Promise<number[]> {
  const [token] = readFileSync(join(dataDir, 'cli.token'), 'utf8').split('\n');
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedUs = systemClock.monotonicUs();
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/board?days=${days}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const board = (await response.json()) as { upNow: unknown };
    times.push((systemClock.monotonicUs() - startedUs) / 1_000);
    if (!response.ok || board.upNow === undefined) throw new Error(`The board answered ${response.status}`);
  }
  return times;
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.on('error', () => {}).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

async function measure(dataDir: string, services: number): Promise<StartOutcome> {
  const { server, port: targetPort } = await listen();
  const config = `${dataDir}.yaml`;
  writeFileSync(config, configOf(services, targetPort));
  const startsMs: number[] = [];
  let boardsMs: StartOutcome['boardsMs'] = { 1: [], 30: [] };
  try {
    // The first start builds the page where that is missing, and does not count.
    for (let count = 0; count <= starts; count += 1) {
      const port = await freePort();
      const startedUs = systemClock.monotonicUs();
      const child = npmStart(['--config', config, '--data', dataDir, '--port', `${port}`, '--no-discovery']);
      try {
        await untilHealthy(port);
        if (count > 0) startsMs.push((systemClock.monotonicUs() - startedUs) / 1_000);
        if (count === starts) {
          boardsMs = { 1: await boards(port, dataDir, '1'), 30: await boards(port, dataDir, '30') };
        }
      } finally {
        await stop(child);
      }
    }
  } finally {
    server.close();
    rmSync(config, { force: true });
  }
  return { startsMs, boardsMs };
}

if (import.meta.main) console.log(JSON.stringify(await measure(process.argv[2]!, Number(process.argv[3] ?? 500))));
