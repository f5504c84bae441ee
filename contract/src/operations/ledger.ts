import { z } from 'zod';
import { defineOperation } from '../operation.ts';

export const ledgerList = defineOperation({
  name: 'ledger.list',
  summary: 'The record of every change, newest first.',
  http: { method: 'GET', path: '/ledger' },
  input: z.strictObject({
    beforeId: z.coerce.number().int().optional(),
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
});
