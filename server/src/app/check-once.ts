/** `./pitwall check --config FILE --once`: every check of a file, once, now. */
import type { CheckLine } from '../../../contract/src/check-line.ts';
import { reasonSentence } from '../../../contract/src/reasons.ts';
import { type OnceOutcome, runOnce } from '../capabilities/checks/api.ts';
import type { WatchedCheck } from '../capabilities/services/api.ts';
import { systemClock } from '../platform/clock.ts';
import { createNetwork } from '../platform/resolver.ts';
import { type Print, readConfig } from './validate.ts';

export async function checkOnce(
  options: { readonly config: string; readonly json: boolean },
  out: Print,
): Promise<number> {
  const config = await readConfig(options.config);
  // What the file names may be private: it was written by whoever owns this machine.
  const network = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
  const checks = config.services.flatMap((service) => service.checks);
  const lines = await Promise.all(
    checks.map(async (check) => lineOf(check, await runOnce(check, systemClock, network))),
  );
  for (const line of lines) out(`${options.json ? JSON.stringify(line) : readable(line)}\n`);
  return lines.every((line) => line.outcome === 'pass' || line.outcome === 'degraded') ? 0 : 1;
}

function lineOf(check: WatchedCheck, { result, attempts, atMs }: OnceOutcome): CheckLine {
  const { evidence } = result;
  return {
    service: check.serviceId,
    check: check.checkId,
    kind: check.kind,
    outcome: result.outcome,
    reason: result.reason,
    sentence: reasonSentence(result.reason, evidence?.facts),
    atMs,
    totalUs: result.totalUs < 0 ? null : result.totalUs,
    phases: { ...result.phases },
    attempts,
    observed: { ...result.observed },
    ...(evidence === undefined
      ? {}
      : {
          evidence: { ...evidence, headers: evidence.headers?.map(([n, v]) => [n, v]) } as NonNullable<
            CheckLine['evidence']
          >,
        }),
  };
}

function readable({ service, check, outcome, sentence, totalUs }: CheckLine): string {
  const time = totalUs === null ? '' : ` (${(totalUs / 1_000).toFixed(1)} ms)`;
  return `${outcome.padEnd(8)} ${service}/${check}: ${sentence}${time}`;
}
