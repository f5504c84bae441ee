/**
 * Which check is due when: slot k of a check is at k × interval + phase, in integer milliseconds. A check without any
 * result may have one slot before those, so that nobody who adds a service waits an interval for its first line. Pure.
 */

export interface Scheduled {
  readonly key: string;
  readonly intervalMs: number;
}

/** Where in its interval a check is due: a hash of its key, so that load is even and a restart changes nothing. */
export function phaseMs(key: string, intervalMs: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  // FNV-1a alone leaves keys that differ in their last digit close together (murmur3's finisher spreads them).
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return Math.floor(((hash >>> 0) / 2 ** 32) * intervalMs);
}

/** The first slot at or after an instant. */
export function slotAtOrAfter(check: Scheduled, atMs: number): number {
  const phase = phaseMs(check.key, check.intervalMs);
  return Math.ceil((atMs - phase) / check.intervalMs) * check.intervalMs + phase;
}

/** How late a slot may still be run: later it would tell of another time than it says. */
export function toleranceMs(intervalMs: number): number {
  return Math.min(2_000, Math.max(100, intervalMs / 5));
}

interface Place<T extends Scheduled> {
  readonly check: T;
  dueMs: number;
  /** Due before its first slot of the grid. */
  opening: boolean;
}

/** Where the grid's first slot comes as soon as this, it is the opening. */
const soonMs = 500;

/** A binary heap of the checks by their next slot. */
export class SlotHeap<T extends Scheduled> {
  #heap: Place<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /**
   * Puts these checks in place of all before. A check that was here with the same interval keeps its next slot, even an
   * overdue one; another begins with its first slot from `fromMs` on, or the one after `lastSlotMs(check)` where known; before the
   * first of them it is due at `openingMs(check)`, where that is given.
   */
  setChecks(
    checks: readonly T[],
    fromMs: number,
    lastSlotMs?: (check: T) => number | undefined,
    openingMs?: (check: T) => number | undefined,
  ): void {
    const before = new Map(this.#heap.map((place) => [place.check.key, place]));
    this.#heap = checks.map((check) => {
      const known = before.get(check.key);
      if (known !== undefined && known.check.intervalMs === check.intervalMs) return { ...known, check };
      const last = lastSlotMs?.(check);
      if (last !== undefined) return { check, dueMs: slotAtOrAfter(check, last + 1), opening: false };
      const firstMs = slotAtOrAfter(check, fromMs);
      const openMs = openingMs?.(check);
      const opening = openMs !== undefined && openMs + soonMs < firstMs;
      return { check, dueMs: opening ? openMs : firstMs, opening };
    });
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  /** The earliest slot, or undefined where there is no check. */
  get nextDueMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  /** The check of the earliest slot. */
  get nextCheck(): T | undefined {
    return this.#heap[0]?.check;
  }

  /** Whether the earliest is one before the grid: late, it is not missed but needless. */
  get nextIsOpening(): boolean {
    return this.#heap[0]?.opening === true;
  }

  /**
   * The earliest slot is dealt with: its check goes on to the next, or to `toMs`, which must be one of its slots. The
   * answer is when that is.
   */
  advance(toMs?: number): number {
    const top = this.#heap[0]!;
    const { check, dueMs, opening } = top;
    const nextMs = toMs ?? (opening ? slotAtOrAfter(check, dueMs + 1) : dueMs + check.intervalMs);
    top.dueMs = nextMs;
    top.opening = false;
    this.#sink(0);
    return nextMs;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const moving = heap[from]!;
    let index = from;
    while (true) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child += 1;
      if (heap[child]!.dueMs >= moving.dueMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = moving;
  }
}
