/** What the prober's two halves say to each other. */
import type { AddressPolicy } from '../../platform/network.ts';
import type { OnceOutcome } from '../checks/api.ts';
import type { WatchedCheck } from '../services/api.ts';
import type { NumberedCheck } from './engine.ts';
import type { PackedBatch } from './packed-batch.ts';
import type { ProberEvent, ProberStats } from './results.ts';

/** Given to the worker when it starts. */
export interface WorkerStart {
  readonly policy: AddressPolicy;
  readonly concurrency: number;
  /** The timeline's origin. Threads count monotonic time from different starts; the process's clock is common to all. */
  readonly startWallMs: number;
  readonly startProcessUs: number;
}

export type ToWorker =
  | {
      readonly kind: 'checks';
      readonly checks: readonly NumberedCheck[];
      /** When they were handed over: a worker that starts takes a while, and nothing due meanwhile may be forgotten. */
      readonly fromMs: number;
      /** After a restart: the last reported slot of each check by its number. */
      readonly lastSlotMs: ReadonlyMap<number, number> | undefined;
    }
  /** The operator's gates, in place of those before. */
  | { readonly kind: 'gates'; readonly targets: readonly string[] }
  | { readonly kind: 'once'; readonly request: number; readonly check: WatchedCheck }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'batch'; readonly batch: PackedBatch; readonly stats: ProberStats }
  | { readonly kind: 'event'; readonly event: ProberEvent }
  | { readonly kind: 'once'; readonly request: number; readonly outcome: OnceOutcome }
  | { readonly kind: 'stopped' };
