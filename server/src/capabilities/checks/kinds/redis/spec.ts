/** The settings of kind `redis`. */
import { z } from 'zod';
import { expectedValueSchema } from '../../expected-value.ts';
import { limitSchema } from '../../limits.ts';
import { isOnePlace, onePlaceFault, placeSettings, portSetting, urlSetting } from '../sql/spec.ts';

export const usualPort = 6_379;

/** They read, answer with one word, and take the same time however much there is. */
const readingCommands = [
  ...['GET', 'EXISTS', 'TTL', 'STRLEN', 'HGET', 'HLEN', 'LLEN', 'SCARD', 'ZCARD', 'XLEN', 'DBSIZE'],
] as const;

const percent = (description: string) => z.number().min(0).max(100).optional().describe(description);

const expectSchema = z.strictObject({
  value: expectedValueSchema.optional().describe('What the command must give: a value, or { min, max }'),
  role: z
    .enum(['primary', 'replica'])
    .optional()
    .describe('What the server must be: the one that is written to, or one that follows it'),
  replicationLag: limitSchema(
    'How long a replica may have heard nothing from its primary; longer is degraded, a broken link fails',
  ).optional(),
  replicas: z.int().min(1).optional().describe('At least so many replicas must follow a primary; fewer is degraded'),
  memoryUsedPercent: z
    .strictObject({
      degraded: percent('More than this is degraded'),
      fail: percent('More than this fails'),
    })
    .optional()
    .describe('Of `maxmemory`, or of the memory of its machine where that is not set'),
  latency: z
    .strictObject({
      total: limitSchema('From the name to the last answer').optional(),
      dns: limitSchema('Looking the name up').optional(),
      connect: limitSchema('Opening the connection').optional(),
      tls: limitSchema('Agreeing on encryption').optional(),
      login: limitSchema('Logging in').optional(),
      answer: limitSchema('From PING to the last answer').optional(),
    })
    .optional()
    .describe('Limits such as 50ms; what is slower is degraded, not failed'),
});

export const redisSchema = z
  .strictObject({
    url: urlSetting(['redis', 'rediss', 'valkey', 'valkeys'], 'redis://host:6379/0'),
    host: placeSettings.host,
    port: portSetting(usualPort),
    user: placeSettings.user,
    password: placeSettings.password,
    database: z.int().min(0).max(16_383).optional().describe('The number of the database; 0 where left out'),
    tls: z.enum(['off', 'require', 'verify']).optional().meta({
      description: 'Encryption: `off`, `require`, `verify` (and the certificate); `verify` for rediss://',
      default: 'off',
    }),
    ca: placeSettings.ca,
    command: z
      .array(z.string().max(1_024))
      .min(1)
      .max(3)
      .refine(([name = '']) => readingCommands.some((known) => known === name.toUpperCase()), {
        error: `none of the commands that read one value: ${readingCommands.join(', ')}`,
        params: { fix: 'write it as a list, such as [LLEN, "queue:default"]' },
      })
      .optional()
      .describe('A command that reads one value, such as [LLEN, "queue:default"]'),
    expect: expectSchema.optional().describe('What must be true of the server and of what the command gives'),
  })
  .refine(isOnePlace, onePlaceFault)
  .refine(({ command, expect }) => expect?.value === undefined || command !== undefined, {
    error: 'a value is expected and no command asks for it',
    path: ['expect', 'value'],
    params: { fix: 'add `command: [GET, …]`' },
  });

export type RedisSpec = z.output<typeof redisSchema>;
export type RedisExpectations = z.output<typeof expectSchema>;
