/** Gathers decoded hours into one batch in order of time. */
import type { DecodedBlock } from '../../core/point-block.ts';
import type { PointBatch } from '../store.ts';

export class PointCollector {
  readonly #columns: number;
  readonly #seriesIds: number[] = [];
  readonly #atMs: number[] = [];
  readonly #codes: number[] = [];
  readonly #values: number[] = [];

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The rows of an hour that lie in the range; hours come in order of time. */
  add(seriesId: number, startMs: number, block: DecodedBlock, fromMs: number, toMs: number): void {
    for (let row = 0; row < block.count; row++) {
      const atMs = startMs + block.atOffsetsMs[row]!;
      if (atMs < fromMs || atMs >= toMs) continue;
      this.#seriesIds.push(seriesId);
      this.#atMs.push(atMs);
      this.#codes.push(block.codes[row]!);
      for (let column = 0; column < this.#columns; column++) {
        this.#values.push(block.values[row * this.#columns + column]!);
      }
    }
  }

  /** All rows, or the last `most`. */
  toBatch(most = this.#atMs.length): PointBatch {
    const first = Math.max(0, this.#atMs.length - most);
    return {
      columns: this.#columns,
      seriesIds: this.#seriesIds.slice(first),
      atMs: this.#atMs.slice(first),
      codes: this.#codes.slice(first),
      values: this.#values.slice(first * this.#columns),
    };
  }
}
