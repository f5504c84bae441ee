/** One attempt of a kind with everything real, as the prober makes it, and what must be true of every result. */
import assert from 'node:assert/strict';
import { reasonCodes, reasonSentence } from '../contract/src/reasons.ts';
import { outcomes, phasesSchema } from '../contract/src/vocabulary.ts';
import { runOnce } from '../server/src/capabilities/checks/api.ts';
import type { CheckKind, ProbeContext, ProbeResult } from '../server/src/capabilities/checks/kind.ts';
import { kindNamed } from '../server/src/capabilities/checks/registry.ts';
import { encodePointCode } from '../server/src/core/point-code.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import type { Network } from '../server/src/platform/network.ts';
import { createNetwork } from '../server/src/platform/resolver.ts';
import { Tally } from '../server/src/storage/sqlite/tally.ts';

export interface ProbeOptions {
  readonly timeoutMs?: number;
  readonly secrets?: readonly string[];
  readonly network?: Network;
}

export type SeenResult = ProbeResult & { readonly sentence: string; readonly facts: Readonly<Record<string, unknown>> };

/** Private addresses may be reached, as from a file. */
export const openNetwork = createNetwork({ allowPrivate: true, allow: [] }, systemClock);

/** Settings as they stand in a file, probed by the registered kind. */
export async function probeOnce(kind: string, settings: unknown, options: ProbeOptions = {}): Promise<SeenResult> {
  const { timeoutMs = 5_000, secrets = [], network = openNetwork } = options;
  const check = {
    ...{ key: 'peer/check', serviceId: 'peer', checkId: 'check', title: 'Check', kind, intervalMs: 10_000 },
    ...{ timeoutMs, retries: 0, downAfter: 1, upAfter: 1, missing: [], shownSpec: undefined, secrets },
    spec: kindNamed(kind).schema.parse(settings),
  };
  return seen((await runOnce(check, systemClock, network)).result);
}

/** The same for a kind that is not registered, such as one whose readings are made up. */
export async function probeKind(kind: CheckKind, settings: unknown, options: ProbeOptions = {}): Promise<SeenResult> {
  const { timeoutMs = 5_000, secrets = [], network = openNetwork } = options;
  let release = () => {};
  const context: ProbeContext = {
    clock: systemClock,
    network,
    timeoutMs,
    secrets,
    onDeadline(next) {
      release = next;
    },
  };
  const cancel = systemClock.setTimer(() => release(), timeoutMs);
  try {
    return seen(await kind.probe(kind.schema.parse(settings), context));
  } finally {
    cancel();
  }
}

function seen(result: ProbeResult): SeenResult {
  const facts = result.evidence?.facts ?? {};
  const whole = { ...result, facts, sentence: reasonSentence(result.reason, facts) };
  assertSound(whole);
  return whole;
}

/** What the seam promises of every result, whatever the kind and whatever the target did. */
export function assertSound(result: SeenResult): void {
  const { outcome, reason, phases, totalUs, observed, evidence, sentence } = result;
  const shown = JSON.stringify(result);
  assert.ok(outcomes.includes(outcome), shown);
  assert.ok(reasonCodes.includes(reason), `a reason of the closed list: ${shown}`);
  assert.doesNotMatch(sentence, /\?$|\? |undefined|\[object/, `a sentence with its gaps filled: ${shown}`);
  phasesSchema.parse(phases);
  assert.ok(Number.isInteger(totalUs) && totalUs >= 0, shown);
  const sumUs = Object.values(phases).reduce<number>((sum, lapUs = 0) => sum + lapUs, 0);
  assert.ok(sumUs <= totalUs, `phases of ${sumUs} µs in a total of ${totalUs} µs: ${shown}`);
  assert.equal(evidence === undefined, outcome === 'pass', `evidence exactly where it is no pass: ${shown}`);
  for (const value of Object.values(observed)) assert.notEqual(typeof value, 'object', shown);
  assert.ok((evidence?.body ?? '').length <= 4_096, 'at most 4 KiB of the body');
  // What did not pass leaves no trace in latency figures, nor does a cold start; what passed is one sample.
  const tally = new Tally();
  tally.add(encodePointCode({ outcome, reason, suspect: false, missed: false, attempts: 1 }), totalUs);
  const isSample = (outcome === 'pass' || outcome === 'degraded') && reason !== 'cold-start';
  assert.equal(tally.sampled, isSample ? 1 : 0, shown);
}
