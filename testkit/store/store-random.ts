/** Random lives of a store, by seed: whatever is done to it in whatever order, its answers are the recount's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodePointCode } from '../../server/src/core/point-code.ts';
import { always, dayMs, type Point, Recount } from './recount.ts';
import { StoreBench, type StoreUnderTest, startMs } from './store-bench.ts';

const seed = 20_260_105;
const lives = 60;
const seriesOfAKind = 4;

interface Row {
  readonly series: number;
  /** Minutes before the clock's now, beyond it where negative: out of order, late, or early. */
  readonly agoMinutes: number;
  readonly offsetMs: number;
  readonly code: number;
  readonly values: readonly number[];
}

type Step =
  | { readonly do: 'append' | 'roll back'; readonly kind: 'check' | 'metric'; readonly rows: readonly Row[] }
  | { readonly do: 'repeat'; readonly nth: number }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'slice' | 'maintain' | 'reopen' | 'crash' }
  | { readonly do: 'look'; readonly fromMinutes: number; readonly forMinutes: number };

const code = fc
  .record({
    outcome: fc.constantFrom('pass', 'pass', 'pass', 'degraded', 'fail', 'unknown'),
    suspect: fc.boolean(),
    missed: fc.boolean(),
    attempts: fc.nat(15),
    reason: fc.constantFrom('expectations-met', 'timeout', 'too-slow', 'missed-overload', 'out-of-resources'),
  } as const)
  .map((meaning) => encodePointCode(meaning));

const value = fc.oneof(
  { weight: 6, arbitrary: fc.nat(60_000_000) },
  { weight: 2, arbitrary: fc.constant(-1) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -2, 2 ** 50, -(2 ** 50), 2 ** 31, 2 ** 32, -(2 ** 31) - 1) },
);

const rowsOf = (columns: number) =>
  fc.array(
    fc.record({
      series: fc.nat(seriesOfAKind - 1),
      agoMinutes: fc.oneof(
        { weight: 5, arbitrary: fc.nat(50) },
        { weight: 1, arbitrary: fc.integer({ min: -90, max: 3_000 }) },
      ),
      offsetMs: fc.constantFrom(0, 0, 0, 1, 59_999),
      code,
      values: fc.array(value, { minLength: columns, maxLength: columns }),
    }),
    { minLength: 1, maxLength: 40 },
  );

const appending = (name: 'append' | 'roll back') =>
  fc.oneof(
    rowsOf(6).map((rows): Step => ({ do: name, kind: 'check', rows })),
    rowsOf(1).map((rows): Step => ({ do: name, kind: 'metric', rows })),
  );

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: appending('append') },
  { weight: 2, arbitrary: appending('roll back') },
  { weight: 2, arbitrary: fc.nat(50).map((nth): Step => ({ do: 'repeat', nth })) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(1, 20, 61, 200, 1_500, 3_100).map((minutes): Step => ({ do: 'wait', minutes })),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'slice' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'maintain' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'reopen' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'crash' }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ fromMinutes: fc.nat(6_000), forMinutes: fc.nat(3_000) })
      .map((r): Step => ({ do: 'look', ...r })),
  },
);

class Rollback extends Error {}

/** A store that lives through steps, and what it must answer. */
class Life {
  readonly #bench: StoreBench;
  readonly #ids: Readonly<Record<'check' | 'metric', readonly number[]>>;
  readonly #recount = new Recount();
  readonly #batches: Point[][] = [];

  constructor(bench: StoreBench, ids: Readonly<Record<'check' | 'metric', readonly number[]>>) {
    this.#bench = bench;
    this.#ids = ids;
  }

  check(range = always): void {
    this.#recount.check(this.#bench.store.series, range);
  }

  async take(step: Step): Promise<void> {
    const { clock, store } = this.#bench;
    switch (step.do) {
      case 'append':
      case 'roll back':
        return this.#append(step);
      case 'repeat': {
        const again = this.#batches.at(step.nth % Math.max(1, this.#batches.length));
        return again === undefined ? undefined : this.#put(again);
      }
      case 'wait':
        return clock.set(clock.nowMs() + step.minutes * 60_000);
      case 'slice':
        await store.maintain(clock.nowMs());
        return;
      case 'maintain':
        await this.#bench.maintain();
        return;
      case 'reopen':
      case 'crash':
        await this.#bench[step.do]();
        return this.check();
      case 'look': {
        const fromMs = startMs + step.fromMinutes * 60_000 + 1;
        return this.check({ fromMs, toMs: fromMs + step.forMinutes * 60_000 });
      }
    }
  }

  async #append({ do: how, kind, rows }: Extract<Step, { do: 'append' | 'roll back' }>): Promise<void> {
    const nowMs = Math.floor(this.#bench.clock.nowMs() / 60_000) * 60_000;
    const points = rows.map(({ series, agoMinutes, offsetMs, code, values }) => {
      const atMs = nowMs - agoMinutes * 60_000 + offsetMs;
      return { seriesId: this.#ids[kind][series]!, atMs, code, values };
    });
    if (how === 'append') {
      this.#batches.push(points);
      return this.#put(points);
    }
    const undone = this.#bench.store.write(async (tx) => {
      await tx.series.append({
        columns: points[0]!.values.length,
        seriesIds: points.map((point) => point.seriesId),
        atMs: points.map((point) => point.atMs),
        codes: points.map((point) => point.code),
        values: points.flatMap((point) => point.values),
      });
      throw new Rollback();
    });
    await assert.rejects(undone, Rollback);
  }

  async #put(points: readonly Point[]): Promise<void> {
    if (points.length > 0) await this.#bench.put(this.#recount, points);
  }
}

export function randomTests(engine: StoreUnderTest): void {
  test(`${lives} random lives agree with a recount at every look (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        await using bench = await StoreBench.open(engine, { retention: { rawMs: 400 * dayMs, hoursMs: 400 * dayMs } });
        bench.clock.set(startMs + 3 * dayMs);
        const ids = {
          check: await bench.register(seriesOfAKind, 'check'),
          metric: await bench.register(seriesOfAKind, 'metric'),
        };
        const life = new Life(bench, ids);
        for (const one of steps) await life.take(one);
        life.check();
        await bench.crash();
        life.check();
      }),
      { seed, numRuns: lives },
    );
  });
}
