/**
 * Believable results without a network: what checks of a small shop answer, by seed. Latencies are log-normal around a
 * level that breathes with the hour of the day; a failure belongs to an outage, which lasts.
 */
import { encodePointCode } from '../server/src/core/point-code.ts';
import { checkColumns } from '../server/src/storage/store.ts';
import { type FailureKind, failureKinds } from './store-failures.ts';

const hourMs = 3_600_000;

/** Half of all outages are one lost slot, the others last 15 minutes in the mean: 1 % of time is 10 hours a month. */
const blipRatio = 0.5;
const meanOutageMs = 15 * 60_000;

export interface TrafficCheck {
  readonly key: string;
  readonly serviceId: string;
  readonly intervalMs: number;
}

/** How the times of a check behave: medians in µs of dns, connect, tls, wait and transfer; 0: it has no such phase. */
interface Profile {
  readonly mediansUs: readonly number[];
}

/** http by address, https by name, tcp, and an https service far away. */
const profiles: readonly Profile[] = [
  { mediansUs: [0, 350, 0, 9_000, 160] },
  { mediansUs: [900, 1_400, 4_200, 38_000, 900] },
  { mediansUs: [0, 420, 0, 0, 0] },
  { mediansUs: [2_500, 24_000, 52_000, 95_000, 2_200] },
];

/** Random numbers by seed; Marsaglia's xorshift with 32 bits, three shifts each. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  }

  bits(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** In [0, 1). */
  ratio(): number {
    return this.bits() / 0x1_0000_0000;
  }
}

const noiseSteps = 65_536;

/** Factors of log-normal noise, σ = 0.3, drawn once: one random number then gives two of them. */
function makeNoise(): Float64Array {
  const dice = new Dice(7);
  return Float64Array.from({ length: noiseSteps }, () => {
    const gauss = Math.sqrt(-2 * Math.log(1 - dice.ratio())) * Math.cos(2 * Math.PI * dice.ratio());
    return Math.exp(0.3 * gauss);
  });
}
const noise = makeNoise();

const passCode = encodePointCode({
  outcome: 'pass',
  suspect: false,
  missed: false,
  attempts: 1,
  reason: 'expectations-met',
});

/** Columns that `TrafficSource.slots` adds its results to; `writePending` takes them as they are. */
export interface Columns {
  readonly seriesIds: number[];
  readonly atMs: number[];
  readonly codes: number[];
  readonly values: number[];
}

export interface Outage {
  readonly kind: FailureKind;
  left: number;
}

/** What one check answers, slot after slot. */
export class TrafficSource {
  readonly check: TrafficCheck;
  readonly #dice: Dice;
  readonly #profile: Profile;
  readonly #ownFactor: number;
  readonly #failRatio: number;
  #nextSlotMs: number;
  #passesLeft: number;
  #outage: Outage | undefined;

  constructor(check: TrafficCheck, index: number, seed: number, fromMs: number, failRatio: number) {
    this.check = check;
    this.#dice = new Dice(seed * 65_537 + index);
    this.#profile = profiles[index % profiles.length]!;
    this.#ownFactor = 0.5 + 2 * this.#dice.ratio();
    this.#failRatio = failRatio;
    this.#nextSlotMs = fromMs + Math.floor(this.#dice.ratio() * check.intervalMs);
    this.#passesLeft = Math.floor(this.#drawPasses() * this.#dice.ratio());
  }

  get nextSlotMs(): number {
    return this.#nextSlotMs;
  }

  /** Adds what is due before `untilMs`. `onOdd` is told of each result that a status machine could care about. */
  slots(seriesId: number, untilMs: number, columns: Columns, onOdd: OddListener): void {
    const { intervalMs } = this.check;
    const hour = (this.#nextSlotMs % (24 * hourMs)) / hourMs;
    const level = this.#ownFactor * (1 + 0.25 * Math.sin(((hour - 9) / 24) * 2 * Math.PI));
    for (; this.#nextSlotMs < untilMs; this.#nextSlotMs += intervalMs) {
      columns.seriesIds.push(seriesId);
      columns.atMs.push(this.#nextSlotMs);
      if (this.#outage === undefined && this.#passesLeft-- > 0) this.#pass(columns, level);
      else this.#fail(columns, onOdd);
    }
  }

  #pass({ codes, values }: Columns, level: number): void {
    const { mediansUs } = this.#profile;
    codes.push(passCode);
    const at = values.length;
    // What the phases leave over: parsing and judging.
    let totalUs = 12 + (this.#dice.bits() & 31);
    values.push(0, -1, -1, -1, -1, -1);
    for (let phase = 0, random = 0; phase < checkColumns - 1; phase += 1) {
      random = (phase & 1) === 0 ? this.#dice.bits() : random >>> 16;
      const medianUs = mediansUs[phase]!;
      if (medianUs === 0) continue;
      const us = Math.round(medianUs * level * noise[random & (noiseSteps - 1)]!);
      values[at + 1 + phase] = us;
      totalUs += us;
    }
    values[at] = totalUs;
  }

  #fail({ codes, values }: Columns, onOdd: OddListener): void {
    const outage = this.#outage ?? this.#begin();
    const isFirst = this.#outage === undefined;
    this.#outage = outage;
    outage.left -= 1;
    codes.push(outage.kind.code);
    values.push(outage.kind.totalUs + (outage.kind.totalUs > 0 ? this.#dice.bits() & 1_023 : 0), -1, -1, -1, -1, -1);
    onOdd({ source: this, slotMs: this.#nextSlotMs, kind: outage.kind, isFirst, isLast: outage.left === 0 });
    if (outage.left > 0) return;
    this.#outage = undefined;
    this.#passesLeft = this.#drawPasses();
  }

  #begin(): Outage {
    const kind = failureKinds[this.#dice.bits() % failureKinds.length]!;
    return { kind, left: this.#dice.ratio() < blipRatio ? 1 : this.#drawLength(this.#longSlots) };
  }

  get #longSlots(): number {
    return meanOutageMs / this.check.intervalMs;
  }

  /** Exponential, and two at least: one lost slot is a blip. */
  #drawLength(mean: number): number {
    return 2 + Math.floor(-Math.log(1 - this.#dice.ratio()) * Math.max(1, mean - 2));
  }

  #drawPasses(): number {
    if (this.#failRatio === 0) return Number.POSITIVE_INFINITY;
    const meanFails = blipRatio + (1 - blipRatio) * Math.max(3, this.#longSlots);
    const meanPasses = (meanFails * (1 - this.#failRatio)) / this.#failRatio;
    return 3 + Math.floor(-Math.log(1 - this.#dice.ratio()) * (meanPasses - 3));
  }
}

export interface OddResult {
  readonly source: TrafficSource;
  readonly slotMs: number;
  readonly kind: FailureKind;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}
export type OddListener = (odd: OddResult) => void;
