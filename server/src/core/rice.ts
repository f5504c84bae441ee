/**
 * A column of integers (−2^50 … 2^50), Rice coded: each as its distance from the column's median or from the value
 * before it, whichever is shorter; a distance beyond `escapeOnes` quotients is written out in full, so that one time-out
 * among fast answers costs 60 bits and not thousands. A constant column costs its value and one byte.
 */
import { BitReader, BitWriter } from './bit-stream.ts';
import type { ByteReader, ByteWriter } from './varint.ts';

/** Values beyond are refused by the store: distances of these still double exactly. */
export const largestValue = 2 ** 50;

const escapeOnes = 18;
const widthBits = 6;

type Mode = 'constant' | 'median' | 'previous';
const modes: readonly Mode[] = ['constant', 'median', 'previous'];

export interface ColumnPlan {
  readonly mode: Mode;
  /** Low bits written as they are. */
  readonly lowBits: number;
  /** The constant, the median, or the first value. */
  readonly base: number;
  readonly costBits: number;
}

function bitLength(value: number): number {
  return value < 0x100000000 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 0x100000000));
}

function fold(distance: number): number {
  return distance < 0 ? -2 * distance - 1 : 2 * distance;
}

function unfold(folded: number): number {
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}

/** The median of at most 63 values spread evenly: near enough for a centre, and a sixth of the cost of sorting all. */
function nearMedian(values: Float64Array, count: number): number {
  const step = Math.max(1, Math.floor(count / 63));
  const picked = new Float64Array(Math.min(Math.ceil(count / step), 64));
  for (let i = 0; i < picked.length; i++) picked[i] = values[i * step]!;
  picked.sort();
  return picked[picked.length >> 1]!;
}

const lengthsAroundMedian = new Int32Array(56);
const lengthsAroundPrevious = new Int32Array(56);

function cheapestLowBits(lengths: Int32Array, count: number): { lowBits: number; costBits: number } {
  let middle = 0;
  for (let seen = lengths[0]!; seen * 2 < count; seen += lengths[middle]!) middle += 1;
  let best = { lowBits: 0, costBits: Number.POSITIVE_INFINITY };
  for (let lowBits = Math.max(0, middle - 3); lowBits <= middle + 2; lowBits++) {
    let costBits = 0;
    for (let length = 0; length < lengths.length; length++) {
      if (lengths[length] === 0) continue;
      // Values of one bit length are taken as spread evenly: their mean is 1.5 × 2^(length − 1).
      const quotient = length <= lowBits ? 0 : 1.5 * 2 ** (length - 1 - lowBits) - 0.5;
      costBits += lengths[length]! * Math.min(quotient + 1 + lowBits, escapeOnes + widthBits + length);
    }
    if (costBits < best.costBits) best = { lowBits, costBits };
  }
  return best;
}

/** How to write the first `count` values; pure, so the same values give the same bytes. */
export function planColumn(values: Float64Array, count: number): ColumnPlan {
  const first = values[0]!;
  let constant = true;
  for (let i = 1; i < count && constant; i++) constant = values[i] === first;
  if (constant) return { mode: 'constant', lowBits: 0, base: first, costBits: 8 };
  const median = nearMedian(values, count);
  lengthsAroundMedian.fill(0);
  lengthsAroundPrevious.fill(0);
  let previous = first;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    lengthsAroundMedian[bitLength(fold(value - median))]! += 1;
    lengthsAroundPrevious[bitLength(fold(value - previous))]! += 1;
    previous = value;
  }
  const aroundMedian = cheapestLowBits(lengthsAroundMedian, count);
  const aroundPrevious = cheapestLowBits(lengthsAroundPrevious, count);
  return aroundMedian.costBits <= aroundPrevious.costBits
    ? { mode: 'median', base: median, ...aroundMedian }
    : { mode: 'previous', base: first, ...aroundPrevious };
}

export function writeColumn(out: ByteWriter, plan: ColumnPlan, values: Float64Array, count: number): void {
  out.byte(modes.indexOf(plan.mode) | (plan.lowBits << 2));
  out.signed(plan.base);
  if (plan.mode === 'constant') return;
  const bits = new BitWriter(out);
  const { lowBits } = plan;
  const divisor = 2 ** lowBits;
  let centre = plan.base;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const folded = fold(value - centre);
    if (plan.mode === 'previous') centre = value;
    const quotient = Math.floor(folded / divisor);
    if (quotient >= escapeOnes) {
      const width = bitLength(folded);
      bits.write(2 ** escapeOnes - 1, escapeOnes);
      bits.write(width, widthBits);
      bits.write(folded, width);
    } else {
      bits.write(2 ** (quotient + 1) - 2, quotient + 1);
      bits.write(folded % divisor, lowBits);
    }
  }
  bits.finish();
}

/** The values of a column in their order. */
export function readColumn(source: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  const head = source.byte();
  const mode = modes[head & 3];
  if (mode === undefined) throw new RangeError('Unknown column mode');
  const lowBits = head >> 2;
  const base = source.signed();
  if (mode === 'constant') return values.fill(base);
  const bits = new BitReader(source);
  const divisor = 2 ** lowBits;
  let centre = base;
  for (let i = 0; i < count; i++) {
    const quotient = bits.unary(escapeOnes);
    const folded = quotient === escapeOnes ? bits.read(bits.read(widthBits)) : quotient * divisor + bits.read(lowBits);
    const value = centre + unfold(folded);
    values[i] = value;
    if (mode === 'previous') centre = value;
  }
  return values;
}
