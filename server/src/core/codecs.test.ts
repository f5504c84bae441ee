import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { absent, decodePointBlock, encodePointBlock } from './point-block.ts';
import { largestValue, planColumn, readColumn, writeColumn } from './rice.ts';
import { exactLimit, mergeSketches, QuantileSketch, quantilesOf, sketchAlpha } from './sketch.ts';
import { ByteReader, ByteWriter } from './varint.ts';

const safeInteger = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }));
const storable = fc.oneof(
  fc.integer({ min: -5, max: 100_000 }),
  fc.maxSafeInteger().map((value) => value % largestValue),
);

test('any safe integers survive as varints, signed and unsigned, and can be skipped', () => {
  fc.assert(
    fc.property(fc.array(safeInteger), (numbers) => {
      const out = new ByteWriter(1);
      for (const number of numbers) {
        out.signed(number);
        out.varint(Math.abs(number));
      }
      const source = new ByteReader(out.copy());
      for (const number of numbers) {
        assert.equal(source.signed(), number);
        assert.equal(source.varint(), Math.abs(number));
      }
      assert.ok(source.atEnd);
      const skipper = new ByteReader(out.copy());
      skipper.skip(numbers.length * 2);
      assert.ok(skipper.atEnd);
    }),
  );
});

test('any column survives Rice coding', () => {
  fc.assert(
    fc.property(fc.array(storable, { minLength: 1, maxLength: 400 }), (numbers) => {
      const values = Float64Array.from(numbers);
      const out = new ByteWriter();
      writeColumn(out, planColumn(values, values.length), values, values.length);
      const source = new ByteReader(out.copy());
      assert.deepEqual([...readColumn(source, values.length)], numbers);
      assert.ok(source.atEnd);
    }),
  );
});

const blockArbitrary = fc.integer({ min: 1, max: 7 }).chain((columns) =>
  fc
    .array(
      fc.record({
        step: fc.oneof({ weight: 3, arbitrary: fc.constant(10_000) }, fc.nat(5_000_000)),
        code: fc.oneof(fc.constant(16), fc.nat(20_000)),
        values: fc.array(fc.oneof(storable, fc.constant(absent)), { minLength: columns, maxLength: columns }),
      }),
      { minLength: 1, maxLength: 200 },
    )
    .map((rows) => ({ columns, rows })),
);

test('any points survive the hour block, and the same points give the same bytes', () => {
  fc.assert(
    fc.property(blockArbitrary, ({ columns, rows }) => {
      let at = 0;
      const block = {
        columns,
        count: rows.length,
        atOffsetsMs: rows.map((row) => {
          at += row.step;
          return at;
        }),
        codes: rows.map((row) => row.code),
        values: rows.flatMap((row) => row.values),
      };
      const bytes = encodePointBlock(block);
      assert.deepEqual(decodePointBlock(bytes), block);
      assert.deepEqual(encodePointBlock(decodePointBlock(bytes)), bytes);
    }),
  );
});

test('a total that its phases add up to costs next to nothing', () => {
  const rows = Array.from({ length: 360 }, (_, i) => [(i * 7_919) % 5_000, (i * 104_729) % 50_000]);
  const encode = (total: (a: number, b: number) => number) =>
    encodePointBlock({
      columns: 3,
      count: rows.length,
      atOffsetsMs: rows.map((_, i) => i * 10_000),
      codes: rows.map(() => 16),
      values: rows.flatMap(([a, b]) => [total(a!, b!), a!, b!]),
    }).length;
  assert.ok(encode((a, b) => a + b) <= encode(() => absent) + 3);
});

test('damaged blocks and sketches throw, they do not hang', () => {
  const mayThrow = (decode: () => unknown) => {
    try {
      decode();
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      mayThrow(() => decodePointBlock(bytes));
      mayThrow(() => QuantileSketch.decode(bytes));
      mayThrow(() => quantilesOf(bytes, [0.5]));
    }),
  );
});

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

const sketched = fc.array(fc.oneof(fc.nat(100_000_000), fc.integer({ min: -1_000, max: 3 })), {
  minLength: 1,
  maxLength: 500,
});

test('a quantile is within 1 % of the value of nearest rank, and exact up to 64 values', () => {
  fc.assert(
    fc.property(sketched, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sketch = QuantileSketch.decode(sketchOf(values).encode());
      const sorted = values.toSorted((a, b) => a - b);
      const truth = sorted[Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length))) - 1]!;
      const tolerance = values.length <= exactLimit ? 0 : Math.abs(truth) * (sketchAlpha + 1e-9);
      assert.ok(Math.abs(sketch.quantile(q)! - truth) <= tolerance);
      assert.equal(sketch.count, values.length);
      assert.deepEqual(quantilesOf(sketch.encode(), [q, 1]), [sketch.quantile(q), sketch.quantile(1)]);
    }),
  );
});

test('merging sketches is the sketch of the union', () => {
  fc.assert(
    fc.property(fc.array(sketched, { minLength: 1, maxLength: 6 }), (parts) => {
      assert.deepEqual(
        mergeSketches(parts.map((part) => sketchOf(part).encode())).encode(),
        sketchOf(parts.flat()).encode(),
      );
    }),
  );
});

test('a sketch of nothing knows nothing', () => {
  assert.equal(QuantileSketch.decode(new QuantileSketch().encode()).quantile(0.5), undefined);
  assert.deepEqual(quantilesOf(new QuantileSketch().encode(), [0.5]), [undefined]);
});
