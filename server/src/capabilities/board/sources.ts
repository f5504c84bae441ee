/** What the board asks of the rest of Pitwall; app/ supplies it. */
import type { ProposalView } from '../../../../contract/src/views.ts';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import type { Store } from '../../storage/store.ts';
import type { AvailabilityBook } from '../history/api.ts';
import type { LiveService } from '../recording/api.ts';
import type { Describe } from './service-views.ts';

export interface ProberFigures {
  readonly checks: number;
  readonly checksPerMinute: number;
  readonly late: number;
  readonly missed: number;
  readonly eventLoopDelayP99Ms: number;
  readonly restarts: number;
}

export interface ConfigFigures {
  readonly file: string | undefined;
  readonly loadedAtMs: number | undefined;
  readonly faults: readonly {
    readonly line: number | null;
    readonly column: number | null;
    readonly path: string;
    readonly message: string;
    readonly fix: string;
  }[];
}

/** A message that arrived: when, through which channel, and which status it told of. */
export interface Told {
  readonly atMs: number;
  readonly channelId: string;
  readonly to: Status;
}

export interface ToldFigures {
  /** Those that would deliver. */
  readonly channels: number;
  /** Those whose newest message did not arrive. */
  readonly failingChannels: number;
  readonly failedMessages: number;
  /** The newest delivered message about each service. */
  readonly delivered: ReadonlyMap<string, Told>;
}

export interface BoardSources {
  readonly store: Store;
  readonly nowMs: () => number;
  /** What the machine's clock says, which may have been set. */
  readonly machineMs: () => number;
  readonly startedAtMs: number;
  readonly version: string;
  readonly address: string;
  readonly dataDir: string;
  readonly live: () => readonly LiveService[];
  readonly book: AvailabilityBook;
  readonly describe: Describe;
  readonly nextSlotMs: (checkKey: string) => number | undefined;
  readonly prober: () => ProberFigures;
  readonly config: () => ConfigFigures;
  readonly told: () => Promise<ToldFigures>;
  readonly proposals: () => { readonly proposals: readonly ProposalView[]; readonly leftAlone: readonly number[] };
  /** The store could not write; the sentence to show, or undefined. */
  readonly storeFault: () => string | undefined;
  /** Since when which gate keeps Pitwall from all that lies outside; undefined while it has a way out. */
  readonly shutGate: () => { readonly gate: string; readonly sinceMs: number } | undefined;
  readonly freeBytes: () => number;
}
