/** Kind `group`: well when enough of other services or checks are. Judged from what they were last found to be. */
import { z } from 'zod';
import type { Status } from '../../../../../contract/src/vocabulary.ts';
import { type DeriveContext, defineDerivedKind, type ProbeResult } from '../kind.ts';

const memberName = z.string().regex(/^[a-z0-9-]+(?:\/[a-z0-9-]+)?$/, 'not a service, or service/check');

const groupSchema = z
  .strictObject({
    members: z
      .array(
        z.union([
          memberName,
          z.strictObject({
            of: memberName.describe('The service, or service/check'),
            weight: z.number().positive().max(1_000).describe('How much it counts'),
          }),
        ]),
      )
      .min(1)
      .max(200)
      .describe('Services, or checks as service/check; `{of: …, weight: 2}` where one counts more'),
    needs: z
      .union([z.enum(['all', 'any', 'majority']), z.number().positive()])
      .optional()
      .meta({
        description: 'How many must be well: `all`, `any`, `majority`, or a number (of weights, where there are any)',
        default: 'all',
      }),
  })
  .superRefine(({ members, needs }, context) => {
    const total = members.map(toMember).reduce((sum, { weight }) => sum + weight, 0);
    if (typeof needs === 'number' && needs > total) {
      const message = `needs ${needs}, and all members together are ${total}`;
      context.addIssue({ code: 'custom', path: ['needs'], message, params: { fix: `write at most ${total}` } });
    }
    const names = members.map((member) => toMember(member).of);
    const twice = names.findIndex((name, index) => names.indexOf(name) < index);
    if (twice >= 0) {
      const message = `${names[twice]} stands here twice`;
      context.addIssue({ code: 'custom', path: ['members', twice], message, params: { fix: 'name it once' } });
    }
  });
type GroupSpec = z.output<typeof groupSchema>;

interface Member {
  readonly of: string;
  readonly weight: number;
}

function toMember(member: GroupSpec['members'][number]): Member {
  return typeof member === 'string' ? { of: member, weight: 1 } : member;
}

export const groupKind = defineDerivedKind<GroupSpec>({
  kind: 'group',
  title: 'Group',
  schema: groupSchema,
  secretPaths: [],
  timing: { intervalMs: 5_000, downAfter: 1, upAfter: 1 },
  subjects: ({ members }) => members.map((member) => toMember(member).of),
  describe: ({ well, count }) => (well === undefined ? 'not judged yet' : `${well} of ${count} are well`),
  derive: judgeGroup,
});

/** A degraded member still does its work; one under maintenance is missing without being at fault. */
const isWell: Readonly<Record<Status, boolean>> = {
  up: true,
  degraded: true,
  down: false,
  unknown: false,
  maintenance: false,
};

function judgeGroup({ members, needs = 'all' }: GroupSpec, { knowledge }: DeriveContext): ProbeResult {
  const known = members.map(toMember).map((member) => {
    const found = knowledge.statusOf(member.of);
    return { ...member, title: found?.title ?? member.of, status: found?.status ?? ('unknown' as const) };
  });
  const weigh = (some: readonly Member[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  const total = weigh(known);
  const needed =
    needs === 'all' ? total : needs === 'any' ? Number.MIN_VALUE : needs === 'majority' ? total / 2 : needs;
  const enough = (weight: number) => (needs === 'majority' ? weight > needed : weight >= needed);
  const well = known.filter(({ status }) => isWell[status]);
  const undecided = known.filter(({ status }) => status === 'unknown' || status === 'maintenance');
  const troubled = known.filter(({ status }) => status === 'down' || status === 'degraded');
  const missing = known.filter(({ status }) => !isWell[status] || status === 'degraded');
  const facts = {
    well: weigh(well),
    count: total,
    needed: needs === 'majority' ? 'more than half' : needs === 'any' ? 1 : needed,
    members: missing.map(({ title, status }) => `${title} (${status})`).join(', '),
  };
  const base = { phases: {}, totalUs: -1, observed: { well: weigh(well), count: total } };
  const judged = (outcome: ProbeResult['outcome'], reason: ProbeResult['reason']): ProbeResult =>
    outcome === 'pass' ? { ...base, outcome, reason } : { ...base, outcome, reason, evidence: { facts } };
  if (enough(weigh(well)))
    return troubled.length === 0 ? judged('pass', 'members-well') : judged('degraded', 'members-degraded');
  // Were those that are not known well, it would be enough: then it is not known either.
  if (enough(weigh(well) + weigh(undecided))) return judged('unknown', 'members-missing');
  return judged('fail', 'members-missing');
}
