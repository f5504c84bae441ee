/** Looks at the configuration file again whenever it changes; a bad one leaves the one before it running. */
import type { Clock } from '../../platform/clock.ts';
import { readTextFile, watchTextFile } from '../../platform/text-file.ts';
import type { ConfigFault, LoadedConfig } from './api.ts';
import { ConfigError, digestOf, type LoadOptions, largestConfigBytes, loadConfig } from './load.ts';

/** Editors write in several steps; what follows within this time belongs to the same change. */
const settleMs = 150;

export interface WatchOptions extends Omit<LoadOptions, 'nowMs'> {
  readonly clock: Clock;
  /** Of the configuration that runs. */
  readonly digest: string;
  readonly onConfig: (config: LoadedConfig) => void;
  /** The file has mistakes now: keep the configuration before it and say so. */
  readonly onFaults: (faults: readonly ConfigFault[]) => void;
  /** It could not even be judged: a mistake of Pitwall's own. */
  readonly onFatal: (error: unknown) => void;
  /** For tests: instead of watching the folder. */
  readonly watch?: (file: string, onTouched: () => void) => () => void;
}

export interface ConfigWatch {
  /** Loads now, changed or not: for SIGHUP, and because a variable's file may have changed. */
  reload(): Promise<void>;
  stop(): void;
}

/** Starts watching; the first load is the caller's, so that a bad file stops the start. */
export function watchConfig(options: WatchOptions): ConfigWatch {
  let stopped = false;
  let cancelTimer: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();
  let lastDigest: string | undefined = options.digest;

  const loadOnce = async (always: boolean): Promise<void> => {
    const digest = await digestOfFile(options.file);
    // A touched folder is not a changed file: access times, or an editor's swap file with the same end.
    if (stopped || (!always && digest !== undefined && digest === lastDigest)) return;
    try {
      const config = await loadConfig({ ...options, nowMs: options.clock.nowMs() });
      if (!stopped) options.onConfig(config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (!stopped) options.onFaults(error.faults);
    }
    lastDigest = digest;
  };
  // One after the other, so that an older content never overtakes a newer one.
  const enqueue = (always: boolean): Promise<void> => {
    const next = running.then(() => loadOnce(always));
    // One that failed in an unforeseen way must not end all later ones.
    running = next.catch(() => {});
    return next;
  };
  const onTouched = (): void => {
    cancelTimer?.();
    cancelTimer = options.clock.setTimer(() => enqueue(false).catch(options.onFatal), settleMs);
  };
  const unwatch = options.watch?.(options.file, onTouched) ?? watchTextFile(options.file, options.clock, onTouched);
  return {
    reload: () => enqueue(true),
    stop() {
      stopped = true;
      cancelTimer?.();
      unwatch();
    },
  };
}

async function digestOfFile(file: string): Promise<string | undefined> {
  const text = await readTextFile(file, largestConfigBytes).catch(() => undefined);
  return text === undefined ? undefined : digestOf(text);
}
