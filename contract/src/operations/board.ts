import { z } from 'zod';
import { conciseAdviceSchema, conciseFactSchema, conciseServiceSchema } from '../concise.ts';
import { defineOperation } from '../operation.ts';
import { adviceSchema, nextStepSchema, proposalViewSchema, serviceViewSchema, verdictSchema } from '../views.ts';
import { statusSchema } from '../vocabulary.ts';

/** A row of a tile whose figure is not there yet says what would fill it. */
const fillSchema = z.strictObject({ label: z.string(), text: z.string(), next: nextStepSchema.nullable() });

const fastRowSchema = z.strictObject({
  key: z.string().describe('service/check'),
  serviceId: z.string(),
  title: z.string(),
  status: statusSchema,
  /** p95 per half hour over 24 h in µs, null where nothing was sampled; 48 places, the last is now. */
  spark: z.array(z.int().nullable()),
  figureUs: z.int().nullable(),
  figureName: z.enum(['p95', 'slowest']).describe('p95 needs 20 results'),
  sampledCount: z.int(),
  limitUs: z.int().nullable(),
  failCount: z.int(),
  tellingCount: z.int(),
});

export const boardGet = defineOperation({
  name: 'board.get',
  summary: 'Everything on one screen: what is wrong, since when, what it costs, who has it, what to do next.',
  http: { method: 'GET', path: '/board' },
  input: z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(90) }),
  output: z.strictObject({
    atMs: z.int(),
    startedAtMs: z.int(),
    firstRun: z.boolean().describe('Nothing but Pitwall and this host is watched yet'),
    demo: z.boolean(),
    verdict: verdictSchema,
    abilities: z
      .array(z.strictObject({ title: z.string(), status: statusSchema, detail: z.string(), serviceId: z.string() }))
      .describe('At most six things customers can do'),
    upNow: z.strictObject({
      line: z.string().describe('“7 of 12 up, 1 down …”'),
      groups: z.array(z.strictObject({ title: z.string().nullable(), services: z.array(serviceViewSchema) })),
    }),
    proposals: z.array(proposalViewSchema),
    leftAlone: z.array(z.int()).describe('Listening ports that were not asked'),
    whatNext: z.array(adviceSchema),
    fastEnough: z.strictObject({ line: z.string(), rows: z.array(fastRowSchema), fills: z.array(fillSchema) }),
    promises: z.strictObject({
      line: z.string(),
      offers: z.array(z.strictObject({ title: z.string(), allows: z.string() })),
      note: z.string(),
    }),
    safeToLose: z.strictObject({
      line: z.string(),
      rows: z.array(
        z.strictObject({ title: z.string(), value: z.string(), detail: z.string(), status: statusSchema.nullable() }),
      ),
    }),
    pitwall: z.strictObject({
      line: z.string().describe('“Pitwall itself is well: 42 checks a minute, 0 late”'),
      address: z.string(),
      dataDir: z.string(),
      dataBytes: z.int(),
      version: z.string(),
    }),
    banners: z.array(
      z.strictObject({
        tone: z.enum(['down', 'unknown', 'maintenance']),
        text: z.string(),
        next: nextStepSchema.nullable(),
      }),
    ),
  }),
  scope: 'board:read',
  effect: 'read',
  errors: [],
  mcp: false,
});
export type BoardView = z.infer<typeof boardGet.output>;

const troubleSchema = conciseServiceSchema.extend({
  facesCustomers: z.boolean(),
  because: z.array(z.string()).describe('Services it needs that are in trouble too: look there first'),
  checks: z
    .array(z.strictObject({ checkId: z.string(), status: statusSchema, why: z.string() }))
    .describe('Its checks that are not up, three at most'),
});

export const boardBrief = defineOperation({
  name: 'board.brief',
  summary: 'What is wrong, why, since when, and what to do next, in a few lines, with ids to dig deeper.',
  http: { method: 'GET', path: '/board/brief' },
  input: z.strictObject({
    limit: z.coerce.number().int().min(1).max(50).default(10).describe('Services in trouble to name at most'),
  }),
  output: z.strictObject({
    atMs: z.int().describe('Now, in milliseconds since 1970, UTC'),
    verdict: z.string().describe('The one sentence that stands first on the page'),
    facts: z.array(conciseFactSchema).describe('Affected, since when, what it costs, who was told'),
    counts: z.strictObject({
      up: z.int(),
      degraded: z.int(),
      down: z.int(),
      unknown: z.int(),
      maintenance: z.int(),
    }),
    wrong: z.array(troubleSchema).describe('Services that are down, degraded or unknown: worst first'),
    moreWrong: z.int().describe('How many more there are than are named'),
    next: z.array(conciseAdviceSchema).describe('The most worth doing first, five at most'),
    notices: z.array(z.string()).describe('What is wrong with Pitwall’s own sight or memory'),
    pitwall: z.string().describe('Whether Pitwall itself is well'),
  }),
  scope: 'board:read',
  effect: 'read',
  errors: [],
  mcp: {
    tool: 'what_is_wrong',
    title: 'What is wrong now',
    description:
      'Start here. Says what is wrong in the shop right now, why, since when, whom it affects and what to do next, worst first. Then get_service with a serviceId goes deeper. An empty `wrong` means that all is well.',
    resource: 'pitwall://board',
  },
  examples: [{ limit: 5 }],
});
export type BoardBrief = z.infer<typeof boardBrief.output>;
