/** What other parts of Pitwall see of the configuration. */
import type { Rename } from '../history/api.ts';
import type { WatchedService } from '../services/api.ts';
import type { ConfigFault } from './faults.ts';

export type { ConfigFault } from './faults.ts';

/** A channel that the file declares. */
export interface ConfiguredChannel {
  readonly channelId: string;
  readonly kind: string;
  /** As written, variables unfilled, secrets left out: what the page shows. */
  readonly shownTarget: string;
  /** Variables or files that are not there; while there are any, nobody is told through it. */
  readonly missing: readonly string[];
  /** What its kind's schema made of it; absent while something is missing. */
  readonly settings: unknown;
}

/** What a valid file says. */
export interface ParsedConfig {
  readonly services: readonly WatchedService[];
  readonly channels: readonly ConfiguredChannel[];
  /** Where Pitwall looks whether it has a way out itself. */
  readonly gates: readonly string[];
  /** The `was:` of the file. */
  readonly renames: readonly Rename[];
  readonly server: {
    readonly port?: number | undefined;
    readonly publicUrl?: string | undefined;
    readonly allowAddresses?: readonly string[] | undefined;
  };
  /** Things that do not stop the start, such as variables that are not set. */
  readonly warnings: readonly ConfigFault[];
}

export interface LoadedConfig extends ParsedConfig {
  readonly file: string;
  readonly loadedAtMs: number;
  /** Of the text that was read: `watchConfig` starts from it, so that no change in between is missed. */
  readonly digest: string;
}
