/** Kind `way-out`: whether Pitwall itself can reach what lies outside, by the gates it asks when something fails. */
import { z } from 'zod';
import { type DeriveContext, defineDerivedKind, type ProbeResult } from '../kind.ts';

const wayOutSchema = z.strictObject({});

export const wayOutKind = defineDerivedKind<z.output<typeof wayOutSchema>>({
  kind: 'way-out',
  title: 'Pitwall’s own way out',
  schema: wayOutSchema,
  secretPaths: [],
  timing: { intervalMs: 5_000, downAfter: 2, upAfter: 1 },
  describe: () => 'no gate is shut',
  derive: (_, context) => judgeWayOut(context),
});

function judgeWayOut({ knowledge }: DeriveContext): ProbeResult {
  const gate = knowledge.shutGate?.();
  const seen = { phases: {}, totalUs: -1, observed: {} };
  if (gate === undefined) return { ...seen, outcome: 'pass', reason: 'expectations-met' };
  // It still watches what is on this machine and tells of it later, so it is not down.
  return { ...seen, outcome: 'degraded', reason: 'gate-shut', evidence: { facts: { gate } } };
}
