/** A disk that is full to the brim: what must be told is still written, the rest is refused whole, and nothing is lost. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ManualClock } from '../../../../testkit/manual-clock.ts';
import { always, pointsOf, Recount } from '../../../../testkit/store/recount.ts';
import { SmallDisk } from '../../../../testkit/store/small-disk.ts';
import { seriesDefinitions, startMs } from '../../../../testkit/store/store-bench.ts';
import { childSeries, instantOf, pointsOfWrite, writeNth, writesIn } from '../../../../testkit/store/store-child.ts';
import type { PitwallError } from '../../core/errors.ts';
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts';

const diskBytes = 24 << 20;
const ballastBytes = 2 << 20;
const childFile = new URL('../../../../testkit/store/store-child.ts', import.meta.url).pathname;

function idsIn(store: SqliteStore): Promise<number[]> {
  const definitions = seriesDefinitions(childSeries, 'check', 'child');
  return store.write(async (tx) => [...(await tx.series.register(definitions, startMs)).values()]);
}

/** Everything that write 0 to write `count − 1` stored is there, and nothing else. */
async function assertHolds(store: SqliteStore, ids: readonly number[], count: number): Promise<void> {
  assert.equal(await writesIn(store), count);
  const recount = new Recount();
  for (let n = 0; n < count; n += 1) recount.append(pointsOfWrite(ids, n));
  for (const seriesId of ids) {
    assert.deepEqual(pointsOf(store.series.scan({ seriesId, ...always })), recount.points(seriesId));
  }
}

function assertSaysFull(error: PitwallError, folder: string): true {
  assert.equal(error.code, 'store-full', `${error.stack}`);
  assert.match(error.message, /There is no room left/);
  assert.ok(error.hint?.includes(folder), `${error.hint}`);
  assert.equal(error.retryable, true);
  return true;
}

/** From an empty disk to a full one and back. */
async function liveOnFullDisk(disk: SmallDisk): Promise<void> {
  const dataDir = join(disk.folder, 'data');
  const clock = new ManualClock(startMs);
  const open = () => openSqliteStore({ dataDir, clock, ballastBytes, checkpointPages: 50 });
  let store = await open();
  try {
    const ids = await idsIn(store);
    let stored = 0;
    const write = async (): Promise<void> => {
      clock.set(instantOf(stored));
      await store.write((tx) => writeNth(tx, ids, stored));
      stored += 1;
    };
    await write();
    assert.ok(store.holdsBallast);

    disk.fill();
    // What room there is inside the files is used up first, then the ballast goes, and the write with it goes through.
    while (store.holdsBallast) await write();
    await assertHolds(store, ids, stored);

    disk.fill();
    let refusals = 0;
    while (refusals < 3) {
      await write().catch((error: PitwallError) => {
        assertSaysFull(error, dataDir);
        refusals += 1;
      });
    }
    await assertHolds(store, ids, stored);
    await assert.rejects(
      async () => {
        clock.set(instantOf(stored + 12));
        // Upkeep needs room too; it must not harm what it cannot do.
        for (let slice = 0; slice < 50; slice += 1) await store.maintain(clock.nowMs());
      },
      (error: PitwallError) => assertSaysFull(error, dataDir),
    );
    await assertHolds(store, ids, stored);

    // Killed now, or stopped: the next start on the full disk finds everything, or says what is wrong.
    await store.close();
    const reopened = await open().catch((error: PitwallError) => {
      assertSaysFull(error, dataDir);
      return undefined;
    });
    await reopened?.close();
    disk.empty();
    store = await open();
    await assertHolds(store, ids, stored);
    await write();
    clock.set(clock.nowMs() + 60_000);
    await store.maintain(clock.nowMs());
    assert.ok(store.holdsBallast, 'it is held again once there is room');
    await assertHolds(store, ids, stored);
    assert.deepEqual(await store.checkIntegrity(), []);
  } finally {
    await store.close();
  }
}

/** Where nobody may mount: the kernel lets no file of this process grow beyond a size. */
async function liveUnderFileLimit(): Promise<void> {
  await using folder = {
    name: await mkdtemp(join(tmpdir(), 'pitwall-store-')),
    [Symbol.asyncDispose]: () => rm(folder.name, { recursive: true }),
  };
  const script = 'ulimit -f 2048; exec "$0" --disable-warning=ExperimentalWarning "$1" "$2"';
  const child = spawn('sh', ['-c', script, process.execPath, childFile, folder.name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(Buffer.alloc(20_000));
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const lines = said.trim().split('\n');
  const problem = JSON.parse(lines.at(-1)!) as { code: string; message: string };
  assert.match(problem.code, /^store-(full|failed)$/);
  assert.ok(problem.message.includes(join(folder.name, 'pitwall.db')), problem.message);
  const told = Number(lines.at(-2)) + 1;
  assert.ok(told > 10, `${told} writes before the end`);
  const store = await openSqliteStore({ dataDir: folder.name, clock: new ManualClock(startMs), ballastBytes: 0 });
  try {
    await assertHolds(store, await idsIn(store), told);
    assert.deepEqual(await store.checkIntegrity(), []);
  } finally {
    await store.close();
  }
  assert.ok(existsSync(join(folder.name, 'pitwall.db')));
}

test('a full disk costs nothing that was stored, and all is well once there is room', async () => {
  const disk = await SmallDisk.mount(diskBytes);
  if (disk === undefined) return liveUnderFileLimit();
  await using _ = disk;
  await liveOnFullDisk(disk);
});

test('a writer whose file may not grow says so, and what it stored stays', liveUnderFileLimit);

test('without room for its ballast a store opens and works', async () => {
  const disk = await SmallDisk.mount(diskBytes);
  if (disk === undefined) return liveUnderFileLimit();
  await using _ = disk;
  const dataDir = join(disk.folder, 'data');
  const store = await openSqliteStore({ dataDir, clock: new ManualClock(startMs), ballastBytes: diskBytes });
  try {
    assert.equal(store.holdsBallast, false);
    const ids = await idsIn(store);
    await store.write((tx) => writeNth(tx, ids, 0));
    await assertHolds(store, ids, 1);
  } finally {
    await store.close();
  }
});
