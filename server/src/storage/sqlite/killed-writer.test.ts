/** A process that writes is killed, again and again: what it was told is stored is stored. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { ManualClock } from '../../../../testkit/manual-clock.ts';
import { always, dayMs, hourMs, pointsOf, Recount } from '../../../../testkit/store/recount.ts';
import { seriesDefinitions, startMs } from '../../../../testkit/store/store-bench.ts';
import { childSeries, pointsOfWrite, writesIn } from '../../../../testkit/store/store-child.ts';
import { openSqliteStore } from './sqlite-store.ts';

const rounds = 12;
const seed = 41;
const childFile = new URL('../../../../testkit/store/store-child.ts', import.meta.url).pathname;

/** Park and Miller's generator: small, and the same everywhere. */
function* instants(from: number): Generator<number, never> {
  for (let state = from; ; ) {
    state = (state * 48_271) % 0x7fffffff;
    yield state / 0x7fffffff;
  }
}

/** Lets it write so many times, kills it in the next; returns how many it had told of. */
async function killAfter(child: ChildProcess, writes: number, partOfWrite: number): Promise<number> {
  let told = 0;
  let left = writes;
  let askedAt = performance.now();
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!line.startsWith('ready')) told = Number(line) + 1;
    const writeMs = performance.now() - askedAt;
    askedAt = performance.now();
    child.stdin!.write('.');
    left -= 1;
    if (left > 0) continue;
    while (performance.now() - askedAt < partOfWrite * writeMs);
    child.kill('SIGKILL');
  }
  return told;
}

test(`a writer killed ${rounds} times (seed ${seed}) has lost nothing it acknowledged, and doubled nothing`, async () => {
  await using folder = {
    name: await mkdtemp(join(tmpdir(), 'pitwall-store-')),
    [Symbol.asyncDispose]: () => rm(folder.name, { recursive: true }),
  };
  const random = instants(seed);
  let unclean = 0;
  for (let round = 0; round < rounds; round += 1) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childFile, folder.name], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // What it is sent after its end goes nowhere.
    child.stdin.on('error', () => {});
    const ended = once(child, 'exit');
    const told = await killAfter(child, 2 + Math.floor(random.next().value * 16), random.next().value * 2);
    assert.deepEqual((await ended)[1], 'SIGKILL');
    const store = await openSqliteStore({ dataDir: folder.name, clock: new ManualClock(startMs), ballastBytes: 0 });
    try {
      const stored = await writesIn(store);
      assert.ok(stored === told || stored === told + 1, `${told} told, ${stored} stored`);
      const ids = await store.write((tx) =>
        tx.series.register(seriesDefinitions(childSeries, 'check', 'child'), startMs),
      );
      const recount = new Recount();
      for (let n = 0; n < stored; n += 1) recount.append(pointsOfWrite([...ids.values()], n));
      assert.deepEqual(store.series.allHours(always.fromMs, always.toMs), recount.allSummaries(hourMs));
      assert.deepEqual(store.series.allDays(always.fromMs, always.toMs), recount.allSummaries(dayMs));
      for (const seriesId of ids.values()) {
        assert.deepEqual(pointsOf(store.series.scan({ seriesId, ...always })), recount.points(seriesId));
      }
      if (store.uncleanExit) unclean += 1;
      assert.deepEqual(await store.checkIntegrity(), []);
    } finally {
      await store.close();
    }
  }
  assert.equal(unclean, rounds, 'every start knows that the one before did not end well');
});
