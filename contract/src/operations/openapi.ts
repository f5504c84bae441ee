import { z } from 'zod';
import { defineOperation } from '../operation.ts';

export const openapiGet = defineOperation({
  name: 'openapi.get',
  summary: 'This API as an OpenAPI 3.1 document.',
  http: { method: 'GET', path: '/openapi.json' },
  input: z.strictObject({}),
  output: z.looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string(), version: z.string() }) }),
  // The same for every Pitwall of a version, which /healthz names to anybody: it says nothing of the shop, and the tools
  // that read such documents have no token.
  scope: 'public',
  effect: 'read',
  errors: [],
  mcp: false,
});
