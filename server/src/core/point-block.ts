/**
 * An hour of one series as bytes, column by column: slots as one interval where they are regular, codes as runs, values
 * Rice coded. Column 0 of several (the total) is written as what the others leave over, where that is shorter.
 * The same points in the same order give the same bytes. The format is stored: a change is a new `format` number.
 */
import { largestValue, planColumn, readColumn, writeColumn } from './rice.ts';
import { ByteReader, ByteWriter } from './varint.ts';

const format = 1;
export const absent = -1;
/** One a millisecond: what a damaged count may make the reader allocate. */
const mostRows = 3_600_000;

/** Rows in order of time. `atOffsetsMs` count from the start of the hour; row i of `values` starts at i × columns. */
export interface PointBlock {
  readonly columns: number;
  readonly count: number;
  readonly atOffsetsMs: ArrayLike<number>;
  readonly codes: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

const presence = { none: 0, all: 1, some: 2, leftOver: 4 } as const;

let columnScratch = new Float64Array(512);
let leftOverScratch = new Float64Array(512);

function ensureScratch(count: number): void {
  if (columnScratch.length >= count) return;
  columnScratch = new Float64Array(count * 2);
  leftOverScratch = new Float64Array(count * 2);
}

function writeTimes(out: ByteWriter, { atOffsetsMs, count }: PointBlock): void {
  out.signed(atOffsetsMs[0]!);
  if (count === 1) return;
  for (let i = 1; i < count; i++) columnScratch[i - 1] = atOffsetsMs[i]! - atOffsetsMs[i - 1]!;
  writeColumn(out, planColumn(columnScratch, count - 1), columnScratch, count - 1);
}

/** Value and length of each run, in turn; lengths add up to the count. */
function writeRuns(out: ByteWriter, count: number, valueAt: (row: number) => number): void {
  for (let start = 0; start < count; ) {
    const value = valueAt(start);
    let end = start + 1;
    while (end < count && valueAt(end) === value) end += 1;
    out.varint(value);
    out.varint(end - start);
    start = end;
  }
}

function readRuns(source: ByteReader, count: number, put: (row: number, value: number) => void): void {
  for (let row = 0; row < count; ) {
    const value = source.varint();
    const end = row + source.varint();
    if (end > count || end === row) throw new RangeError('Runs of a packed hour do not add up');
    for (; row < end; row++) put(row, value);
  }
}

/** What the other columns leave over of column 0, for its present rows; undefined where that is out of range. */
function leftOver({ columns, count, values }: PointBlock): Float64Array | undefined {
  let filled = 0;
  for (let row = 0; row < count; row++) {
    const at = row * columns;
    if (values[at] === absent) continue;
    let rest = values[at]!;
    for (let column = 1; column < columns; column++) {
      const value = values[at + column]!;
      if (value !== absent) rest -= value;
    }
    if (rest > largestValue || rest < -largestValue) return undefined;
    leftOverScratch[filled++] = rest;
  }
  return leftOverScratch;
}

function writeValues(out: ByteWriter, block: PointBlock, column: number): void {
  const { columns, count, values } = block;
  let present = 0;
  for (let row = 0; row < count; row++) {
    const value = values[row * columns + column]!;
    if (value !== absent) columnScratch[present++] = value;
  }
  const kind = present === 0 ? presence.none : present === count ? presence.all : presence.some;
  if (kind === presence.none) {
    out.byte(kind);
    return;
  }
  const plain = planColumn(columnScratch, present);
  const rest = column === 0 && columns > 1 ? leftOver(block) : undefined;
  const restPlan = rest === undefined ? undefined : planColumn(rest, present);
  const useRest = restPlan !== undefined && restPlan.costBits < plain.costBits;
  out.byte(kind | (useRest ? presence.leftOver : 0));
  if (kind === presence.some) writeRuns(out, count, (row) => (values[row * columns + column] === absent ? 0 : 1));
  writeColumn(out, useRest ? restPlan : plain, useRest ? rest! : columnScratch, present);
}

const blockWriter = new ByteWriter(16_384);

/** At least one row; values and offsets within ± 2^50. */
export function encodePointBlock(block: PointBlock): Uint8Array<ArrayBuffer> {
  const out = blockWriter;
  out.length = 0;
  ensureScratch(block.count);
  out.byte(format);
  out.varint(block.columns);
  out.varint(block.count);
  writeTimes(out, block);
  writeRuns(out, block.count, (row) => block.codes[row]!);
  for (let column = block.columns - 1; column >= 0; column--) writeValues(out, block, column);
  return out.copy();
}

function readValues(source: ByteReader, columns: number, count: number, column: number, values: number[]): void {
  const head = source.byte();
  const kind = head & 3;
  if (kind === presence.none) {
    for (let row = 0; row < count; row++) values[row * columns + column] = absent;
    return;
  }
  let presentCount = count;
  let isPresent: Uint8Array | undefined;
  if (kind === presence.some) {
    const flags = new Uint8Array(count);
    presentCount = 0;
    readRuns(source, count, (row, flag) => {
      flags[row] = flag;
      presentCount += flag;
    });
    isPresent = flags;
  }
  const packed = readColumn(source, presentCount);
  const fromRest = (head & presence.leftOver) !== 0;
  for (let row = 0, next = 0; row < count; row++) {
    const at = row * columns;
    if (isPresent !== undefined && isPresent[row] === 0) {
      values[at + column] = absent;
      continue;
    }
    let value = packed[next++]!;
    if (fromRest) {
      for (let other = 1; other < columns; other++) if (values[at + other] !== absent) value += values[at + other]!;
    }
    values[at + column] = value;
  }
}

export interface DecodedBlock {
  readonly columns: number;
  readonly count: number;
  readonly atOffsetsMs: number[];
  readonly codes: number[];
  readonly values: number[];
}

/** The rows of a packed hour; throws RangeError on bytes that are none. */
export function decodePointBlock(bytes: Uint8Array): DecodedBlock {
  const source = new ByteReader(bytes);
  if (source.byte() !== format) throw new RangeError('Unknown format of a packed hour');
  const columns = source.varint();
  const count = source.varint();
  if (count === 0 || count > mostRows || columns === 0 || columns > 64) throw new RangeError('Not a packed hour');
  const atOffsetsMs = new Array<number>(count);
  atOffsetsMs[0] = source.signed();
  if (count > 1) {
    const steps = readColumn(source, count - 1);
    for (let row = 1; row < count; row++) atOffsetsMs[row] = atOffsetsMs[row - 1]! + steps[row - 1]!;
  }
  const codes = new Array<number>(count);
  readRuns(source, count, (row, code) => {
    codes[row] = code;
  });
  const values = new Array<number>(count * columns);
  for (let column = columns - 1; column >= 0; column--) readValues(source, columns, count, column, values);
  return { columns, count, atOffsetsMs, codes, values };
}
