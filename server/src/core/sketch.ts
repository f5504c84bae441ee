/**
 * A mergeable quantile sketch: up to 64 values as they are, beyond that DDSketch bins of relative width 2 α (Masson,
 * Rim & Lee, VLDB 2019), so every quantile is within 1 % of a value that was really there. Sketches of the same values
 * are equal, however the values were split and merged.
 */
import { ByteReader, ByteWriter } from './varint.ts';

export const sketchAlpha = 0.01;
export const exactLimit = 64;

const gamma = (1 + sketchAlpha) / (1 - sketchAlpha);
const perLog = 1 / Math.log(gamma);
const exactFormat = 1;
const binFormat = 2;

/** Bins in order of value: 0 holds zero, k > 0 the values in (γ^(k−2), γ^(k−1)], −k their negatives. */
function binOf(value: number): number {
  if (value === 0) return 0;
  const bin = Math.ceil(Math.log(Math.abs(value)) * perLog) + 1;
  return value > 0 ? bin : -bin;
}

function binValue(bin: number): number {
  if (bin === 0) return 0;
  const middle = (2 * gamma ** (Math.abs(bin) - 1)) / (gamma + 1);
  return bin > 0 ? middle : -middle;
}

function nearestRankOf(q: number, count: number): number {
  return Math.min(count, Math.max(1, Math.ceil(q * count)));
}

export class QuantileSketch {
  #count = 0;
  #values: number[] | undefined = [];
  #bins: Map<number, number> | undefined;

  get count(): number {
    return this.#count;
  }

  /** Whether quantiles are values that were added, not within 1 % of them. */
  get isExact(): boolean {
    return this.#values !== undefined;
  }

  /** An integer. */
  add(value: number): void {
    this.#count += 1;
    if (this.#values !== undefined) {
      this.#values.push(value);
      if (this.#count > exactLimit) this.#toBins();
      return;
    }
    this.#addBin(binOf(value), 1);
  }

  #addBin(bin: number, count: number): void {
    this.#bins!.set(bin, (this.#bins!.get(bin) ?? 0) + count);
  }

  #toBins(): void {
    const values = this.#values!;
    this.#values = undefined;
    this.#bins = new Map();
    for (const value of values) this.#addBin(binOf(value), 1);
  }

  /** Takes the other's values in as if they had been added here. */
  merge(other: QuantileSketch): void {
    if (other.#values !== undefined) {
      for (const value of other.#values) this.add(value);
      return;
    }
    if (this.#values !== undefined) this.#toBins();
    for (const [bin, count] of other.#bins!) this.#addBin(bin, count);
    this.#count += other.#count;
  }

  /** The value of nearest rank, ⌈q n⌉; undefined while there is none. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = nearestRankOf(q, this.#count);
    if (this.#values !== undefined) return this.#values.toSorted((a, b) => a - b)[rank - 1];
    let seen = 0;
    let bin = 0;
    for (const key of this.#sortedBins()) {
      bin = key;
      seen += this.#bins!.get(key)!;
      if (seen >= rank) break;
    }
    return binValue(bin);
  }

  /** How many values are at or below the limit: exact while `isExact`, else exact but for the limit's own bin. */
  countAtOrBelow(limit: number): number {
    if (this.#values !== undefined) return this.#values.filter((value) => value <= limit).length;
    const limitBin = binOf(limit);
    let seen = 0;
    for (const [bin, count] of this.#bins!) if (bin <= limitBin) seen += count;
    return seen;
  }

  #sortedBins(): number[] {
    return [...this.#bins!.keys()].sort((a, b) => a - b);
  }

  encode(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(256);
    out.byte(this.#values === undefined ? binFormat : exactFormat);
    out.varint(this.#values === undefined ? this.#bins!.size : this.#count);
    let previous = 0;
    if (this.#values !== undefined) {
      for (const value of this.#values.toSorted((a, b) => a - b)) {
        out.signed(value - previous);
        previous = value;
      }
      return out.copy();
    }
    const bins = this.#sortedBins();
    out.signed(bins[0]!);
    previous = bins[0]! - 1;
    for (const bin of bins) {
      const count = this.#bins!.get(bin)!;
      // A neighbouring bin, by far the commonest, costs nothing but its count.
      if (bin - previous === 1) out.varint(count * 2);
      else {
        out.varint((bin - previous) * 2 + 1);
        out.varint(count);
      }
      previous = bin;
    }
    return out.copy();
  }

  static decode(bytes: Uint8Array): QuantileSketch {
    const source = new ByteReader(bytes);
    const kind = source.byte();
    if (kind !== exactFormat && kind !== binFormat) throw new RangeError('Unknown format of a sketch');
    const sketch = new QuantileSketch();
    const entries = source.varint();
    if (kind === exactFormat) {
      for (let i = 0, value = 0; i < entries; i++) {
        value += source.signed();
        sketch.add(value);
      }
      return sketch;
    }
    sketch.#toBins();
    let bin = source.signed() - 1;
    for (let i = 0; i < entries; i++) {
      const head = source.varint();
      const isNeighbour = head % 2 === 0;
      bin += isNeighbour ? 1 : (head - 1) / 2;
      const count = isNeighbour ? head / 2 : source.varint();
      sketch.#addBin(bin, count);
      sketch.#count += count;
    }
    return sketch;
  }
}

/** The sketch of a sketch's bytes, or of nothing. */
export function mergeSketches(encoded: readonly Uint8Array[]): QuantileSketch {
  const merged = new QuantileSketch();
  for (const bytes of encoded) merged.merge(QuantileSketch.decode(bytes));
  return merged;
}

/**
 * Quantiles of a sketch's bytes, without making the sketch: a chart of a month asks 720 of them, and making each costs
 * five times as much as walking over its bytes.
 */
export function quantilesOf(encoded: Uint8Array, qs: readonly number[]): (number | undefined)[] {
  const source = new ByteReader(encoded);
  const kind = source.byte();
  if (kind !== exactFormat && kind !== binFormat) throw new RangeError('Unknown format of a sketch');
  const entries = source.varint();
  const places: number[] = [];
  const counts: number[] = [];
  let count = 0;
  let place = kind === exactFormat ? 0 : source.signed() - 1;
  for (let i = 0; i < entries; i++) {
    if (kind === exactFormat) {
      place += source.signed();
      count += 1;
    } else {
      const head = source.varint();
      const isNeighbour = head % 2 === 0;
      place += isNeighbour ? 1 : (head - 1) / 2;
      count += isNeighbour ? head / 2 : source.varint();
    }
    places.push(place);
    counts.push(count);
  }
  return qs.map((q) => {
    if (count === 0) return undefined;
    const rank = nearestRankOf(q, count);
    const found = places[counts.findIndex((seen) => seen >= rank)]!;
    return kind === exactFormat ? found : binValue(found);
  });
}
