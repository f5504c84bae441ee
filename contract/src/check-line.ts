/** One line of `./pitwall check --once --json`: what one check came to, as one JSON object. */
import { z } from 'zod';
import { outcomeSchema, phasesSchema } from './vocabulary.ts';

const fact = z.union([z.string(), z.number(), z.boolean()]);

export const checkLineSchema = z.strictObject({
  service: z.string().describe('The service’s name in the file'),
  check: z.string().describe('The check’s name in the file'),
  kind: z.string(),
  outcome: outcomeSchema,
  reason: z.string().describe('A code of docs/reference/reasons.md'),
  sentence: z.string().describe('The reason in words'),
  atMs: z.int().describe('When it began: integer milliseconds since 1970, UTC'),
  totalUs: z.int().nullable().describe('Of the attempt that decided, in µs; null where no time was taken'),
  phases: phasesSchema,
  attempts: z.int().min(0).describe('How many were made; 0 where the check is not configured'),
  observed: z.record(z.string(), fact).describe('What was seen'),
  evidence: z
    .strictObject({
      facts: z.record(z.string(), fact),
      statusCode: z.int().optional(),
      headers: z.array(z.tuple([z.string(), z.string()])).optional(),
      body: z.string().optional(),
    })
    .optional()
    .describe('Absent where the outcome is pass; secrets removed'),
});
export type CheckLine = z.infer<typeof checkLineSchema>;
