/** What is watched, wherever it was declared: the file, the page, or Pitwall itself. */
import type { Criticality, Origin, ShopTile } from '../../../../contract/src/vocabulary.ts';

export interface WatchedCheck {
  /** `service/check`: stable, the key of its series. */
  readonly key: string;
  readonly serviceId: string;
  readonly checkId: string;
  readonly title: string;
  readonly kind: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Further attempts inside the same slot before the result counts. */
  readonly retries: number;
  readonly downAfter: number;
  readonly upAfter: number;
  /** The kind's own settings, validated by its schema, variables filled in. May hold secrets: never shown. */
  readonly spec: unknown;
  /** The same as written, `${NAME}` unfilled: what the page shows. */
  readonly shownSpec: unknown;
  /** The values in `spec` that must never appear in evidence. */
  readonly secrets: readonly string[];
  /** Variables or files that are not there; while there are any the check is `unknown: not configured`. */
  readonly missing: readonly string[];
}

export interface WatchedService {
  readonly serviceId: string;
  readonly title: string;
  readonly tile: ShopTile | undefined;
  readonly criticality: Criticality;
  readonly facesCustomers: boolean;
  readonly dependsOn: readonly string[];
  readonly origin: Origin;
  /** What the services are called in shop words, when this one stops: “Chat replies”. */
  readonly ability: string | undefined;
  readonly checks: readonly WatchedCheck[];
}

/** Longest time from a slot to its result, all attempts and a second before each that confirms: then silence is judged. */
export function longestSlotMs(check: Pick<WatchedCheck, 'retries' | 'timeoutMs' | 'upAfter'>): number {
  return (check.retries + 1) * (check.timeoutMs + 1_000) + (check.upAfter - 1) * 1_000;
}
