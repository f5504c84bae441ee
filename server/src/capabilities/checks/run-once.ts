/** One check now, outside any schedule: attempts until one does not fail or none is left; the last decides. */
import type { Clock } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import type { WatchedCheck } from '../services/api.ts';
import { type CheckKind, internalError, isDerived, type ProbeResult } from './kind.ts';
import { kinds } from './registry.ts';

export interface OnceOutcome {
  readonly result: ProbeResult;
  /** How many were made; 0 where the check is not configured. */
  readonly attempts: number;
  readonly atMs: number;
}

/** The pause before a further attempt: long enough for a restart of a connection, short enough to stay in the slot. */
const pauseMs = 500;
/** A kind that does not come back after its sockets were freed is left behind: whoever asked must get an answer. */
const graceMs = 1_000;

export async function runOnce(check: WatchedCheck, clock: Clock, network: Network): Promise<OnceOutcome> {
  const atMs = clock.nowMs();
  if (check.missing.length > 0) {
    const missing = check.missing.join(', ');
    const evidence = { facts: { missing } };
    const result = {
      outcome: 'unknown',
      reason: 'not-configured',
      phases: {},
      totalUs: -1,
      observed: {},
      evidence,
    } as const;
    return { result, attempts: 0, atMs };
  }
  const kind = kinds.get(check.kind);
  if (kind === undefined) return { result: internalError({ code: `no kind ${check.kind}` }, -1), attempts: 0, atMs };
  if (isDerived(kind)) {
    const nothing = { phases: {}, totalUs: -1, observed: {} };
    const result = { ...nothing, outcome: 'unknown', reason: 'needs-running', evidence: { facts: {} } } as const;
    return { result, attempts: 0, atMs };
  }
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt(kind, check, clock, network);
    if (result.outcome !== 'fail' || attempts > check.retries) return { result, attempts, atMs };
    await clock.sleep(pauseMs);
  }
}

/** Never throws: an error of a kind ends as its result, as in the prober. */
async function attempt(kind: CheckKind, check: WatchedCheck, clock: Clock, network: Network): Promise<ProbeResult> {
  const startUs = clock.monotonicUs();
  const failed = (error: unknown) => internalError(error, clock.monotonicUs() - startUs);
  const { promise: leftBehind, resolve: leaveBehind } = Promise.withResolvers<ProbeResult>();
  let release: (() => void) | undefined;
  let passed = false;
  let cancel = clock.setTimer(() => {
    passed = true;
    cancel = clock.setTimer(() => leaveBehind(failed({ code: 'did not end in time' })), graceMs);
    release?.();
  }, check.timeoutMs);
  try {
    const probed = kind.probe(check.spec, {
      clock,
      network,
      timeoutMs: check.timeoutMs,
      secrets: check.secrets,
      onDeadline(next) {
        release = next;
        if (passed) next();
      },
    });
    return await Promise.race([probed, leftBehind]);
  } catch (error) {
    return failed(error);
  } finally {
    cancel();
  }
}
