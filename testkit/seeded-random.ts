/** Chance that is the same each time: everything a simulation leaves to luck comes from one seed. */

export class SeededRandom {
  #state: number;

  constructor(seed: number | string) {
    // FNV-1a, so that neighbouring seeds and names begin far apart.
    let hash = 0x811c9dc5;
    for (const character of String(seed)) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** Uniform in [0, 1): mulberry32, whose period of 2^32 no run comes near. */
  ratio(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `least` to `most`, both possible. */
  int(least: number, most: number): number {
    return least + Math.floor(this.ratio() * (most - least + 1));
  }

  chance(ratio: number): boolean {
    return this.ratio() < ratio;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.ratio() * choices.length)]!;
  }

  /** Mostly short, now and then long: exponential, at least `leastMs`. */
  spellMs(meanMs: number, leastMs = 1): number {
    return Math.max(leastMs, Math.round(-Math.log(1 - this.ratio()) * meanMs));
  }
}
