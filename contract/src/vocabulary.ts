/** The words of DESIGN §2 as closed lists. Lists that are stored as integers are append-only. */
import { z } from 'zod';

/** What one execution of a check came to. Stored as its index: append only. */
export const outcomes = ['pass', 'degraded', 'fail', 'unknown'] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = (typeof outcomes)[number];

/** What a check or a service is. Worst first when several are folded into one: down > degraded > unknown > up. */
export const statuses = ['up', 'degraded', 'down', 'unknown', 'maintenance'] as const;
export const statusSchema = z.enum(statuses);
export type Status = (typeof statuses)[number];

/**
 * Where the time of one request went, in integer microseconds; stored as columns in this order: append only. A phase
 * that did not happen (no TLS, address given as a number) is absent.
 */
export const phasesSchema = z.strictObject({
  dnsUs: z.int().min(0).optional().describe('Looking the name up'),
  connectUs: z.int().min(0).optional().describe('Opening the connection'),
  tlsUs: z.int().min(0).optional().describe('Agreeing on encryption'),
  waitUs: z.int().min(0).optional().describe('From the request sent to the first byte of the answer'),
  transferUs: z.int().min(0).optional().describe('From the first byte to the last'),
});
export type Phases = z.infer<typeof phasesSchema>;

/** Pitwall's five tiles stand on the page; these are the operators' five, to which services are mapped. */
export const shopTiles = ['cx', 'sales-pulse', 'seo', 'inventory', 'fulfillment'] as const;
export const shopTileSchema = z.enum(shopTiles);
export type ShopTile = (typeof shopTiles)[number];

/** How much the shop depends on a service: P0 stops the shop, P1 is core, P2 is improvement … */
export const criticalities = ['P0', 'P1', 'P2', 'P3', 'P4', 'P5'] as const;
export const criticalitySchema = z.enum(criticalities);
export type Criticality = (typeof criticalities)[number];

/** Who made a resource: the file (read-only on the page), somebody on the page, or Pitwall itself. */
export const originSchema = z.enum(['config', 'page', 'built-in']);
export type Origin = z.infer<typeof originSchema>;

export const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const slugSchema = z
  .string()
  .regex(slugPattern, 'a name of lower-case letters, digits and hyphens, at most 63, such as `shop-agent`');
