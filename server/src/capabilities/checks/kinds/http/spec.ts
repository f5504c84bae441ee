/** The settings of kind `http`. Config, form, JSON Schema and docs come from here. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { refuseUnseen } from '../../../../../../contract/src/unseen.ts';
import { certificateShape } from '../../certificate.ts';
import { limitSchema } from '../../limits.ts';
import { authSchema } from './auth-spec.ts';
import { parseJsonPath } from './json-path.ts';
import { schemaFault } from './json-schema.ts';
import { patternFault } from './pattern.ts';
import { tlsSchema } from './tls-spec.ts';

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const mebibyte = 1_048_576;

const statusItem = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5]xx$/, 'not a status such as 204 or 2xx'),
]);
const statusSchema = z.union([statusItem, z.array(statusItem).min(1)]);

export const jsonPath = z
  .string()
  .refine((path) => parseJsonPath(path) !== undefined, { error: 'not a path such as $.queues[0].depth' });

export const headerName = z.string().regex(tokenPattern, 'not the name of a header');
/** Control characters would end the header and begin another; what is not Latin-1 cannot be sent as one byte. */
export const headerText = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'line breaks and letters beyond Latin-1 cannot stand in a header');

const latencySchema = z.strictObject({
  total: limitSchema('The whole answer, from the name to the last byte').optional(),
  dns: limitSchema('Looking the name up').optional(),
  connect: limitSchema('Opening the connection').optional(),
  tls: limitSchema('Agreeing on encryption').optional(),
  wait: limitSchema('From the request sent to the beginning of the answer').optional(),
  transfer: limitSchema('From the beginning of the answer to its end').optional(),
});

const sizeSchema = z
  .strictObject({
    min: z.int().min(0).optional().describe('At least this many bytes'),
    max: z.int().min(0).optional().describe('At most this many bytes'),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, { error: 'min is larger than max' });

const pattern = z
  .string()
  .min(1)
  .max(1_000)
  .check(({ value, issues }) => {
    const fault = patternFault(value);
    if (fault === undefined) return;
    const fix = 'write it in the syntax of RE2: no look-around, no back references';
    issues.push({ code: 'custom', input: value, message: `not a pattern: ${fault}`, params: { fix } });
  });

const answerSchema = z.union([z.record(z.string(), z.json()), z.string().min(1)]).check(({ value, issues }) => {
  const fault = schemaFault(value);
  if (fault === undefined) return;
  const fix = 'write it as JSON Schema 2020-12 has it';
  issues.push({ code: 'custom', input: value, path: [...fault.path], message: fault.message, params: { fix } });
});

const expectSchema = z.strictObject({
  status: statusSchema
    .optional()
    .meta({ description: 'A status such as 204, a class such as 2xx, or a list of them', default: '2xx' }),
  header: z.record(headerName, z.string()).optional().describe('Headers and the exact text each must have'),
  text: z.string().min(1).optional().describe('A text that must be in the body'),
  notText: z.string().min(1).optional().describe('A text that must not be in the body'),
  pattern: pattern.optional().describe('A regular expression (RE2) that must match somewhere in the body'),
  notPattern: pattern.optional().describe('A regular expression (RE2) that must match nowhere in the body'),
  json: z
    .record(jsonPath, z.json())
    .optional()
    .describe('Places in the JSON, such as $.status, and the value each must have'),
  schema: answerSchema
    .optional()
    .describe('A JSON Schema (2020-12) that the answer must fit: a map, or the text of one from a file'),
  sizeBytes: sizeSchema.optional().describe('How large the body may be, in bytes as sent'),
  certificate: z
    .strictObject(certificateShape)
    .optional()
    .describe('What must be true of the certificate; an empty map asks for 21 days left'),
  latency: latencySchema.optional().describe('Limits such as 800ms; what is slower is degraded, not failed'),
});

/** The host of an address where it is one in numbers: 4 or 6. */
function numericFamily(url: string): number {
  return isIP((URL.parse(url)?.hostname ?? '').replace(/^\[(.*)\]$/, '$1'));
}

/** Platforms that stop what is idle look every few minutes; what runs answers in half a second. */
export const coldStartDefaults = { idleAfterMs: 300_000, fromMs: 1_000 } as const;

const coldStartSchema = z
  .strictObject({
    upTo: limitSchema('How long its first answer may take'),
    idleAfter: limitSchema('How long after its last answer to us it may have stopped')
      .meta({ default: '5m' })
      .optional(),
    from: limitSchema('How slow an answer must be to be a cold one').meta({ default: '1s' }).optional(),
  })
  .check(({ value, issues }) => {
    const { upTo, from = coldStartDefaults.fromMs } = value;
    if (from < upTo) return;
    const fix = 'write a longer upTo, or a shorter from';
    issues.push({
      code: 'custom',
      input: upTo,
      path: ['upTo'],
      message: 'upTo is not longer than from',
      params: { fix },
    });
  });

const httpShape = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'not an http or https address' })
    .max(4_000)
    .superRefine(refuseUnseen)
    .describe('The address that is asked, http or https'),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .optional()
    .meta({ description: 'The method of the request', default: 'GET' }),
  headers: z.record(headerName, headerText).optional().describe('Headers that are sent'),
  body: z.string().optional().describe('The body that is sent'),
  auth: authSchema.optional().describe('How it logs in; never sent where a redirect leads elsewhere'),
  followRedirects: z
    .boolean()
    .optional()
    .meta({ description: 'Goes where redirects lead, at most five times', default: true }),
  protocol: z.enum(['http/1.1', 'h2']).optional().meta({
    description: 'What is spoken: h2 is HTTP/2, and a server that does not speak it fails',
    default: 'http/1.1',
  }),
  family: z
    .union([z.literal(4), z.literal(6)])
    .optional()
    .describe('Connects over IPv4 or over IPv6 only; over either where left out'),
  tls: tlsSchema.optional().describe('How the connection is encrypted'),
  maxBodyBytes: z
    .int()
    .min(1_024)
    .max(64 * mebibyte)
    .optional()
    .meta({
      description: 'How much of a body is read for text, pattern, json and schema; a larger one fails',
      default: mebibyte,
    }),
  coldStart: coldStartSchema
    .optional()
    .describe('For a service that stops when idle: its first answer may be slow, and is in no latency figure'),
  expect: expectSchema.optional().describe('What must be true of the answer'),
});

/** Rules between settings. */
export const httpSchema = httpShape.check(({ value, issues }) => {
  const { url, family, expect, auth, headers = {} } = value;
  const fault = (path: readonly string[], message: string, fix: string) =>
    issues.push({ code: 'custom', input: value, path: [...path], message, params: { fix } });
  if (auth !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
    fault(['auth'], 'the header Authorization says who asks already', 'remove the header, or auth');
  if (auth !== undefined && /^[^/]*\/\/[^/?#]*@/.test(url))
    fault(['auth'], 'the address says who asks already', 'take the name and password out of the url, or remove auth');
  const written = numericFamily(url);
  if (family !== undefined && written !== 0 && written !== family)
    fault(['family'], `the address is an IPv${written} one`, `write family: ${written}, or leave it out`);
  if (expect?.certificate !== undefined && !url.toLowerCase().startsWith('https:'))
    fault(['expect', 'certificate'], 'only an https address has a certificate', 'write https:// in the url');
});

export type HttpSpec = z.output<typeof httpSchema>;
export type HttpExpectations = z.output<typeof expectSchema>;
export const defaultBodyBytes = mebibyte;
