/**
 * The seam of check kinds: a kind is one file that calls `defineKind` (it asks something out there) or
 * `defineDerivedKind` (it is judged from what Pitwall holds already), and one line in `registry.ts`.
 */
import type { z } from 'zod';
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import type { Outcome, Phases, Status } from '../../../../contract/src/vocabulary.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import type { JobRecord } from './kinds/heartbeat/job-record.ts';

/** What came back when it was not what was wanted: kept for the first, the last and each changed failure. */
export interface Evidence {
  /** Flat facts: what was compared, addresses, counts. Fills the gaps of the reason's sentence. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly statusCode?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** At most the first 4 KiB, as text, redacted. */
  readonly body?: string;
}

export interface ProbeResult {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly phases: Phases;
  /** From the start of the attempt to its verdict; −1 where no time was taken. */
  readonly totalUs: number;
  /** What was seen, whether good or bad, in a few short facts: `status`, `sizeBytes`, `freeBytes` … */
  readonly observed: Readonly<Record<string, string | number | boolean>>;
  /** Absent where the outcome is `pass`. */
  readonly evidence?: Evidence;
}

export interface ProbeContext {
  readonly clock: Clock;
  /** Connections with the address policy inside. */
  readonly network: Network;
  /** The attempt must be over, its sockets freed, when this much time has gone; the prober then calls what follows. */
  readonly timeoutMs: number;
  /**
   * Says how to end the attempt early: the function frees every socket and lets `probe` return its time-out result.
   * A later call replaces the earlier; where the time is up already it is called at once. (An AbortSignal per attempt
   * costs more than the whole scheduler.)
   */
  onDeadline(release: () => void): void;
  /** Values that must not appear in evidence. */
  readonly secrets: readonly string[];
}

interface KindBase<S> {
  readonly kind: string;
  readonly title: string;
  readonly schema: z.ZodType<S>;
  /** Dotted paths into the spec whose values are secrets, such as `headers.*` or `body`. */
  readonly secretPaths: readonly string[];
  /** Sentence for the page on what a pass shows, such as “page 200 in 14 ms”, made from the last observation. */
  describe(observed: Readonly<Record<string, string | number | boolean>>, totalUs: number): string;
}

/** A kind that asks something out there, in the prober's thread. */
export interface CheckKind<S = unknown> extends KindBase<S> {
  /** The shortest time-out that makes sense of these settings, where they say. */
  leastTimeoutMs?(spec: S): number | undefined;
  probe(spec: S, context: ProbeContext): Promise<ProbeResult>;
}

/** What a service or a check is, as it was last committed. */
export interface KnownStatus {
  readonly title: string;
  readonly status: Status;
}

/** What Pitwall holds itself, for kinds that are judged from it. */
export interface Knowledge {
  /** Of a service, or of a check as `service/check`; undefined where there is none of that name. */
  statusOf(subject: string): KnownStatus | undefined;
  /** What a job reported, by its check's key (capabilities/jobs); undefined before its first report. */
  jobOf(key: string): JobRecord | undefined;
  /** The gate that keeps Pitwall from everything outside, in words; undefined while there is a way out. */
  shutGate?(): string | undefined;
}

export interface DeriveContext {
  /** `service/check` */
  readonly key: string;
  /** The instant that is judged: the slot. */
  readonly atMs: number;
  readonly watchedSinceMs: number;
  readonly knowledge: Knowledge;
}

export interface DerivedTiming {
  readonly intervalMs: number;
  readonly downAfter: number;
  readonly upAfter: number;
}

/** A kind that is judged on the main thread from what is known there: nothing is asked, no time is taken. */
export interface DerivedKind<S = unknown> extends KindBase<S> {
  /** In place of the defaults of checks that ask: there is nothing to try again. */
  readonly timing: DerivedTiming;
  /** Services, or checks as `service/check`, that the spec names; each must exist. */
  subjects?(spec: S): readonly string[];
  /** Pure. */
  derive(spec: S, context: DeriveContext): ProbeResult;
}

export type AnyKind = CheckKind | DerivedKind;

export function isDerived(kind: AnyKind): kind is DerivedKind {
  return 'derive' in kind;
}

/** The result where a kind itself failed: it says nothing about the target. */
export function internalError(error: unknown, totalUs: number): ProbeResult {
  const { code, name } = error as { code?: unknown; name?: unknown };
  // Never the message: it may hold what the check sent.
  const facts = { code: String(code ?? name ?? 'error') };
  return { outcome: 'unknown', reason: 'internal-error', phases: {}, totalUs, observed: {}, evidence: { facts } };
}

export function defineKind<S>(kind: CheckKind<S>): CheckKind<S> {
  return kind;
}

export function defineDerivedKind<S>(kind: DerivedKind<S>): DerivedKind<S> {
  return kind;
}
