/** How kind `http` says who asks. */
import { z } from 'zod';

const secret = z.string().min(1).max(8_192);

const basicSchema = z.strictObject({
  username: z
    .string()
    .max(256)
    .regex(/^[^:]*$/, 'a colon would end the name')
    .describe('The name'),
  password: z.string().max(8_192).describe('The password'),
});

const oauth2Schema = z.strictObject({
  tokenUrl: z
    .url({ protocol: /^https?$/, error: 'not an http or https address' })
    .max(4_000)
    .describe('Where the token is fetched; it is kept until it ends, or is refused'),
  clientId: z.string().min(1).max(1_024).describe('Who asks for it'),
  clientSecret: secret.describe('The secret of who asks'),
  scopes: z
    .array(z.string().regex(/^[!#-[\]-~]+$/, 'not the name of a scope'))
    .optional()
    .describe('What it must be good for'),
});

export const authSchema = z
  .strictObject({
    basic: basicSchema.optional().describe('A name and a password'),
    bearer: secret
      .regex(/^[\x21-\x7e]+$/, 'not a token: blanks and line breaks cannot stand in one')
      .optional()
      .describe('A token that is sent as it is'),
    oauth2: oauth2Schema.optional().describe('A token that is fetched with the client credentials of OAuth 2'),
  })
  .check(({ value, issues }) => {
    const ways = Object.values(value).filter((way) => way !== undefined).length;
    if (ways === 1) return;
    const message = ways === 0 ? 'says nothing of how to log in' : 'only one way to log in can be sent';
    issues.push({ code: 'custom', input: value, message, params: { fix: 'write one of basic, bearer, oauth2' } });
  });

export type Auth = z.output<typeof authSchema>;
export type ClientCredentials = z.output<typeof oauth2Schema>;
