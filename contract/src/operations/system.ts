import { z } from 'zod';
import { defineOperation } from '../operation.ts';

export const roles = ['manager', 'operator', 'viewer'] as const;
export const roleSchema = z.enum(roles);

export const storeStates = ['ok', 'nearly-full', 'full', 'failing', 'damaged'] as const;

/**
 * 200 as long as Pitwall answers, whatever ails its store: what restarts a program that answers 503 would throw away
 * the results that wait in memory, and a start on a full disk fails, so that nobody would watch at all.
 */
export const healthGet = defineOperation({
  name: 'health.get',
  summary:
    'Whether Pitwall itself runs and stores; needs no login and says nothing about the shop. Answers 200 while it watches and tells; a watcher from outside should expect `"status":"ok"`.',
  http: { method: 'GET', path: '/healthz', aliases: ['/healthz'] },
  input: z.strictObject({}),
  output: z.strictObject({
    status: z.enum(['ok', 'impaired']).describe('impaired: it watches and tells, but its store is not as it should be'),
    version: z.string(),
    startedAtMs: z.int(),
    store: z.strictObject({
      state: z
        .enum(storeStates)
        .describe(
          'nearly-full: the room kept back for messages is in use; full, failing: results wait in memory; damaged: by an unclean end',
        ),
      writeMs: z.number().nullable().describe('How long the newest commit took'),
    }),
  }),
  scope: 'public',
  effect: 'read',
  errors: [],
  mcp: false,
});

export const sessionCreate = defineOperation({
  name: 'session.create',
  summary: 'Exchanges the single-use token of a start link for a session cookie.',
  http: { method: 'POST', path: '/session' },
  input: z.strictObject({ token: z.string().min(16).max(200) }),
  output: z.strictObject({ role: roleSchema, expiresAtMs: z.int() }),
  scope: 'public',
  effect: 'write',
  errors: ['unauthenticated', 'rate-limited'],
  mcp: false,
});

export const sessionGet = defineOperation({
  name: 'session.get',
  summary: 'Who you are here.',
  http: { method: 'GET', path: '/session' },
  input: z.strictObject({}),
  output: z.strictObject({ role: roleSchema, expiresAtMs: z.int().nullable() }),
  scope: 'session:self',
  effect: 'read',
  errors: ['unauthenticated'],
  mcp: false,
});

export const sessionEnd = defineOperation({
  name: 'session.end',
  summary: 'Logs this session out.',
  http: { method: 'DELETE', path: '/session' },
  input: z.strictObject({}),
  output: z.strictObject({ ended: z.boolean() }),
  scope: 'session:self',
  effect: 'write',
  errors: [],
  mcp: false,
});

export const sessionLink = defineOperation({
  name: 'session.link',
  summary: 'Makes a fresh start link, good once and for ten minutes.',
  http: { method: 'POST', path: '/session/link' },
  input: z.strictObject({}),
  output: z.strictObject({ url: z.string(), expiresAtMs: z.int() }),
  // Its link makes a manager of whoever opens it.
  scope: 'access:write',
  effect: 'write',
  errors: [],
  mcp: false,
});

export const systemGet = defineOperation({
  name: 'system.get',
  summary: 'How Pitwall itself is: prober, store, configuration.',
  http: { method: 'GET', path: '/system' },
  input: z.strictObject({}),
  output: z.strictObject({
    version: z.string(),
    startedAtMs: z.int(),
    prober: z.strictObject({
      checks: z.int(),
      checksPerMinute: z.int(),
      late: z.int(),
      missed: z.int(),
      eventLoopDelayP99Ms: z.number(),
      restarts: z.int(),
    }),
    store: z.strictObject({ dataDir: z.string(), liveBytes: z.int(), freeBytes: z.int(), full: z.boolean() }),
    config: z.strictObject({
      file: z.string().nullable(),
      loadedAtMs: z.int().nullable(),
      faults: z
        .array(
          z.strictObject({
            line: z.int().nullable(),
            column: z.int().nullable(),
            path: z.string(),
            message: z.string(),
            fix: z.string(),
          }),
        )
        .describe('Of a reload that was refused; the configuration before it still runs'),
    }),
  }),
  scope: 'system:read',
  effect: 'read',
  errors: [],
  mcp: {
    tool: 'get_pitwall',
    title: 'Whether Pitwall itself is well',
    description:
      'How Pitwall itself is: checks a minute, late and missed ones, room on the disk, mistakes in the configuration that was refused. Look here before blaming a service when many things fail at once.',
  },
});
