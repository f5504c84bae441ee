import { z } from 'zod';
import { conciseEntry, conciseEntrySchema } from '../concise.ts';
import { defineOperation } from '../operation.ts';

const by = z.enum(['all', 'people']).describe('people: without what Pitwall itself noted, such as changes of status');

export const ledgerList = defineOperation({
  name: 'ledger.list',
  summary: 'The record of every change, newest first.',
  http: { method: 'GET', path: '/ledger' },
  input: z.strictObject({
    by: by.default('all'),
    beforeId: z.coerce.number().int().optional().describe('Only older ones: the nextBeforeId of the page before'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.strictObject({
    entries: z.array(
      z.strictObject({
        id: z.int().describe('Its place in the whole record'),
        chain: z.string(),
        seq: z.int(),
        hash: z.string(),
        kind: z.string(),
        atMs: z.int(),
        actor: z.string(),
        subject: z.string(),
        body: z.unknown().describe('null where it was erased'),
      }),
    ),
    nextBeforeId: z.int().nullable(),
  }),
  scope: 'ledger:read',
  effect: 'read',
  errors: [],
  mcp: {
    tool: 'list_changes',
    title: 'What was changed, by whom',
    description:
      'What people and files changed in Pitwall (services, channels, configuration, log-ins), newest first; with by: all also what Pitwall itself noted. For “what was changed just before it broke?”.',
    input: z.strictObject({
      by: by.default('people'),
      beforeId: z.int().optional().describe('Only older ones: the nextBeforeId of the page before'),
      limit: z.int().min(1).max(50).default(20),
    }),
    concise: {
      output: z.strictObject({ entries: z.array(conciseEntrySchema), nextBeforeId: z.int().nullable() }),
      from: ({ entries, nextBeforeId }) => ({ entries: entries.map(conciseEntry), nextBeforeId }),
    },
  },
});

export const ledgerVerify = defineOperation({
  name: 'ledger.verify',
  summary: 'Recomputes every chain and names the first entry that does not fit.',
  http: { method: 'POST', path: '/ledger/verify' },
  input: z.strictObject({}),
  output: z.strictObject({
    ok: z.boolean(),
    chains: z.array(z.strictObject({ chain: z.string(), entries: z.int(), head: z.string() })),
    fault: z.strictObject({ chain: z.string(), seq: z.int(), what: z.string() }).nullable(),
  }),
  scope: 'ledger:read',
  effect: 'read',
  errors: [],
  mcp: false,
});
