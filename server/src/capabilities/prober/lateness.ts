/** How late Pitwall itself was, and what that makes of a result. Pure. */

/** Below this, lateness is the grain of timers and of one collection of garbage. */
const noticedUs = 20_000;
/** From here on it can turn a verdict whatever the result took. */
const decisiveUs = 50_000;
const decisiveRatio = 0.1;
/** Lateness is remembered as long as the longest attempt may last. */
const rememberedUs = 120_000_000;
const sampleCount = 1_024;

/** Whether a result is taken for suspect: shown, never decisive. */
export function isSuspect(lateUs: number, totalUs: number): boolean {
  return lateUs >= decisiveUs || (lateUs >= noticedUs && lateUs > decisiveRatio * Math.max(0, totalUs));
}

/** Remembers by how much the ticks of a loop came too late. */
export class LatenessMeter {
  readonly #noticed: { readonly atUs: number; readonly lateUs: number }[] = [];
  readonly #samples = new Float64Array(sampleCount);
  #count = 0;

  note(nowUs: number, lateUs: number): void {
    this.#samples[this.#count % sampleCount] = lateUs;
    this.#count += 1;
    if (lateUs < noticedUs) return;
    while (this.#noticed.length > 0 && this.#noticed[0]!.atUs < nowUs - rememberedUs) this.#noticed.shift();
    this.#noticed.push({ atUs: nowUs, lateUs });
  }

  /** The worst lateness seen since an instant; what is overdue just now counts too. */
  worstSince(sinceUs: number, overdueUs: number): number {
    let worstUs = Math.max(0, overdueUs);
    for (let index = this.#noticed.length - 1; index >= 0; index -= 1) {
      const { atUs, lateUs } = this.#noticed[index]!;
      if (atUs < sinceUs) break;
      // A pause that began before the attempt concerns it only from its start.
      worstUs = Math.max(worstUs, Math.min(lateUs, atUs - sinceUs));
    }
    return worstUs;
  }

  /** Of the last thousand ticks, nearest rank. */
  get p99Us(): number {
    const count = Math.min(this.#count, sampleCount);
    // Asked with every batch: numbers sorted by themselves, not by a function, which took 2 % of the worker's time.
    const sorted = this.#samples.slice(0, count).sort();
    return sorted[Math.max(0, Math.ceil(count * 0.99) - 1)] ?? 0;
  }
}
