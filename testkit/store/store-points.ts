/** Points go in and come out again: values, repeats, late ones, ids. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PointMeaning } from '../../server/src/core/point-code.ts';
import { encodePointCode } from '../../server/src/core/point-code.ts';
import { always, hourMs, type Point, pointsOf, Recount } from './recount.ts';
import { StoreBench, type StoreUnderTest, seriesDefinitions, startMs } from './store-bench.ts';

const largest = 2 ** 50;

export function codeOf(meaning: Partial<PointMeaning> = {}): number {
  const pass = { outcome: 'pass', suspect: false, missed: false, attempts: 1, reason: 'expectations-met' } as const;
  return encodePointCode({ ...pass, ...meaning });
}

export function checkPoint(seriesId: number, atMs: number, totalUs = 1_000, meaning?: Partial<PointMeaning>): Point {
  return { seriesId, atMs, code: codeOf(meaning), values: [totalUs, -1, 120, -1, totalUs - 200, 70] };
}

const meanings: readonly { why: string; meaning: Partial<PointMeaning>; values?: readonly number[] }[] = [
  { why: 'a pass', meaning: {} },
  { why: 'a degraded result, whose time counts', meaning: { outcome: 'degraded', reason: 'too-slow' } },
  { why: 'a cold start, whose time does not', meaning: { reason: 'cold-start' } },
  { why: 'a failure, whose time does not', meaning: { outcome: 'fail', reason: 'timeout', attempts: 15 } },
  { why: 'an unknown result', meaning: { outcome: 'unknown', reason: 'not-configured', attempts: 0 } },
  { why: 'a suspect pass', meaning: { suspect: true, reason: 'prober-late' } },
  { why: 'a suspect failure', meaning: { outcome: 'fail', suspect: true } },
  {
    why: 'a missed slot',
    meaning: { outcome: 'unknown', missed: true, attempts: 0, reason: 'missed-overload' },
    values: [-1, -1, -1, -1, -1, -1],
  },
  { why: 'a pass without a time', meaning: {}, values: [-1, -1, -1, -1, -1, -1] },
  { why: 'zeros, which are no absence', meaning: {}, values: [0, 0, 0, 0, 0, 0] },
  { why: 'the largest and the smallest', meaning: {}, values: [largest, -largest, largest, -largest, largest, -1] },
  { why: 'the smallest and the largest', meaning: {}, values: [-largest, largest, -2, largest, largest, largest] },
  { why: 'a reason beyond all that have a name yet', meaning: {}, values: [7, 6, 5, 4, 3, 2] },
];

const refused: readonly { why: string; point: Partial<Point> }[] = [
  { why: 'a fraction', point: { values: [1.5, -1, -1, -1, -1, -1] } },
  { why: 'no number', point: { values: [Number.NaN, -1, -1, -1, -1, -1] } },
  { why: 'more than 2^50', point: { values: [largest + 1, -1, -1, -1, -1, -1] } },
  { why: 'a time before 1970', point: { atMs: -1 } },
  { why: 'a time between milliseconds', point: { atMs: startMs + 0.5 } },
  { why: 'a series nobody registered', point: { seriesId: 9_999 } },
  { why: 'a check with a metric’s columns', point: { values: [1] } },
];

export function pointTests(engine: StoreUnderTest): void {
  test('every meaning of a point comes back as it was, open, sealed and after a start', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const ids = await bench.register(meanings.length);
    const points = meanings.flatMap(({ meaning, values }, row) => {
      const point = { ...checkPoint(ids[row]!, startMs, 1_000 + row, meaning), ...(values && { values }) };
      // At both ends of the hour, which are its first and last millisecond.
      return [point, { ...point, atMs: startMs + hourMs - 1 }];
    });
    points.push({ ...checkPoint(ids[0]!, startMs + 5), code: ((2 ** 20) << 8) | 16 });
    await bench.put(recount, points);
    recount.check(bench.store.series);
    await bench.sealThrough(startMs);
    recount.check(bench.store.series);
    await bench.reopen();
    recount.check(bench.store.series);
  });

  test('a metric has one column and lives beside checks of the same name', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const [check] = await bench.register(1, 'check', 'host/disk');
    const [metric] = await bench.register(1, 'metric', 'host/disk');
    assert.notEqual(check, metric);
    await bench.put(recount, [checkPoint(check!, startMs)]);
    await bench.put(
      recount,
      [-largest, 0, largest].map((value, row) => ({
        seriesId: metric!,
        atMs: startMs + row,
        code: 0,
        values: [value],
      })),
    );
    recount.check(bench.store.series);
    await bench.crash();
    recount.check(bench.store.series);
    await bench.sealThrough(startMs);
    recount.check(bench.store.series);
  });

  for (const { why, point } of refused) {
    test(`${why} is refused, and nothing of its batch is kept`, async () => {
      await using bench = await StoreBench.open(engine);
      const [id] = await bench.register(1);
      const good = checkPoint(id!, startMs);
      const batch = { ...good, ...point };
      await assert.rejects(
        bench.store.write(async (tx) => {
          await tx.series.append({ columns: 6, seriesIds: [id!], atMs: [startMs], codes: [16], values: good.values });
          await tx.series
            .append({
              columns: batch.values.length,
              seriesIds: [batch.seriesId],
              atMs: [batch.atMs],
              codes: [16],
              values: batch.values,
            })
            // Whoever catches the refusal must not have the rest committed.
            .catch(() => {});
        }),
        { name: 'PitwallError' },
      );
      assert.equal(bench.store.series.allHours(always.fromMs, always.toMs).size, 0);
      await bench.put(new Recount(), [good]);
    });
  }

  test('a slot is stored once, whoever repeats it and whenever', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const [one, other] = await bench.register(2);
    const first = checkPoint(one!, startMs + 60_000, 500);
    const again = { ...first, values: [9, 9, 9, 9, 9, 9], code: codeOf({ outcome: 'fail' }) };
    await bench.put(recount, [first, again, checkPoint(other!, startMs + 60_000), first]);
    await bench.put(recount, [again, checkPoint(one!, startMs + 120_000), checkPoint(one!, startMs)]);
    await bench.store.write(async (tx) => {
      const fresh = { columns: 6, seriesIds: [one!], atMs: [startMs + 90_000], codes: [16], values: first.values };
      assert.equal((await tx.series.append(fresh)).accepted, 1);
      assert.deepEqual(await tx.series.append(fresh), { accepted: 0, repeated: 1, late: 0 });
    });
    recount.append([{ ...first, atMs: startMs + 90_000, code: 16 }]);
    for (const again of ['reopen', 'crash'] as const) {
      await bench[again]();
      await bench.put(recount, [first, checkPoint(other!, startMs + 60_000, 1), checkPoint(one!, startMs, 4)]);
      recount.check(bench.store.series);
    }
  });

  test('what comes out of order is read in order', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const [id] = await bench.register(1);
    for (const minute of [30, 10, 50, 20, 70, 5, 130, 65]) {
      await bench.put(recount, [checkPoint(id!, startMs + minute * 60_000, minute)]);
      recount.check(bench.store.series);
    }
    recount.check(bench.store.series, { fromMs: startMs + 10 * 60_000, toMs: startMs + 50 * 60_000 });
    recount.check(bench.store.series, { fromMs: startMs + 20 * 60_000 + 1, toMs: startMs + 20 * 60_000 + 1 });
    await bench.sealThrough(startMs + 2 * hourMs);
    recount.check(bench.store.series);
  });

  test('a series that fell silent still has its newest points, and one that never spoke has none', async () => {
    await using bench = await StoreBench.open(engine);
    const recount = new Recount();
    const [silent, busy, never] = await bench.register(3);
    await bench.put(recount, [checkPoint(silent!, startMs, 1), checkPoint(silent!, startMs + 30_000, 2)]);
    for (let hour = 0; hour < 30; hour += 1) {
      await bench.put(recount, [checkPoint(busy!, startMs + hour * hourMs, hour)]);
      await bench.sealThrough(startMs + hour * hourMs);
    }
    await bench.reopen();
    recount.check(bench.store.series);
    const tails = bench.store.series.tail([silent!, never!], 5);
    assert.equal(pointsOf(tails.get(silent!)!).length, 2);
    assert.deepEqual(pointsOf(tails.get(never!)!), []);
  });

  test('ids are the same after every start, and nobody else’s', async () => {
    await using bench = await StoreBench.open(engine);
    const first = await bench.register(5);
    assert.equal(new Set(first).size, 5);
    await bench.reopen();
    assert.deepEqual(await bench.register(7), [...first, ...(await bench.register(7)).slice(5)]);
    const seven = await bench.register(7);
    await bench.crash();
    assert.deepEqual(await bench.register(7), seven);
    const stored = await bench.store.read.selectFrom('series').select(['id', 'key']).orderBy('id').execute();
    assert.deepEqual(
      stored.map(({ id, key }) => [key, id]),
      seriesDefinitions(7, 'check', 'shop/check').map(({ key }, row) => [key, seven[row]]),
    );
  });

  test('a series cannot change what its integers mean', async () => {
    await using bench = await StoreBench.open(engine);
    await bench.register(1);
    const other = { ...seriesDefinitions(1, 'check', 'shop/check')[0]!, scale: 1_000 };
    await assert.rejects(
      bench.store.write((tx) => tx.series.register([other], startMs)),
      { code: 'conflict' },
    );
  });
}
