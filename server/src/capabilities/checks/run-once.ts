/** One check now, outside any schedule: attempts until one passes or none is left; the last decides. */
import type { Clock } from '../../platform/clock.ts';
import type { Network } from '../../platform/network.ts';
import type { WatchedCheck } from '../services/api.ts';
import type { ProbeResult } from './kind.ts';
import { kindNamed } from './registry.ts';

export interface OnceOutcome {
  readonly result: ProbeResult;
  /** How many were made; 0 where the check is not configured. */
  readonly attempts: number;
  readonly atMs: number;
}

/** The pause before a further attempt: long enough for a restart of a connection, short enough to stay in the slot. */
const pauseMs = 500;

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
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt(check, clock, network);
    if (result.outcome === 'pass' || attempts > check.retries) return { result, attempts, atMs };
    await clock.sleep(pauseMs);
  }
}

async function attempt(check: WatchedCheck, clock: Clock, network: Network): Promise<ProbeResult> {
  let release: (() => void) | undefined;
  let passed = false;
  const cancel = clock.setTimer(() => {
    passed = true;
    release?.();
  }, check.timeoutMs);
  try {
    return await kindNamed(check.kind).probe(check.spec, {
      clock,
      network,
      timeoutMs: check.timeoutMs,
      secrets: check.secrets,
      onDeadline(next) {
        release = next;
        if (passed) next();
      },
    });
  } finally {
    cancel();
  }
}
