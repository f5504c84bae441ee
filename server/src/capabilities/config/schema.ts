/** The shape of pitwall.yaml around the kinds' own settings. Validation, the JSON Schema and the docs come from it. */
import { z } from 'zod';
import { refuseUnseen } from '../../../../contract/src/unseen.ts';
import { criticalitySchema, shopTileSchema, slugSchema } from '../../../../contract/src/vocabulary.ts';
import { parseDurationMs } from '../../core/duration.ts';
import { parseGateTarget } from '../gates/api.ts';

/** The same form as core/duration.ts reads, for editors. */
const durationPattern = /^\s*(?:\d+(?:\.\d+)?\s*(?:ms|min|[smhdw])\s*)+$/;
const durationFix = 'write a number with its unit, such as 500ms, 30s, 5m or 1h30m';

const intervalRange = { leastMs: 1_000, mostMs: 86_400_000 } as const;
export const timeoutRange = { leastMs: 100, mostMs: 600_000 } as const;

/** What a check gets that says nothing else; shortened to fit where its interval is short. */
export const checkDefaults = { intervalMs: 30_000, timeoutMs: 5_000, retries: 2, downAfter: 2, upAfter: 2 } as const;

function duration(
  range: { leastMs: number; mostMs: number; least: string; most: string },
  meta: { description: string; default?: string },
) {
  return z
    .string({ error: 'not a duration' })
    .regex(durationPattern, { error: 'not a duration' })
    .meta(meta)
    .transform((text, context) => {
      const durationMs = parseDurationMs(text);
      if (durationMs === undefined) {
        context.addIssue({ code: 'custom', message: 'not a duration', params: { fix: durationFix } });
        return z.NEVER;
      }
      if (durationMs < range.leastMs || durationMs > range.mostMs) {
        const message = durationMs < range.leastMs ? `shorter than ${range.least}` : `longer than ${range.most}`;
        context.addIssue({ code: 'custom', message, params: { fix: `write ${range.least} to ${range.most}` } });
        return z.NEVER;
      }
      return durationMs;
    });
}

const title = z.string().trim().min(1).max(80).superRefine(refuseUnseen);
const was = slugSchema.describe('The name it had before: its history is kept under the new one');

const timing = {
  interval: duration(
    { ...intervalRange, least: '1s', most: '24h' },
    { description: 'How often it runs', default: '30s' },
  ).optional(),
  timeout: duration(
    { ...timeoutRange, least: '100ms', most: '10m' },
    { description: 'How long one attempt may take; 5s, or half the interval where that is shorter', default: '5s' },
  ).optional(),
  retries: z
    .int()
    .min(0)
    .max(10)
    .optional()
    .meta({ description: 'Further attempts inside the same slot; 2, or as many as fit', default: 2 }),
  downAfter: z.int().min(1).max(100).optional().meta({ description: 'Failures in a row until it is down', default: 2 }),
  upAfter: z.int().min(1).max(100).optional().meta({ description: 'Passes in a row until it is up', default: 2 }),
};

export const defaultsSchema = z.strictObject(timing).describe('What every check gets that does not say it itself');

/** The keys that every check has, whatever its kind. */
export const checkSchema = z.strictObject({
  kind: z.string().describe('How it is checked'),
  title: title.optional().describe('What it is called; made from its name where left out'),
  ...timing,
  was: was.optional(),
});

/** A service without its checks. */
export const serviceSchema = z.strictObject({
  title: title.optional().describe('What people call it; made from its name where left out'),
  tile: shopTileSchema.optional().describe('The operators’ tile it belongs to'),
  criticality: criticalitySchema
    .optional()
    .meta({ description: 'P0 stops the shop, P1 is core, P2 is improvement …', default: 'P2' }),
  facesCustomers: z.boolean().optional().meta({ description: 'Customers notice when it stops', default: false }),
  ability: title.optional().describe('What stops when it stops: “Chat replies”'),
  dependsOn: z.array(z.string()).optional().describe('Names of the services it needs'),
  was: was.optional(),
  checks: z.unknown().describe('Its checks by name'),
});

/** The keys that every channel has, whatever its kind. */
export const channelSchema = z.strictObject({ kind: z.string().describe('How it is told') });

export const serverSchema = z.strictObject({
  port: z.int().min(1).max(65_535).optional().meta({ description: 'Where Pitwall listens', default: 4_400 }),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address people reach the page at; links in messages use it'),
  allowAddresses: z
    .array(
      z
        .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'not an address or a range of addresses')
        .describe('192.168.1.20 or a range such as 192.168.1.0/24'),
    )
    .optional()
    .describe('Private addresses that webhooks added on the page may reach, such as 192.168.1.0/24; none'),
});

export const gatesSchema = z.strictObject({
  targets: z
    .array(
      z
        .string()
        .max(300)
        .refine((text) => parseGateTarget(text, () => 'public') !== undefined, {
          error: 'not a place that takes connections',
          params: { fix: 'write tcp://host:port, or an address of http or https' },
        })
        .describe('tcp://1.1.1.1:443, or an address of http or https, whose port is opened'),
    )
    .min(1)
    .max(10)
    .optional()
    .describe('Where Pitwall looks whether it has a way out itself; one of them must take a connection'),
});

export const topKeys = ['services', 'channels', 'gates', 'defaults', 'server'] as const;
