/**
 * What a check's results mean, worked out a second time and as plainly as can be: by looking back over the results
 * themselves at every step. Shares no code with the status machine or with the reckoning of uptime.
 */
import type { Status } from '../../contract/src/vocabulary.ts';
import { decodePointCode } from '../../server/src/core/point-code.ts';

export interface RecountSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly downAfter: number;
  readonly upAfter: number;
}

export interface ExpectedChange {
  readonly from: Status;
  readonly to: Status;
  readonly effectiveAtMs: number;
  /** The newest slot that was known when it was decided. */
  readonly knownSlotMs: number;
}

/** p pass, P as many passes as it takes, d degraded, f fail, b tells nothing (unknown, suspect, missed) */
type Letter = 'p' | 'P' | 'd' | 'f' | 'b';

interface Heard {
  readonly slotMs: number;
  readonly letter: Letter;
  /** Until when it speaks, if no other comes: its slot, one interval and the time-out. */
  readonly untilMs: number;
  /** Nothing was heard for too long before it. */
  readonly afterSilence: boolean;
}

export function letterOf(code: number): Letter {
  const { outcome, suspect, missed, reason } = decodePointCode(code);
  if (suspect || missed || outcome === 'unknown') return 'b';
  if (reason === 'passed-in-a-row') return 'P';
  return outcome === 'pass' ? 'p' : outcome === 'degraded' ? 'd' : 'f';
}

export class CheckRecount {
  settings: RecountSettings;
  heard: Heard[] = [];
  changes: ExpectedChange[] = [];
  #silent = false;

  constructor(settings: RecountSettings) {
    this.settings = settings;
  }

  get status(): Status {
    return this.changes.at(-1)?.to ?? 'unknown';
  }

  /** Somebody looked at the clock: a silence that has lasted long enough is one. */
  look(nowMs: number): void {
    const { retries, timeoutMs, upAfter } = this.settings;
    const newest = this.heard.at(-1);
    if (newest === undefined || this.status === 'unknown') return;
    const graceMs = (retries + 1) * (timeoutMs + 1_000) + (upAfter - 1) * 1_000;
    if (nowMs > newest.untilMs + graceMs) this.#fallSilent(newest);
  }

  hear(slotMs: number, letter: Letter): void {
    const newest = this.heard.at(-1);
    if (newest !== undefined && slotMs <= newest.slotMs) return;
    if (newest !== undefined && slotMs > newest.untilMs && !this.#silent) this.#fallSilent(newest);
    const { intervalMs, timeoutMs } = this.settings;
    this.heard.push({ slotMs, letter, untilMs: slotMs + intervalMs + timeoutMs, afterSilence: this.#silent });
    this.#silent = false;
    if (letter === 'b') this.#doubt();
    else this.#decide();
  }

  /** The process died: what was not committed was never heard. */
  forget(storedSlotsMs: ReadonlySet<number>, storedChanges: number): void {
    this.heard = this.heard.filter(({ slotMs }) => storedSlotsMs.has(slotMs));
    this.changes = this.changes.slice(0, storedChanges);
    this.resume();
  }

  /** Lets go of what was heard before: over years nobody looks back that far, and each step looks at all there is. */
  trim(beforeMs: number, fewestKept: number): void {
    const from = this.heard.findIndex(({ slotMs }) => slotMs >= beforeMs);
    const to = Math.min(from < 0 ? this.heard.length : from, this.heard.length - fewestKept);
    if (to > 0) this.heard = this.heard.slice(to);
  }

  /**
   * Watched again, by a new process or a new file: nothing is known of the old schedule, so results are as far apart,
   * and the newest speaks for as long, as the present one says.
   */
  resume(): void {
    this.#silent = false;
    const spanMs = this.settings.intervalMs + this.settings.timeoutMs;
    this.heard = this.heard.map((one, index) => {
      const beforeMs = this.heard[index - 1]?.slotMs ?? one.slotMs;
      const untilMs = index === this.heard.length - 1 ? one.slotMs + spanMs : one.untilMs;
      return { ...one, untilMs, afterSilence: one.slotMs > beforeMs + spanMs };
    });
  }

  /** What the check was at one instant (DESIGN §4): the newest result says so, while it speaks. */
  statusAt(atMs: number): Status {
    const speaking = this.heard.findLast(({ slotMs }) => slotMs <= atMs);
    if (speaking === undefined || speaking.letter === 'b' || atMs >= speaking.untilMs) return 'unknown';
    return this.changes.findLast(({ effectiveAtMs }) => effectiveAtMs <= atMs)?.to ?? 'unknown';
  }

  /** Every instant at which `statusAt` may answer something else. */
  edgesMs(): number[] {
    return [
      ...this.heard.flatMap(({ slotMs, untilMs }) => [slotMs, untilMs]),
      ...this.changes.map(({ effectiveAtMs }) => effectiveAtMs),
    ];
  }

  #fallSilent(newest: Heard): void {
    this.#silent = true;
    // After results that told nothing there was nothing known already.
    const blanks = this.#row('b');
    this.#change('unknown', blanks.count > 0 ? blanks.firstMs : newest.untilMs);
  }

  #doubt(): void {
    const blanks = this.#row('b');
    if (this.status !== 'unknown' && blanks.count >= this.settings.downAfter) this.#change('unknown', blanks.firstMs);
  }

  #decide(): void {
    const { downAfter, upAfter } = this.settings;
    const fails = this.#row('f');
    if (fails.count >= downAfter) {
      this.#change('down', fails.firstMs);
      return;
    }
    const lastKnown = this.changes.findLast(({ to }) => to !== 'unknown')?.to;
    const comesFromDown = (this.status === 'unknown' ? lastKnown : this.status) === 'down';
    const passes = this.#row('pP');
    const passesNeeded = this.status === 'unknown' && !comesFromDown ? 1 : upAfter;
    if (passes.count >= passesNeeded || passes.confirmed) this.#change('up', passes.firstMs);
    else if (passes.count > 0) return;
    else if (comesFromDown) {
      const answers = this.#row('pPd');
      if (answers.count >= upAfter) this.#change('degraded', answers.firstMs);
    } else {
      const troubles = this.#row('df');
      if (troubles.count >= downAfter) this.#change('degraded', troubles.firstMs);
    }
  }

  /** The newest results that are of these letters, as far back as nothing else and no silence lies between. */
  #row(letters: string, skipped = letters === 'b' ? '' : 'b'): { count: number; firstMs: number; confirmed: boolean } {
    let confirmed = false;
    let count = 0;
    let firstMs = Number.NaN;
    for (const { slotMs, letter, afterSilence } of this.heard.toReversed()) {
      if (letters.includes(letter)) {
        count += 1;
        firstMs = slotMs;
        confirmed ||= letter === 'P';
      } else if (!skipped.includes(letter)) break;
      if (afterSilence) break;
    }
    return { count, firstMs, confirmed };
  }

  #change(to: Status, sinceMs: number): void {
    if (to === this.status) return;
    const before = this.changes.at(-1);
    // What was recorded is never rewritten; and after not knowing nothing counts that was heard before it.
    const doubt = this.status === 'unknown' ? before : undefined;
    const told = this.heard.find(({ slotMs, letter }) => letter !== 'b' && slotMs > (doubt?.knownSlotMs ?? -1));
    const earliestMs = [before?.effectiveAtMs, doubt && told?.slotMs].filter((ms) => ms !== undefined);
    const effectiveAtMs = Math.max(sinceMs, ...earliestMs);
    this.changes.push({ from: this.status, to, effectiveAtMs, knownSlotMs: this.heard.at(-1)!.slotMs });
  }
}
