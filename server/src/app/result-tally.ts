/** How many results each check gave since the start, by outcome: counters, which begin anew with each start. */
import { type Outcome, outcomes } from '../../../contract/src/vocabulary.ts';
import type { ResultBatch } from '../capabilities/prober/api.ts';
import { decodePointCode } from '../core/point-code.ts';

export interface ResultTally {
  take(batch: Pick<ResultBatch, 'keys' | 'codes'>): void;
  /** undefined before the first result. */
  of(key: string): Readonly<Record<Outcome, number>> | undefined;
  /** What is not watched any more is forgotten. */
  keep(keys: readonly string[]): void;
}

export function createResultTally(): ResultTally {
  let counts = new Map<string, Record<Outcome, number>>();
  return {
    take({ keys, codes }) {
      keys.forEach((key, row) => {
        const { outcome, missed } = decodePointCode(codes[row]!);
        if (missed) return;
        let count = counts.get(key);
        if (count === undefined) {
          count = Object.fromEntries(outcomes.map((name) => [name, 0])) as Record<Outcome, number>;
          counts.set(key, count);
        }
        count[outcome] += 1;
      });
    },
    of: (key) => counts.get(key),
    keep(keys) {
      const kept = new Set(keys);
      counts = new Map([...counts].filter(([key]) => kept.has(key)));
    },
  };
}
