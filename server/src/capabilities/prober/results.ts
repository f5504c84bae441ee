/** What the prober hands over: results in columns, so that a thousand of them cost one message. */
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import type { Evidence } from '../checks/kind.ts';

export type ObservedFacts = Readonly<Record<string, string | number | boolean>>;

/** Row i of every column belongs together; `values` has six places a row (storage/store.ts checkColumns). */
export interface ResultBatch {
  /** `service/check` of each row. */
  readonly keys: readonly string[];
  readonly slotMs: readonly number[];
  /** core/point-code.ts */
  readonly codes: readonly number[];
  /** total, dns, connect, tls, wait, transfer in µs; −1 where absent. */
  readonly values: readonly number[];
  /** Sparse: only rows whose outcome is not `pass`. The body travels only when it differs from that check's last. */
  readonly details: readonly {
    readonly row: number;
    /** SHA-256 of the canonical evidence, hex. */
    readonly digest: string;
    readonly evidence: Evidence | undefined;
  }[];
  /** Sparse: what was seen, only where it differs from that check's last. */
  readonly observed: readonly { readonly row: number; readonly facts: ObservedFacts }[];
}

/** What happened to the prober itself, beside results. */
export type ProberEvent =
  /** The machine's clock was set. Slots go on as before; `offsetMs` is how far they are now from the wall clock. */
  | { readonly kind: 'clock-step'; readonly atMs: number; readonly stepMs: number; readonly offsetMs: number }
  /** More missed slots of one check than are worth a row each: these come after the rows. `toMs` is exclusive. */
  | {
      readonly kind: 'slots-missed';
      readonly key: string;
      readonly reason: ReasonCode;
      readonly fromMs: number;
      readonly toMs: number;
      readonly count: number;
    }
  /** A gate was found shut, or (undefined) is open again: Pitwall has no way out, or has one. */
  | { readonly kind: 'way-out'; readonly atMs: number; readonly gate: string | undefined }
  /** The worker died and another took over; slots between are recorded as `missed-prober-restarted`. */
  | { readonly kind: 'restarted'; readonly atMs: number; readonly why: string };

export interface ProberStats {
  /** Results since the start of this worker, missed slots left out. */
  readonly results: number;
  /** Begun 20 ms or more after their slot. */
  readonly late: number;
  readonly missed: number;
  readonly suspect: number;
  /** Attempts under way. */
  readonly inFlight: number;
  readonly eventLoopDelayP99Ms: number;
  /** How far after its slot the latest one began. */
  readonly worstDeviationMs: number;
}

/** Before the first batch. */
export const noStats: ProberStats = {
  results: 0,
  late: 0,
  missed: 0,
  suspect: 0,
  inFlight: 0,
  eventLoopDelayP99Ms: 0,
  worstDeviationMs: 0,
};
