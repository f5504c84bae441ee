import { z } from 'zod';
import { defineOperation } from '../operation.ts';

export const metricsRead = defineOperation({
  name: 'metrics.read',
  summary:
    'What Pitwall knows, for Prometheus: status, newest times and results of each check, and how Pitwall itself is.',
  http: {
    method: 'GET',
    path: '/metrics',
    aliases: ['/metrics'],
    textOutput: { field: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8' },
  },
  input: z.strictObject({}),
  output: z.strictObject({ text: z.string() }),
  scope: 'board:read',
  effect: 'read',
  errors: [],
  // For machines: an agent reads the same from get_service in a tenth of the room.
  mcp: false,
});
