/** What the prober hands over: results in columns, so that a thousand of them cost one message. */
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
