/**
 * The hours that are not sealed, in memory: per series its slots and the journal's own bytes of each point, about 15
 * bytes a point. It holds committed points only, and is rebuilt from the journal at start.
 */
import type { DecodedBlock } from '../../core/point-block.ts';
import { ByteReader } from '../../core/varint.ts';
import { HourStream } from './journal-blocks.ts';
import { readBody } from './point-body.ts';
import { Tally } from './tally.ts';

const firstRows = 16;
const growth = 1.5;

export class OpenSeries {
  readonly seriesId: number;
  readonly columns: number;
  readonly tally = new Tally();
  count = 0;
  /** Highest slot that is committed, and that the running transaction has staged: above both, nothing repeats. */
  highestMs = -1;
  highestStagedMs = -1;
  #atOffsetsMs = new Int32Array(firstRows);
  #isOrdered = true;
  #bodies: Uint8Array;
  #bodyBytes = 0;

  constructor(seriesId: number, columns: number) {
    this.seriesId = seriesId;
    this.columns = columns;
    this.#bodies = new Uint8Array(firstRows * (columns + 4));
  }

  push(offsetMs: number, code: number, firstValue: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.count === this.#atOffsetsMs.length) {
      const grown = new Int32Array(Math.ceil(this.count * growth));
      grown.set(this.#atOffsetsMs);
      this.#atOffsetsMs = grown;
    }
    const needed = this.#bodyBytes + end - start;
    if (needed > this.#bodies.length) {
      const grown = new Uint8Array(Math.max(needed, Math.ceil(this.#bodies.length * growth)));
      grown.set(this.#bodies.subarray(0, this.#bodyBytes));
      this.#bodies = grown;
    }
    for (let from = start, to = this.#bodyBytes; from < end; from++, to++) this.#bodies[to] = bytes[from]!;
    this.#bodyBytes = needed;
    this.#atOffsetsMs[this.count++] = offsetMs;
    if (offsetMs > this.highestMs) this.highestMs = offsetMs;
    else this.#isOrdered = false;
    this.tally.add(code, firstValue);
  }

  has(offsetMs: number): boolean {
    for (let row = this.count - 1; row >= 0; row--) {
      const at = this.#atOffsetsMs[row]!;
      if (at === offsetMs) return true;
      if (this.#isOrdered && at < offsetMs) return false;
    }
    return false;
  }

  /** The last `most` points in order of time. */
  decode(most = this.count): DecodedBlock {
    const { columns } = this;
    const rows = this.#isOrdered ? Math.min(most, this.count) : this.count;
    const source = new ByteReader(this.#bodies, this.#bodyStart(rows));
    const atOffsetsMs = Array.from(this.#atOffsetsMs.subarray(this.count - rows, this.count));
    const codes = new Array<number>(rows);
    const values = new Array<number>(rows * columns);
    for (let row = 0; row < rows; row++) codes[row] = readBody(source, values, row * columns, columns);
    const block = { columns, count: rows, atOffsetsMs, codes, values };
    return this.#isOrdered ? block : sortedBlock(block, most);
  }

  /** Only the last byte of a number is below 128, so whole points can be counted from the end. */
  #bodyStart(rows: number): number {
    if (rows === this.count) return 0;
    let numbersLeft = rows * (this.columns + 1);
    let at = this.#bodyBytes;
    while (at > 0) {
      if (this.#bodies[at - 1]! < 128 && numbersLeft-- === 0) return at;
      at -= 1;
    }
    return 0;
  }
}

function sortedBlock(block: DecodedBlock, most: number): DecodedBlock {
  const order = block.atOffsetsMs.map((_, row) => row).sort((a, b) => block.atOffsetsMs[a]! - block.atOffsetsMs[b]!);
  const kept = order.slice(Math.max(0, order.length - most));
  const { columns } = block;
  return {
    columns,
    count: kept.length,
    atOffsetsMs: kept.map((row) => block.atOffsetsMs[row]!),
    codes: kept.map((row) => block.codes[row]!),
    values: kept.flatMap((row) => block.values.slice(row * columns, (row + 1) * columns)),
  };
}

export class OpenHour {
  readonly hour: number;
  readonly series = new Map<number, OpenSeries>();
  readonly journal: HourStream;
  /** Set once the first slice of sealing is on disk: series still to seal, ascending. Points that come now are late. */
  toSeal: number[] | undefined;

  constructor(hour: number) {
    this.hour = hour;
    this.journal = new HourStream(hour);
  }

  seriesFor(seriesId: number, columns: number): OpenSeries {
    let open = this.series.get(seriesId);
    if (open === undefined) {
      open = new OpenSeries(seriesId, columns);
      this.series.set(seriesId, open);
    }
    return open;
  }
}
