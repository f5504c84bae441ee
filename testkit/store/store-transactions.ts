/** One writer, whole transactions, readers that see committed rows only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { always, batchOf, hourMs, type Point, Recount } from './recount.ts';
import { StoreBench, type StoreUnderTest, seriesDefinitions, startMs } from './store-bench.ts';
import { checkPoint } from './store-points.ts';

class Refusal extends Error {}

const fact = { name: 'test:counter', value: '0' };

async function factValue({ store }: StoreBench): Promise<string | undefined> {
  const row = await store.read.selectFrom('fact').select('value').where('name', '=', fact.name).executeTakeFirst();
  return row?.value;
}

/** Does everything a transaction can do, then fails. */
function writeAndRefuse({ store }: StoreBench, points: readonly Point[]): Promise<void> {
  return store.write(async (tx) => {
    await tx.db.insertInto('fact').values(fact).execute();
    const ids = await tx.series.register(seriesDefinitions(1, 'metric', 'new'), startMs);
    await tx.series.append(batchOf(points, 6));
    const metric = { columns: 1, seriesIds: [...ids.values()], codes: [0], values: [1] };
    await tx.series.append({ ...metric, atMs: [startMs + 2 * hourMs] });
    throw new Refusal();
  });
}

export function transactionTests(engine: StoreUnderTest): void {
  for (const then of ['go on', 'crash', 'reopen'] as const) {
    test(`a transaction that fails leaves no trace: ${then}`, async () => {
      await using bench = await StoreBench.open(engine);
      const recount = new Recount();
      const [id] = await bench.register(1);
      await bench.put(recount, [checkPoint(id!, startMs)]);
      const lost = [checkPoint(id!, startMs + 30_000), checkPoint(id!, startMs + hourMs)];
      await assert.rejects(writeAndRefuse(bench, lost), Refusal);
      if (then !== 'go on') await bench[then]();
      recount.check(bench.store.series);
      assert.equal(await factValue(bench), undefined);
      assert.equal((await bench.store.read.selectFrom('series').select('id').execute()).length, 1);
      // Had they left a trace, they would be repeats now, and the series would have an id that is not stored.
      await bench.put(recount, lost);
      const [fresh] = await bench.register(1, 'metric', 'new');
      await bench.put(recount, [{ seriesId: fresh!, atMs: startMs, code: 0, values: [3] }]);
      await bench.crash();
      assert.deepEqual(await bench.register(1, 'metric', 'new'), [fresh]);
      assert.equal((await bench.store.read.selectFrom('series').select('id').execute()).length, 2);
      recount.check(bench.store.series);
    });
  }

  test('a failed write does not hold up the next, and tells its own caller only', async () => {
    await using bench = await StoreBench.open(engine);
    const [id] = await bench.register(1);
    const outcomes = await Promise.allSettled([
      bench.store.write(async () => 1),
      bench.store.write(async () => {
        throw new Refusal();
      }),
      bench.append([checkPoint(id!, startMs)]),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  test('a conditional update says whether it found its row, so that two claims cannot both win', async () => {
    await using bench = await StoreBench.open(engine);
    await bench.store.write((tx) => tx.db.insertInto('fact').values(fact).execute());
    const claims = ['first', 'second'].map((value) =>
      bench.store.write(async (tx) => {
        const { numUpdatedRows } = await tx.db
          .updateTable('fact')
          .set({ value })
          .where('name', '=', fact.name)
          .where('value', '=', '0')
          .executeTakeFirst();
        return numUpdatedRows;
      }),
    );
    assert.deepEqual(await Promise.all(claims), [1n, 0n]);
    assert.equal(await factValue(bench), 'first');
  });

  test('writes run one at a time, in the order of asking', async () => {
    await using bench = await StoreBench.open(engine);
    await bench.store.write((tx) => tx.db.insertInto('fact').values(fact).execute());
    let inside = 0;
    const seen = await Promise.all(
      Array.from({ length: 30 }, () =>
        bench.store.write(async ({ db }) => {
          inside += 1;
          assert.equal(inside, 1, 'nobody else is inside a transaction');
          const row = await db.selectFrom('fact').select('value').where('name', '=', fact.name).executeTakeFirst();
          const value = Number(row!.value) + 1;
          await db
            .updateTable('fact')
            .set({ value: `${value}` })
            .where('name', '=', fact.name)
            .execute();
          inside -= 1;
          return value;
        }),
      ),
    );
    assert.deepEqual(
      seen,
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });

  test('nothing is seen before it is committed, and all of it after', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const before = new Recount();
    const [id] = await bench.register(1);
    await bench.put(recount, [checkPoint(id!, startMs)]);
    before.append([checkPoint(id!, startMs)]);
    const points = [checkPoint(id!, startMs + 30_000), checkPoint(id!, startMs + hourMs)];
    await bench.store.write(async (tx) => {
      await tx.db.insertInto('fact').values(fact).execute();
      await tx.series.append(batchOf(points, 6));
      before.check(bench.store.series);
      assert.equal(await factValue(bench), undefined, 'a reader beside it sees nothing');
      const own = await tx.db.selectFrom('fact').select('value').executeTakeFirst();
      assert.equal(own?.value, '0', 'the transaction sees its own rows');
    });
    recount.append(points);
    recount.check(bench.store.series);
    assert.equal(await factValue(bench), '0');
  });

  test('upkeep waits for the transaction before it, and that one is kept', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const [id] = await bench.register(1);
    await bench.put(recount, [checkPoint(id!, startMs)]);
    bench.clock.set(startMs + 2 * hourMs);
    const release = Promise.withResolvers<void>();
    const point = checkPoint(id!, startMs + 30_000);
    const written = bench.store.write(async (tx) => {
      await release.promise;
      return tx.series.append(batchOf([point], 6));
    });
    const maintained = bench.maintain();
    release.resolve();
    assert.deepEqual(await written, recount.append([point]));
    assert.equal((await maintained).sealed, 1);
    recount.check(bench.store.series);
  });

  test('closing waits for what was asked for before, and refuses what comes after', async () => {
    await using bench = await StoreBench.open(engine);
    const [id] = await bench.register(1);
    const written = bench.append([checkPoint(id!, startMs)]);
    const closed = bench.store.close();
    await assert.rejects(bench.append([checkPoint(id!, startMs + 1)]), { code: 'unavailable' });
    assert.equal((await written).accepted, 1);
    await closed;
    await bench.store.close();
    await bench.reopen();
    assert.equal(bench.store.series.scan({ seriesId: id!, ...always }).atMs.length, 1);
  });

  test('it knows how much it holds', async () => {
    await using bench = await StoreBench.open(engine);
    const { liveBytes } = bench.store.sizes();
    const rows = Array.from({ length: 2_000 }, (_, row) => ({ name: `filler:${row}`, value: 'x'.repeat(500) }));
    await bench.store.write(async ({ db }) => {
      for (const row of rows) await db.insertInto('fact').values(row).execute();
    });
    const grown = bench.store.sizes();
    assert.ok(grown.liveBytes - liveBytes > 1_000_000, `${grown.liveBytes} after ${liveBytes}`);
    await bench.store.write(({ db }) => db.deleteFrom('fact').where('name', 'like', 'filler:%').execute());
    assert.ok(bench.store.sizes().liveBytes < liveBytes + 200_000);
  });
}
