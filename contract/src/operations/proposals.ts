import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { proposalViewSchema } from '../views.ts';

export const proposalsList = defineOperation({
  name: 'proposals.list',
  summary: 'What listens on this machine and is neither watched nor ignored.',
  http: { method: 'GET', path: '/proposals' },
  input: z.strictObject({}),
  output: z.strictObject({ proposals: z.array(proposalViewSchema), leftAlone: z.array(z.int()) }),
  scope: 'board:read',
  effect: 'read',
  errors: [],
  mcp: false,
});

export const proposalsAccept = defineOperation({
  name: 'proposals.accept',
  summary: 'Watches a listener that was found on this machine.',
  http: { method: 'POST', path: '/proposals/{proposalId}/accept' },
  input: z.strictObject({ proposalId: z.string() }),
  output: z.strictObject({ serviceId: z.string(), title: z.string() }),
  scope: 'services:write',
  effect: 'write',
  errors: ['not-found', 'conflict', 'limit-reached'],
  mcp: false,
});

export const proposalsIgnore = defineOperation({
  name: 'proposals.ignore',
  summary: 'Leaves a listener alone; it is not proposed again.',
  http: { method: 'POST', path: '/proposals/{proposalId}/ignore' },
  input: z.strictObject({ proposalId: z.string() }),
  output: z.strictObject({ proposalId: z.string() }),
  scope: 'services:write',
  effect: 'write',
  errors: ['not-found'],
  mcp: false,
});
