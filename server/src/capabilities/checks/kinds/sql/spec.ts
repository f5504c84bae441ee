/** The settings that kinds of databases share: where it is, who logs in, what is asked and what is expected. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { boundsSchema, expectedValueSchema } from '../../expected-value.ts';
import { limitSchema, portSchema } from '../../limits.ts';

const latencySchema = z.strictObject({
  total: limitSchema('From the name to the last row').optional(),
  dns: limitSchema('Looking the name up').optional(),
  connect: limitSchema('Opening the connection').optional(),
  tls: limitSchema('Agreeing on encryption').optional(),
  login: limitSchema('Logging in').optional(),
  query: limitSchema('From the query to its last row').optional(),
});

const expectSchema = z.strictObject({
  value: expectedValueSchema
    .optional()
    .describe('What the first column of the first row must be: a value, or { min, max }'),
  rows: z
    .union([z.int().min(0), boundsSchema('many')])
    .optional()
    .describe('How many rows must come: a number, or { min, max }'),
  role: z
    .enum(['primary', 'replica'])
    .optional()
    .describe('What the server must be: the one that is written to, or one that follows it'),
  replicationLag: limitSchema(
    'How far a replica may be behind; more is degraded, and a server that is no replica fails',
  ).optional(),
  latency: latencySchema.optional().describe('Limits such as 200ms; what is slower is degraded, not failed'),
});

export const tlsModes = ['off', 'prefer', 'require', 'verify'] as const;
export type TlsMode = (typeof tlsModes)[number];

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text) !== undefined;
  } catch {
    return false;
  }
}

/** What the kinds that log in somewhere have in common, for a database or not. */
export const placeSettings = {
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s/?#@]+$/, 'a name or an address, without scheme or path')
    .optional()
    .describe('Name or address of the machine, in place of url'),
  user: z.string().min(1).optional().describe('Who logs in; goes before the one in url'),
  password: z.string().min(1).optional().describe('The password; goes before the one in url'),
  ca: z
    .string()
    .refine(isCertificate, { error: 'not a certificate as PEM' })
    .optional()
    .describe('The authority that the certificate must be from, as PEM; the well-known ones where left out'),
};

export function portSetting(port: number) {
  return portSchema.optional().meta({ description: 'The port, with host', default: port });
}

const escaping = 'write it whole; / ? # and @ in a password are written as %2F %3F %23 %40, or put it into `password`';

/** An address with one of these schemes that can be read as a URL. */
export function urlSetting(schemes: readonly string[], example: string) {
  const isOne = (text: string) => schemes.includes(URL.parse(text)?.protocol.slice(0, -1) ?? '') && hasHost(text);
  return z
    .string()
    .max(4_000)
    .refine(isOne, { error: `not an address such as ${example}`, params: { fix: escaping } })
    .optional()
    .describe(`The address, such as ${example}; or host and what follows it`);
}

function hasHost(text: string): boolean {
  return (URL.parse(text)?.hostname ?? '') !== '';
}

interface PlaceSettings {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** Exactly one of url and host says where it is. Both would leave open which one counts. */
export function isOnePlace({ url, host, port }: PlaceSettings): boolean {
  return url === undefined ? host !== undefined : host === undefined && port === undefined;
}

export const onePlaceFault = {
  error: 'either `url`, or `host` and `port`',
  path: ['url'],
  params: { fix: 'write one of the two' },
};

export function sqlSchema(given: {
  readonly schemes: readonly string[];
  readonly example: string;
  readonly port: number;
  readonly usualDatabase: string;
}) {
  return z
    .strictObject({
      url: urlSetting(given.schemes, given.example),
      host: placeSettings.host,
      port: portSetting(given.port),
      user: placeSettings.user,
      password: placeSettings.password,
      database: z.string().min(1).optional().describe(`The database; ${given.usualDatabase} where left out`),
      tls: z.enum(tlsModes).optional().meta({
        description:
          'Encryption: `off`, `prefer` (where the server offers it), `require`, `verify` (and the certificate)',
        default: 'prefer',
      }),
      ca: placeSettings.ca,
      query: z
        .string()
        .min(1)
        .max(10_000)
        .optional()
        .meta({ description: 'One statement that reads; it runs where nothing can be written', default: 'SELECT 1' }),
      expect: expectSchema.optional().describe('What must be true of the server and of what the query gives'),
    })
    .refine(isOnePlace, onePlaceFault)
    .refine(({ url, user }) => url === undefined || user !== undefined || URL.parse(url)?.username !== '', {
      error: 'nobody logs in',
      path: ['url'],
      params: { fix: `write \`user: …\`, or the user into the address, such as ${given.example}` },
    })
    .refine(({ host, user }) => host === undefined || user !== undefined, {
      error: 'nobody logs in',
      path: ['user'],
      params: { fix: 'add `user: …`' },
    });
}

export type SqlSpec = z.output<ReturnType<typeof sqlSchema>>;
export type SqlExpectations = z.output<typeof expectSchema>;
