/** One ring of buckets in place of a timer for each attempt. Pure: it is told the time. */

export interface RingEntry {
  /** When it is up; the entry is dropped unseen where it was cancelled meanwhile. */
  readonly atUs: number;
  readonly cancelled: boolean;
  expire(nowUs: number): void;
}

const bucketUs = 8_192;
const bucketCount = 1_024;

export class TimeoutRing {
  readonly #buckets: RingEntry[][] = Array.from({ length: bucketCount }, () => []);
  #reached: number;

  constructor(nowUs: number) {
    this.#reached = Math.floor(nowUs / bucketUs);
  }

  add(entry: RingEntry): void {
    const bucket = Math.max(Math.ceil(entry.atUs / bucketUs), this.#reached + 1);
    this.#buckets[bucket % bucketCount]!.push(entry);
  }

  /** Expires what is up. At most one bucket (8 ms) late, never early. */
  advance(nowUs: number): void {
    const target = Math.floor(nowUs / bucketUs);
    // After a stall of more than one turn every bucket is looked at once.
    const from = Math.max(this.#reached + 1, target - bucketCount + 1);
    this.#reached = Math.max(target, this.#reached);
    for (let bucket = from; bucket <= target; bucket += 1) this.#empty(bucket % bucketCount, nowUs);
  }

  #empty(index: number, nowUs: number): void {
    const entries = this.#buckets[index]!;
    if (entries.length === 0) return;
    this.#buckets[index] = [];
    for (const entry of entries) {
      if (entry.cancelled) continue;
      if (entry.atUs > nowUs) this.add(entry);
      else entry.expire(nowUs);
    }
  }
}
