/** What the page and agents see of services: shapes shared by several operations. */
import { z } from 'zod';
import {
  criticalitySchema,
  originSchema,
  outcomeSchema,
  phasesSchema,
  shopTileSchema,
  statusSchema,
} from './vocabulary.ts';

const ms = z.int();
const fact = z.union([z.string(), z.number(), z.boolean()]);

/** What to do about it: a page to open, an operation to call, a field to fill, or a command to copy. */
export const nextStepSchema = z.strictObject({
  label: z.string().describe('Verb first: “Choose who is told”'),
  kind: z.enum(['open', 'focus', 'call', 'copy', 'none']),
  /** open: a path on the page · focus: `add-address`, `add-channel`, `found` or `evidence` · call: an operation · copy: the text. */
  target: z.string(),
  input: z.record(z.string(), z.unknown()).optional().describe('For `call`: its input'),
});
export type NextStep = z.infer<typeof nextStepSchema>;

/** One thing worth doing, why, and the button for it. */
export const adviceSchema = z.strictObject({
  title: z.string(),
  why: z.string(),
  evidence: z.strictObject({ text: z.string(), href: z.string() }).nullable(),
  next: nextStepSchema,
});

/** One of the five answers that stand below a verdict, always in the same order and place. */
export const factViewSchema = z.strictObject({
  label: z.string(),
  strong: z.string(),
  rest: z.string().optional().describe('Continues the strong part in plain weight'),
  detail: z.string().optional(),
  evidence: z.strictObject({ text: z.string(), href: z.string() }).optional(),
});

export const verdictSchema = z.strictObject({
  parts: z.array(z.strictObject({ text: z.string(), status: statusSchema.nullable() })),
  facts: z.array(factViewSchema).describe('affected, since, cost, owner: in that order'),
  next: nextStepSchema.nullable(),
});

/** Days as one letter each: u up, g degraded, d down, n unknown, m maintenance, `.` not watched. */
export const stripSchema = z.strictObject({
  firstDayMs: ms.describe('Midnight UTC of the first letter'),
  days: z.string().describe('u up · g degraded · d down · n unknown · m maintenance · . not watched'),
  trouble: z
    .array(z.strictObject({ day: z.int(), downMs: z.int(), degradedMs: z.int(), unknownMs: z.int() }))
    .describe('Only days that were not wholly up, by index into days'),
});

export const uptimeSchema = z.strictObject({
  fromMs: ms,
  toMs: ms,
  upMs: z.int(),
  degradedMs: z.int().describe('Counted as up'),
  downMs: z.int(),
  unknownMs: z.int(),
  maintenanceMs: z.int(),
  ratio: z.number().nullable().describe('(up + degraded) ÷ (up + degraded + down); null while nothing is known'),
  unknownRatio: z.number().nullable().describe('Share of the watched time of which nothing is known'),
});

export const checkViewSchema = z.strictObject({
  key: z.string(),
  checkId: z.string(),
  title: z.string(),
  kind: z.string(),
  judged: z.boolean().describe('From what Pitwall holds already: nothing is asked, so there is no answer time'),
  intervalMs: z.int(),
  timeoutMs: z.int(),
  status: statusSchema,
  sinceMs: ms.nullable(),
  statusSentence: z.string().describe('Why the status is what it is'),
  lastResult: z
    .strictObject({
      slotMs: ms,
      outcome: outcomeSchema,
      reason: z.string(),
      sentence: z.string(),
      totalUs: z.int().nullable(),
      phases: phasesSchema,
      attempts: z.int(),
      suspect: z.boolean(),
      observed: z.record(z.string(), fact),
      summary: z.string().describe('What a pass shows: “page 200 in 14 ms”'),
    })
    .nullable(),
  nextSlotMs: ms.nullable(),
  shownSpec: z.unknown().describe('As written, variables unfilled'),
  limitMs: z.number().nullable().describe('The latency limit on the total, where one is declared'),
  last24h: z.strictObject({
    count: z.int().describe('Results that took a time'),
    p50Us: z.int().nullable(),
    p95Us: z.int().nullable().describe('Nearest rank; null under 20 results'),
    maxUs: z.int().nullable(),
    failCount: z.int(),
    tellingCount: z.int().describe('Results that said something: the denominator of the error ratio'),
  }),
});
export type CheckView = z.infer<typeof checkViewSchema>;

export const serviceViewSchema = z.strictObject({
  serviceId: z.string(),
  title: z.string(),
  tile: shopTileSchema.nullable(),
  criticality: criticalitySchema,
  facesCustomers: z.boolean(),
  origin: originSchema,
  status: statusSchema,
  sinceMs: ms.nullable(),
  word: z.string().describe('“Up 20 s”, “Down 28 min, since 09:14”'),
  sentence: z.string().describe('Why, in one sentence'),
  summary: z.string().describe('What is checked: “page 3 ms, store 2 ms”'),
  strip: stripSchema,
  uptime: uptimeSchema.describe('Over the days of the strip'),
});
export type ServiceView = z.infer<typeof serviceViewSchema>;

/** A row of the list: with what is needed to find, to filter and to see what hangs together. */
export const serviceRowSchema = serviceViewSchema.extend({
  checks: z.array(z.strictObject({ checkId: z.string(), title: z.string(), kind: z.string(), status: statusSchema })),
  dependsOn: z.array(z.string()).describe('Services it needs'),
});
export type ServiceRow = z.infer<typeof serviceRowSchema>;

export const transitionViewSchema = z.strictObject({
  id: z.int(),
  subject: z.string(),
  subjectKind: z.enum(['check', 'service']),
  from: statusSchema,
  to: statusSchema,
  reason: z.string(),
  sentence: z.string(),
  effectiveAtMs: ms.describe('The first slot of the run that decided it'),
  decidedAtMs: ms.describe('When Pitwall could know'),
  evidence: z.record(z.string(), z.unknown()),
});
export type TransitionView = z.infer<typeof transitionViewSchema>;

export const proposalViewSchema = z.strictObject({
  proposalId: z.string(),
  title: z.string(),
  protocol: z.string().describe('HTTP, TCP …'),
  port: z.int(),
  why: z.string().describe('What it answered: “Answered 200 in 14 ms: a page titled …”'),
  wouldCheck: z.string().describe('What watching it would check'),
  worthIt: z.boolean().describe('false: best ignored'),
});
export type ProposalView = z.infer<typeof proposalViewSchema>;

/** What one request to an address brought back, before anything is kept. */
export const lookViewSchema = z.strictObject({
  address: z.string(),
  kind: z.string(),
  title: z.string(),
  serviceId: z.string().describe('The name it would get'),
  outcome: outcomeSchema,
  sentence: z.string(),
  totalUs: z.int().nullable(),
  phases: phasesSchema,
  observed: z.record(z.string(), fact),
  wouldCheck: z.string(),
});
export type LookView = z.infer<typeof lookViewSchema>;

export const channelViewSchema = z.strictObject({
  channelId: z.string(),
  kind: z.string(),
  origin: originSchema,
  target: z.string().describe('Where it goes, secrets left out'),
  lastDeliveredAtMs: ms.nullable(),
  pending: z.int(),
  lastError: z.string().nullable(),
});
export type ChannelView = z.infer<typeof channelViewSchema>;
