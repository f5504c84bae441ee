/** How kind `http` encrypts: whom it trusts, as whom it presents itself. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { secureContextOf } from '../../../../platform/secure-context.ts';

const longestPem = 200_000;
const pem = z.string().min(1).max(longestPem);

const tlsShape = z.strictObject({
  verify: z.boolean().optional().meta({ description: 'Refuses certificates that are not valid', default: true }),
  ca: pem.optional().describe('Who is trusted in place of the usual authorities, in PEM; {file: path} reads it'),
  certificate: pem
    .optional()
    .describe('The certificate that is shown to a server that wants one, in PEM, with its chain'),
  key: pem.optional().describe('The private key of that certificate, in PEM, without a passphrase'),
  servername: z
    .string()
    .regex(/^[^\s/:?#@[\]]{1,253}$/, 'not a name such as shop.example')
    .optional()
    .describe('The name that is asked for and that the certificate must be for, where it is not that of the address'),
});

export const tlsSchema = tlsShape.check(({ value, issues }) => {
  const fault = (key: 'ca' | 'certificate' | 'key', message: string, fix: string) =>
    issues.push({ code: 'custom', input: value[key], path: [key], message, params: { fix } });
  const { ca, certificate, key } = value;
  if (ca !== undefined && !areCertificates(ca)) {
    fault('ca', 'not a certificate in PEM', 'give a text that begins with -----BEGIN CERTIFICATE-----');
  }
  if (certificate === undefined && key === undefined) return;
  if (certificate === undefined) {
    fault('key', 'a key without its certificate', 'add `certificate: {file: …}`, or remove the key');
  } else if (key === undefined) {
    fault('certificate', 'a certificate without its key', 'add `key: {file: …}`, or remove the certificate');
  } else if (!fitTogether(certificate, key)) {
    fault(
      'key',
      'certificate and key cannot be used together',
      'give both in PEM, the key being that of the certificate',
    );
  }
});

const pemBlock = /-----BEGIN [A-Z ]*CERTIFICATE-----[^-]+-----END [A-Z ]*CERTIFICATE-----/g;

/** OpenSSL passes over what it cannot read, and then trusts nobody. */
function areCertificates(text: string): boolean {
  const blocks = text.match(pemBlock) ?? [];
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).raw.length > 0);
  } catch {
    return false;
  }
}

function fitTogether(certificate: string, key: string): boolean {
  try {
    secureContextOf({ certificate, key });
    return true;
  } catch {
    return false;
  }
}
