/** What is dropped when, and what stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { always, comparable, dayMs, hourMs, type Point, Recount } from './recount.ts';
import { StoreBench, type StoreUnderTest, startMs } from './store-bench.ts';
import { hourOfPoints } from './store-sealing.ts';

const retention = { rawMs: 2 * dayMs, hoursMs: 5 * dayMs };

async function filledDays(
  engine: StoreUnderTest,
  days: number,
): Promise<{ bench: StoreBench; recount: Recount; ids: number[] }> {
  const bench = await StoreBench.open(engine, { retention });
  const recount = new Recount();
  const ids = await bench.register(4);
  for (let hour = 0; hour < days * 24; hour += 3) {
    await bench.put(recount, hourOfPoints(ids, startMs + hour * hourMs, 3 + hour));
    await bench.sealThrough(startMs + hour * hourMs);
  }
  return { bench, recount, ids };
}

export function retentionTests(engine: StoreUnderTest): void {
  test('raw points go first, their hours and days stay as they were', async () => {
    const { bench, recount, ids } = await filledDays(engine, 4);
    await using _ = bench;
    bench.clock.set(startMs + 4 * dayMs + hourMs);
    await bench.maintain();
    const oldestRawMs = bench.clock.nowMs() - retention.rawMs;
    for (const seriesId of ids) {
      assert.deepEqual(bench.store.series.scan({ seriesId, fromMs: 0, toMs: oldestRawMs - hourMs }).atMs, []);
      const kept = bench.store.series.scan({ seriesId, fromMs: oldestRawMs, toMs: always.toMs }).atMs;
      assert.deepEqual(
        kept,
        recount.points(seriesId, oldestRawMs).map((point) => point.atMs),
      );
      recount.checkSummaries(bench.store.series, seriesId);
    }
    await bench.crash();
    for (const seriesId of ids) recount.checkSummaries(bench.store.series, seriesId);
  });

  test('then the hours go, the days stay for ever', async () => {
    const { bench, recount, ids } = await filledDays(engine, 9);
    await using _ = bench;
    const { pruned } = await bench.maintain();
    assert.equal(pruned, 0, 'it was pruned as it went');
    const oldestHourMs = Math.floor((bench.clock.nowMs() - retention.hoursMs) / hourMs) * hourMs;
    for (const again of [async () => {}, () => bench.reopen(), () => bench.crash()]) {
      await again();
      for (const seriesId of ids) {
        const range = { seriesId, ...always };
        const hours = recount.summaries(seriesId, hourMs, { fromMs: oldestHourMs, toMs: always.toMs }, true);
        assert.deepEqual(comparable(bench.store.series.hours(range, { sketches: true })), comparable(hours));
        const days = recount.summaries(seriesId, dayMs, always, true);
        assert.deepEqual(comparable(bench.store.series.days(range, { sketches: true })), comparable(days));
      }
      assert.deepEqual(bench.store.series.allDays(0, always.toMs), recount.allSummaries(dayMs));
    }
  });

  test('what is older than raw points are kept is refused as late, what is younger taken', async () => {
    await using bench = await StoreBench.open(engine, { retention });
    const recount = new Recount();
    const [id] = await bench.register(1);
    bench.clock.set(startMs + 10 * dayMs);
    const oldestMs = startMs + 10 * dayMs - retention.rawMs;
    const at = (atMs: number): Point => ({ ...hourOfPoints([id!], 0)[0]!, atMs });
    await bench.put(recount, [at(oldestMs - 1), at(oldestMs), at(startMs)], (point) => point.atMs < oldestMs);
    recount.check(bench.store.series);
    await bench.maintain();
    recount.check(bench.store.series);
  });

  test('a day that history is still filled into keeps the hours it is merged from', async () => {
    await using bench = await StoreBench.open(engine, { retention: { rawMs: 10 * dayMs, hoursMs: 2 * dayMs } });
    const recount = new Recount();
    const ids = await bench.register(3);
    await bench.put(recount, hourOfPoints(ids, startMs + 5 * hourMs));
    bench.clock.set(startMs + 6 * dayMs);
    await bench.maintain();
    await bench.put(recount, hourOfPoints(ids, startMs + 9 * hourMs));
    for (const upkeep of [async () => {}, () => bench.maintain(), () => bench.crash()]) {
      await upkeep();
      assert.deepEqual(bench.store.series.allDays(0, always.toMs), recount.allSummaries(dayMs));
    }
  });

  test('pruning goes in slices, each of which leaves every answer right', async () => {
    await using bench = await StoreBench.open(engine, { retention });
    const recount = new Recount();
    const ids = await bench.register(engine.abilities.rowsPerSlice);
    for (const hour of [0, 1, 2]) await bench.put(recount, hourOfPoints(ids, startMs + hour * hourMs));
    await bench.sealThrough(startMs + 2 * hourMs);
    bench.clock.set(startMs + 30 * dayMs);
    let pruned = 0;
    for (let more = true; more; ) {
      const report = await bench.store.maintain(bench.clock.nowMs());
      more = report.more;
      pruned += report.pruned;
      assert.ok(report.pruned <= engine.abilities.rowsPerSlice, `a slice dropped ${report.pruned} rows`);
      assert.deepEqual(bench.store.series.allDays(0, always.toMs), recount.allSummaries(dayMs));
    }
    assert.ok(pruned >= 6 * ids.length, `${pruned} rows of points, hours and sketches dropped`);
    assert.equal(bench.store.series.allHours(0, always.toMs).size, 0);
    assert.deepEqual(bench.store.series.scan({ seriesId: ids[0]!, ...always }).atMs, []);
  });

  test('evidence goes with the raw points, in slices; a body stays while one result refers to it', async () => {
    await using bench = await StoreBench.open(engine, { retention });
    const many = engine.abilities.rowsPerSlice;
    const body = (digest: string) => ({ digest, body: '{}', created_at_ms: startMs });
    const result = (slotMs: number, digest: string) => ({ subject: 'shop/page', slot_ms: slotMs, digest });
    const lateMs = startMs + 9 * dayMs;
    await bench.store.write(async ({ db }) => {
      for (let n = 0; n < many; n += 1) {
        await db
          .insertInto('evidence')
          .values(body(`own-${n}`))
          .execute();
        await db
          .insertInto('result_evidence')
          .values(result(startMs + n, `own-${n}`))
          .execute();
      }
      await db
        .insertInto('evidence')
        .values([body('shared'), body('never referred to')])
        .execute();
      const shared = [result(startMs + hourMs, 'shared'), result(lateMs, 'shared')];
      await db.insertInto('result_evidence').values(shared).execute();
    });
    assert.equal((await bench.maintain()).pruned, 0, 'all of it is young');
    bench.clock.set(startMs + 10 * dayMs);
    const left = async () => ({
      results: await bench.store.read.selectFrom('result_evidence').select(['subject', 'slot_ms']).execute(),
      bodies: (await bench.store.read.selectFrom('evidence').select('digest').execute()).map(({ digest }) => digest),
    });
    let pruned = 0;
    for (let more = true; more; ) {
      const report = await bench.store.maintain(bench.clock.nowMs());
      assert.ok(report.pruned <= many, `a slice dropped ${report.pruned} rows`);
      more = report.more;
      pruned += report.pruned;
    }
    assert.equal(pruned, 2 * many + 2);
    const newest = { results: [{ subject: 'shop/page', slot_ms: lateMs }], bodies: ['shared'] };
    assert.deepEqual(await left(), newest);
    bench.clock.set(lateMs + retention.rawMs + 2 * hourMs);
    await bench.maintain();
    assert.deepEqual(await left(), newest, 'what a check failed with last is what it may fail with still');
  });
}
