/** Judges the certificate of a server, for every kind that sees one. Pure. */
import { z } from 'zod';
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import type { CertificateFacts, PeerIdentity } from '../../platform/peer-certificate.ts';
import type { Facts } from './evidence.ts';

/** The defaults: Let's Encrypt renews 30 days before the end, so at 21 the renewal has failed for days already. */
export const defaultDaysLeft = { degraded: 21, fail: 3 } as const;

const days = (description: string, fallback: number) =>
  z.int().min(0).max(3_650).optional().meta({ description, default: fallback });

const fingerprintSchema = z
  .string()
  .regex(/^(?:[0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'not a SHA-256 fingerprint: 64 hexadecimal digits')
  .transform((text) => text.replaceAll(':', '').toLowerCase());

/** Expectations of a certificate, to be spread into the `expect` of a kind. */
export const certificateShape = {
  daysLeft: z
    .strictObject({
      degraded: days('Fewer days left than this are degraded', defaultDaysLeft.degraded),
      fail: days('Fewer days left than this fail', defaultDaysLeft.fail),
    })
    .optional()
    .describe('How long the certificate, and those that vouch for it, must still be good'),
  issuer: z.string().min(1).max(200).optional().describe('A text that must be in the name of its issuer'),
  fingerprint: z
    .union([fingerprintSchema, z.array(fingerprintSchema).min(1)])
    .optional()
    .describe('The SHA-256 fingerprint that it must have, or a list of those that it may have'),
  protocol: z
    .enum(['TLSv1.2', 'TLSv1.3'])
    .optional()
    .meta({ description: 'The oldest version of TLS that may be agreed on', default: 'TLSv1.2' }),
} as const;

const shapeSchema = z.strictObject(certificateShape);
export type CertificateExpectations = z.output<typeof shapeSchema>;

export interface CertificateQuestion {
  readonly expect: CertificateExpectations;
  /** The name or address that it must be for. */
  readonly name: string;
  /** Whether somebody known must vouch for it; its dates are judged in any case. */
  readonly mustBeTrusted: boolean;
  readonly mustMatchName: boolean;
  readonly nowMs: number;
}

export interface CertificateVerdict {
  readonly outcome: 'fail' | 'degraded';
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** What is wrong with it, the worst first; undefined where nothing is. */
export function judgeCertificate(
  identity: PeerIdentity,
  question: CertificateQuestion,
): CertificateVerdict | undefined {
  return (
    judgeDates(identity, question.nowMs) ??
    judgeTrust(identity, question) ??
    judgeName(identity, question) ??
    judgeProtocol(identity, question.expect) ??
    judgeWhose(identity.chain[0]!, question.expect) ??
    judgeDaysLeft(identity, question)
  );
}

function fail(reason: ReasonCode, facts: Facts): CertificateVerdict {
  return { outcome: 'fail', reason, facts };
}

function judgeDates({ chain: [own] }: PeerIdentity, nowMs: number): CertificateVerdict | undefined {
  const { validFromMs, validToMs } = own!;
  if (nowMs >= validToMs) return fail('certificate-expired', { validTo: dateOf(validToMs) });
  if (nowMs < validFromMs)
    return fail('certificate-invalid', { code: `it is good from ${dateOf(validFromMs)} on only` });
  return undefined;
}

function judgeTrust(
  identity: PeerIdentity,
  { mustBeTrusted, nowMs }: CertificateQuestion,
): CertificateVerdict | undefined {
  const { trustFault, chain } = identity;
  if (!mustBeTrusted || trustFault === undefined) return undefined;
  const { issuer } = chain.at(-1)!;
  const expired = chain.find(({ validToMs }) => nowMs >= validToMs);
  const words =
    trustFault === 'CERT_HAS_EXPIRED' && expired !== undefined
      ? `the certificate of its issuer ${expired.subject} expired on ${dateOf(expired.validToMs)}`
      : trustWords[trustFault]?.replace('{issuer}', issuer);
  return fail('certificate-invalid', { code: words === undefined ? trustFault : `${words} (${trustFault})` });
}

/** OpenSSL's words for what is met in practice; any other is shown as it is. */
const unknownIssuer = 'the certificate of its issuer, {issuer}, was not sent and is not known here';
const trustWords: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'only it vouches for itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its root, {issuer}, is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_NOT_YET_VALID: 'the certificate of its issuer is not good yet',
  CERT_HAS_EXPIRED: 'the certificate of its issuer expired',
  CERT_REVOKED: 'it was revoked',
  INVALID_CA: 'its issuer may not issue certificates',
  INVALID_PURPOSE: 'it is not meant for servers',
  CERT_CHAIN_TOO_LONG: 'too many stand between it and its root',
};

/** How many names are shown of a certificate that may be for a hundred. */
const mostNames = 5;

function judgeName(
  identity: PeerIdentity,
  { mustMatchName, name }: CertificateQuestion,
): CertificateVerdict | undefined {
  if (!mustMatchName || identity.nameMatches) return undefined;
  return fail('certificate-mismatch', { field: 'name', actual: wordsOfNames(identity.chain[0]!), expected: name });
}

/** The names that it is for; those that say nothing of names have a subject all the same. */
function wordsOfNames({ names, subject }: CertificateFacts): string {
  if (names.length === 0) return subject;
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return names.slice(0, mostNames).join(', ') + more;
}

function judgeProtocol({ protocol }: PeerIdentity, expect: CertificateExpectations): CertificateVerdict | undefined {
  const expected = expect.protocol ?? 'TLSv1.2';
  // The names order as their versions do, and `SSLv3` before them.
  return protocol >= expected ? undefined : fail('tls-version', { actual: protocol, expected });
}

function judgeWhose(
  { issuer, fingerprint }: CertificateFacts,
  expect: CertificateExpectations,
): CertificateVerdict | undefined {
  if (expect.issuer !== undefined && !plain(issuer).includes(plain(expect.issuer)))
    return fail('certificate-mismatch', { field: 'issuer', actual: issuer, expected: expect.issuer });
  const accepted = expect.fingerprint === undefined ? [fingerprint] : [expect.fingerprint].flat();
  if (accepted.includes(fingerprint)) return undefined;
  return fail('certificate-mismatch', {
    field: 'fingerprint',
    actual: fingerprint,
    expected: accepted.join(' or '),
  });
}

/** People write names with the case and the apostrophe that they have. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll('’', "'");
}

function judgeDaysLeft(identity: PeerIdentity, question: CertificateQuestion): CertificateVerdict | undefined {
  const { expect, mustBeTrusted, nowMs } = question;
  // Where nobody must vouch for it, how long they could is nobody's business.
  const chain = mustBeTrusted ? identity.chain : identity.chain.slice(0, 1);
  const first = chain.reduce((earliest, other) => (other.validToMs < earliest.validToMs ? other : earliest));
  const leftMs = first.validToMs - nowMs;
  const failDays = expect.daysLeft?.fail ?? defaultDaysLeft.fail;
  const degradedDays = expect.daysLeft?.degraded ?? defaultDaysLeft.degraded;
  const outcome = leftMs < failDays * dayMs ? 'fail' : 'degraded';
  const limitDays = outcome === 'fail' ? failDays : degradedDays;
  if (leftMs >= limitDays * dayMs) return undefined;
  const facts = {
    which: first === chain[0] ? 'The certificate' : `The certificate of its issuer ${first.subject}`,
    validTo: dateOf(first.validToMs),
    left: wordsOfLeft(leftMs),
    limit: wordsOfCount(limitDays, 'day'),
  };
  return { outcome, reason: 'certificate-expires-soon', facts };
}

/** Whole days, as people count them; on the last day, hours. */
export function wordsOfLeft(leftMs: number): string {
  if (leftMs >= dayMs) return wordsOfCount(Math.floor(leftMs / dayMs), 'day');
  return wordsOfCount(Math.max(0, Math.floor(leftMs / hourMs)), 'hour');
}

function wordsOfCount(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** What is shown of it, good or bad: facts that change once a day at most. */
export function observedOf({ chain, protocol }: PeerIdentity, nowMs: number): Facts {
  const own = chain[0]!;
  const last = chain.at(-1)!;
  return {
    subject: own.subject,
    names: wordsOfNames(own),
    issuer: own.issuer,
    chain: [...chain.map(({ subject }) => subject), ...(last.selfSigned ? [] : [last.issuer])].join(' ← '),
    validTo: dateOf(own.validToMs),
    daysLeft: Math.floor((own.validToMs - nowMs) / dayMs),
    protocol,
    fingerprint: own.fingerprint,
  };
}

/** What OpenSSL says when no agreement is reached, in words, for what is met in practice. */
const noTls = 'what answers there does not speak TLS';
const tooOld = 'the server speaks only versions of TLS older than 1.2';
const tlsWords: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: tooOld,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: tooOld,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the server and we have no way of encryption in common, or it wants a certificate of us',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the server knows nothing of that name',
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: 'the server failed while it agreed',
};

export function wordsOfTlsFault(code: string): string {
  return tlsWords[code] === undefined ? code : `${tlsWords[code]} (${code})`;
}
