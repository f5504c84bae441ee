/**
 * Evidence goes with the raw points it explains; a body, which many results may share, with the last that refers to it.
 * The newest of each check stays: it is what one that fails for months still fails with, and the prober sends a body once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

const dispensable = `slot_ms < ? AND EXISTS (SELECT 1 FROM result_evidence AS newer
  WHERE newer.subject = result_evidence.subject AND newer.slot_ms > result_evidence.slot_ms)`;
const orphaned = `created_at_ms < ? AND NOT EXISTS
  (SELECT 1 FROM result_evidence WHERE result_evidence.digest = evidence.digest)`;

export class EvidenceKeeper {
  readonly #anyResult: StatementSync;
  readonly #anyBody: StatementSync;
  readonly #pruneResults: StatementSync;
  readonly #pruneBodies: StatementSync;
  /** Nothing older than this is left to drop: what stays though it is old is not looked at again each second. */
  #doneMs = Number.NEGATIVE_INFINITY;

  constructor(writer: DatabaseSync) {
    this.#anyResult = writer.prepare(`SELECT 1 FROM result_evidence WHERE ${dispensable} LIMIT 1`);
    this.#anyBody = writer.prepare(`SELECT 1 FROM evidence WHERE ${orphaned} LIMIT 1`);
    this.#pruneResults = writer.prepare(
      `DELETE FROM result_evidence WHERE (subject, slot_ms) IN
       (SELECT subject, slot_ms FROM result_evidence WHERE ${dispensable} ORDER BY slot_ms LIMIT ?)`,
    );
    this.#pruneBodies = writer.prepare(
      `DELETE FROM evidence WHERE digest IN
       (SELECT digest FROM evidence WHERE ${orphaned} ORDER BY created_at_ms LIMIT ?)`,
    );
  }

  isDue(cutoffMs: number): boolean {
    if (cutoffMs <= this.#doneMs) return false;
    if (this.#anyResult.get(cutoffMs) !== undefined || this.#anyBody.get(cutoffMs) !== undefined) return true;
    this.#doneMs = cutoffMs;
    return false;
  }

  /** Rows dropped; inside a transaction. */
  pruneStep(cutoffMs: number, most: number): number {
    if (cutoffMs <= this.#doneMs) return 0;
    const results = Number(this.#pruneResults.run(cutoffMs, most).changes);
    return results > 0 ? results : Number(this.#pruneBodies.run(cutoffMs, most).changes);
  }
}
