import { z } from 'zod';
import { defineOperation } from '../operation.ts';

const signalText = z
  .string()
  .regex(/^(?:success|start|fail|log|\d{1,3})$/, 'none of success, start, fail, log, or an exit code')
  .refine((text) => !/^\d/.test(text) || Number(text) <= 255, 'an exit code is 0 to 255');

export const jobsReport = defineOperation({
  name: 'jobs.report',
  summary: 'A job says that it began, ended well, failed (also by its exit code), or has something for its log.',
  http: {
    method: 'POST',
    path: '/beat/{token}/{signal}',
    aliases: ['/beat/{token}', '/beat/{token}/{signal}'],
    anyMethod: true,
    textField: 'text',
  },
  input: z.strictObject({
    token: z.string().min(1).max(64).describe('From the job’s address; whoever knows it can report for the job'),
    signal: signalText.default('success').describe('success, start, fail, log, or the exit code: 0 is success'),
    rid: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'letters, digits and . : - _, 64 at most')
      .optional()
      .describe('Tells runs apart that overlap: any id, the same at start and end'),
    text: z.string().optional().describe('What the job has to say; the last 4 KiB are kept'),
  }),
  output: z.strictObject({ ok: z.literal(true), check: z.string(), signal: z.string(), atMs: z.int() }),
  scope: 'public',
  effect: 'write',
  errors: ['not-found', 'rate-limited', 'store-full'],
  mcp: false,
});

const reportSchema = z.strictObject({
  atMs: z.int(),
  signal: z.enum(['success', 'fail', 'start', 'log']),
  runId: z.string().nullable(),
  exitCode: z.int().nullable(),
  durationMs: z.int().nullable().describe('From the start of the same run, where it told of it'),
  text: z.string().nullable(),
});

export const jobsGet = defineOperation({
  name: 'jobs.get',
  summary: 'The address a job reports to, when it is due, and what it reported.',
  http: { method: 'GET', path: '/services/{serviceId}/checks/{checkId}/job' },
  input: z.strictObject({
    serviceId: z.string().min(1).max(64),
    checkId: z.string().min(1).max(64),
    beforeId: z.coerce.number().int().optional().describe('Only older reports: the nextBeforeId of the page before'),
    limit: z.coerce.number().int().min(1).max(200).default(20),
  }),
  output: z.strictObject({
    url: z.string().describe('Secret: whoever knows it can report for the job'),
    example: z.string().describe('A crontab line that reports'),
    dueAtMs: z.int().nullable().describe('When the next report is due'),
    missedAtMs: z.int().nullable().describe('When it is missed if none comes'),
    runningSinceMs: z.int().nullable().describe('Start of the oldest run that has not ended'),
    reports: z.array(reportSchema).describe('Newest first'),
    nextBeforeId: z.int().nullable(),
  }),
  scope: 'services:write',
  effect: 'read',
  errors: ['not-found', 'invalid-input'],
  mcp: false,
});
