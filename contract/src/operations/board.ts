import { z } from 'zod';
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
});
export type BoardView = z.infer<typeof boardGet.output>;
