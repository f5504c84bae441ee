/** Results on their way out of the worker: columns of small integers, and texts only where something changed. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { encodePointCode, type PointMeaning } from '../../core/point-code.ts';
import type { Evidence, ProbeResult } from '../checks/kind.ts';
import type { ObservedFacts, ResultBatch } from './results.ts';

/** A `ResultBatch` with numbers in place of keys. */
export interface PackedBatch extends Omit<ResultBatch, 'keys'> {
  readonly ids: readonly number[];
}

/** What was last sent about a check, so that only changes travel. */
export interface SentBefore {
  failure: { readonly sameness: string; readonly digest: string } | undefined;
  observed: ObservedFacts | undefined;
}

/** What of a result goes into a batch. */
export type ResultRow = Pick<ProbeResult, 'phases' | 'totalUs' | 'observed' | 'evidence'>;

export class BatchBuilder {
  #ids: number[] = [];
  #slotMs: number[] = [];
  #codes: number[] = [];
  #values: number[] = [];
  #details: ResultBatch['details'][number][] = [];
  #observed: ResultBatch['observed'][number][] = [];

  get rows(): number {
    return this.#ids.length;
  }

  add(id: number, slotMs: number, meaning: PointMeaning, result: ResultRow, sent: SentBefore): void {
    const row = this.#ids.length;
    const { phases } = result;
    this.#ids.push(id);
    this.#slotMs.push(slotMs);
    this.#codes.push(encodePointCode(meaning));
    this.#values.push(
      result.totalUs,
      phases.dnsUs ?? -1,
      phases.connectUs ?? -1,
      phases.tlsUs ?? -1,
      phases.waitUs ?? -1,
      phases.transferUs ?? -1,
    );
    if (meaning.outcome === 'pass') sent.failure = undefined;
    else if (result.evidence !== undefined) this.#addDetail(row, meaning, result.evidence, sent);
    if (!meaning.missed && !sameFacts(sent.observed, result.observed)) {
      sent.observed = result.observed;
      this.#observed.push({ row, facts: result.observed });
    }
  }

  #addDetail(row: number, meaning: PointMeaning, evidence: Evidence, sent: SentBefore): void {
    const sameness = samenessOf(meaning, evidence);
    if (sent.failure?.sameness === sameness) {
      this.#details.push({ row, digest: sent.failure.digest, evidence: undefined });
      return;
    }
    const digest = createHash('sha256').update(canonicalize(evidence)!).digest('hex');
    sent.failure = { sameness, digest };
    this.#details.push({ row, digest, evidence });
  }

  /** Everything added since the last call. */
  take(): PackedBatch {
    const batch = {
      ids: this.#ids,
      slotMs: this.#slotMs,
      codes: this.#codes,
      values: this.#values,
      details: this.#details,
      observed: this.#observed,
    };
    this.#ids = [];
    this.#slotMs = [];
    this.#codes = [];
    this.#values = [];
    this.#details = [];
    this.#observed = [];
    return batch;
  }
}

/** A missed slot or an unconfigured check: no time was taken, nothing was seen. */
export function emptyRow(facts: Evidence['facts']): ResultRow {
  return { phases: {}, totalUs: -1, observed: {}, evidence: { facts } };
}

function sameFacts(left: ObservedFacts | undefined, right: ObservedFacts): boolean {
  if (left === undefined) return false;
  let count = 0;
  for (const name in right) {
    if (left[name] !== right[name]) return false;
    count += 1;
  }
  return count === Object.keys(left).length;
}

/**
 * What makes two failures the same one. Headers (dates, request ids) are left out and long tokens and digits of the body
 * blurred: pages of errors carry a time or a number of their own each time, and each would be kept as a new failure.
 */
function samenessOf({ reason, outcome }: PointMeaning, { facts, statusCode, body }: Evidence): string {
  const blurred = body?.replace(/[\w+/=-]{16,}/g, '#').replace(/\d+/g, '#');
  return JSON.stringify([outcome, reason, statusCode, facts, blurred]);
}
