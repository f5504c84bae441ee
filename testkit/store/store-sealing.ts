/** Hours are sealed in slices while points go on coming; days are merged from hours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparable, dayMs, hourMs, type Point, Recount } from './recount.ts';
import { graceMs, StoreBench, type StoreUnderTest, startMs } from './store-bench.ts';
import { checkPoint } from './store-points.ts';

/** Some points of each series in an hour, more of some than of others; every seventh fails, every ninth is missing. */
export function hourOfPoints(ids: readonly number[], fromMs: number, step = 7): Point[] {
  return ids.flatMap((id, index) =>
    Array.from({ length: 1 + ((index * step) % 11) }, (_, row) => ({ id, row }))
      .filter(({ row }) => (index + row) % 9 !== 8)
      .map(({ row }) => {
        const meaning = (index + row) % 7 === 6 ? ({ outcome: 'fail', reason: 'timeout' } as const) : {};
        return checkPoint(id, fromMs + row * 60_000 + index, 1_000 + ((index * 37 + row * 101) % 5_000), meaning);
      }),
  );
}

export function sealingTests(engine: StoreUnderTest): void {
  const { rowsPerSlice } = engine.abilities;

  test('an hour is left open until its last results can have come', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const ids = await bench.register(3);
    await bench.put(recount, hourOfPoints(ids, startMs));
    bench.clock.set(startMs + hourMs + graceMs - 1);
    assert.equal((await bench.maintain()).sealed, 0);
    await bench.put(recount, [checkPoint(ids[0]!, startMs + hourMs - 1)]);
    bench.clock.set(startMs + hourMs + graceMs);
    assert.equal((await bench.maintain()).sealed, 3);
    assert.deepEqual(await bench.store.maintain(bench.clock.nowMs()), { sealed: 0, pruned: 0, more: false });
    recount.check(bench.store.series);
  });

  for (const again of ['none', 'reopen', 'crash'] as const) {
    const why = { none: 'nothing else happens', reopen: 'it is closed and opened', crash: 'it is killed' }[again];
    test(`between any two slices every answer is right, while points come and ${why}`, async () => {
      await using bench = await StoreBench.open(engine);
      const recount = new Recount();
      const ids = await bench.register(Math.ceil(rowsPerSlice * 2.5));
      await bench.put(recount, hourOfPoints(ids, startMs));
      bench.clock.set(startMs + hourMs + graceMs);
      const waiting = recount.seriesIds.length;
      const late = { ...checkPoint(ids[0]!, startMs + 59 * 60_000), code: 18 };
      let sealed = 0;
      for (let slice = 0, more = true; more; slice += 1) {
        const report = await bench.store.maintain(bench.clock.nowMs());
        more = report.more;
        sealed += report.sealed;
        assert.ok(report.sealed <= rowsPerSlice, `a slice sealed ${report.sealed} rows`);
        await bench.put(recount, [checkPoint(ids[slice % ids.length]!, startMs + hourMs + slice * 1_000)]);
        const lateId = ids[(slice * 7) % ids.length]!;
        await bench.put(recount, [{ ...late, seriesId: lateId, atMs: late.atMs + slice }]);
        if (again !== 'none') await bench[again]();
        // Each series for itself is what costs; the whole is compared at the ends.
        assert.deepEqual(bench.store.series.allHours(startMs, startMs + 2 * hourMs), recount.allSummaries(hourMs));
        if (slice % 4 === 0) recount.check(bench.store.series);
      }
      assert.equal(sealed, waiting);
      recount.check(bench.store.series);
    });
  }

  test('a slice ends by the clock, so that a transition never waits for an hour of work', async () => {
    // Each look at the clock costs a millisecond: a slice may take a handful of rows only.
    await using bench = await StoreBench.open(engine, { stepUs: 1_000 });
    const recount = new Recount();
    const ids = await bench.register(40);
    await bench.put(recount, hourOfPoints(ids, startMs));
    bench.clock.set(startMs + hourMs + graceMs);
    const { sealed } = await bench.store.maintain(bench.clock.nowMs());
    assert.ok(sealed >= 1 && sealed <= 5, `${sealed} rows in a slice of 5 ms`);
    recount.check(bench.store.series);
    await bench.maintain();
    recount.check(bench.store.series);
  });

  test('points of a sealed hour are taken in as if they had come in time, each once', async () => {
    await using bench = await StoreBench.open(engine);
    await using inTime = await StoreBench.open(engine);
    const recount = new Recount();
    const [one, other] = await bench.register(2);
    await inTime.register(2);
    const late = [
      checkPoint(one!, startMs + 60_000),
      { ...checkPoint(one!, startMs + 20_000), code: 18 },
      checkPoint(other!, startMs),
    ];
    await bench.put(recount, [checkPoint(one!, startMs), checkPoint(one!, startMs + 90_000)]);
    await inTime.put(new Recount(), [...late, checkPoint(one!, startMs), checkPoint(one!, startMs + 90_000)]);
    await bench.sealThrough(startMs + 2 * dayMs);
    for (const again of [async () => {}, () => bench.reopen(), () => bench.crash()]) {
      await bench.put(recount, [checkPoint(one!, startMs + 3 * dayMs), ...late]);
      recount.check(bench.store.series);
      await again();
      recount.check(bench.store.series);
    }
    await bench.sealThrough(startMs + 2 * dayMs);
    await inTime.sealThrough(startMs + 2 * dayMs);
    recount.check(bench.store.series);
    const day = { seriesId: one!, fromMs: startMs, toMs: startMs + dayMs };
    const of = ({ store }: StoreBench) => comparable(store.series.days(day, { sketches: true }));
    assert.deepEqual(of(bench), of(inTime));
  });

  test('a late point of a transaction that is undone leaves the hour as it was', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const [one] = await bench.register(1);
    await bench.put(recount, [checkPoint(one!, startMs)]);
    await bench.sealThrough(startMs + 2 * dayMs);
    const undone = bench.store.write(async (tx) => {
      const { seriesId, atMs, code, values } = checkPoint(one!, startMs + 60_000);
      const columns = { seriesIds: [seriesId], atMs: [atMs], codes: [code], values };
      await tx.series.append({ columns: values.length, ...columns });
      throw new RangeError('undone');
    });
    await assert.rejects(undone, RangeError);
    recount.check(bench.store.series);
    await bench.crash();
    recount.check(bench.store.series);
  });

  test('history may be filled in later where nothing was sealed', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const ids = await bench.register(3);
    await bench.put(recount, hourOfPoints(ids, startMs + 30 * hourMs));
    await bench.sealThrough(startMs + 30 * hourMs);
    for (const hour of [3, 29, 31, 2]) {
      await bench.put(recount, hourOfPoints(ids, startMs + hour * hourMs));
      recount.check(bench.store.series);
    }
    await bench.crash();
    recount.check(bench.store.series);
    await bench.sealThrough(startMs + 31 * hourMs);
    recount.check(bench.store.series);
  });

  test('a day says the same growing, over, rolled up and after a start', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const ids = await bench.register(4);
    for (let hour = 0; hour < 50; hour += 1) {
      await bench.put(recount, hourOfPoints(ids, startMs + hour * hourMs, 5 + hour));
      if (hour % 6 === 0) recount.check(bench.store.series);
      await bench.sealThrough(startMs + hour * hourMs);
      if (hour % 10 === 4) await bench.crash();
    }
    recount.check(bench.store.series);
    recount.check(bench.store.series, { fromMs: startMs + dayMs, toMs: startMs + 2 * dayMs });
    // A range that begins and ends within units is answered with the whole of them.
    recount.check(bench.store.series, { fromMs: startMs + 5 * hourMs + 1, toMs: startMs + 27 * hourMs - 1 });
  });

  test('the same results give the same bytes, however they came', async () => {
    await using once = await StoreBench.open(engine);
    await using shuffled = await StoreBench.open(engine);
    const ids = await once.register(5);
    assert.deepEqual(await shuffled.register(5), ids);
    const points = Array.from({ length: 26 }, (_, hour) => hourOfPoints(ids, startMs + hour * hourMs, 3 + hour)).flat();
    await once.append(points);
    for (let part = 0; part < 13; part += 1) {
      await shuffled.append(points.filter((_, row) => (row * 7) % 13 === part).reverse());
    }
    await once.sealThrough(startMs + 26 * hourMs);
    await shuffled.sealThrough(startMs + 26 * hourMs);
    for (const seriesId of ids) {
      const range = { seriesId, fromMs: startMs, toMs: startMs + 2 * dayMs };
      for (const unit of ['hours', 'days'] as const) {
        const [a, b] = [once, shuffled].map(({ store }) => comparable(store.series[unit](range, { sketches: true })));
        assert.deepEqual(a, b);
      }
    }
  });
}
