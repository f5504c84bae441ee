/** What a webhook receives as JSON, in the envelope of Standard Webhooks (`webhook-id` is the idempotency key). */
import { z } from 'zod';
import { criticalitySchema, statusSchema } from './vocabulary.ts';

export const webhookMessageSchema = z.strictObject({
  type: z.enum(['service.changed', 'channel.test']),
  timestamp: z.iso.datetime().describe('When it was decided, UTC'),
  data: z.strictObject({
    title: z.string().describe('One sentence a person can act on: “Chatwoot worker is down since 09:14 UTC”'),
    serviceId: z.string(),
    service: z.string(),
    criticality: criticalitySchema,
    from: statusSchema,
    to: statusSchema,
    reason: z.string(),
    sentence: z.string().describe('Why'),
    effectiveAtMs: z.int().describe('Since when'),
    decidedAtMs: z.int(),
    nextStep: z.string().describe('What to do now'),
    link: z.string().describe('The service’s page'),
    possibleRepeat: z.boolean().describe('An earlier attempt ended without a definite answer: this may be a repeat'),
    unrecorded: z.boolean().describe('The disk was full: this message is not in the ledger yet'),
  }),
});
export type WebhookMessage = z.infer<typeof webhookMessageSchema>;
