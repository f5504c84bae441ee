/** Kind `tls`: agrees on encryption and looks at the certificate: for whom, from whom, how long it is still good. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { isWorthAnother } from '../../../platform/connection-faults.ts';
import { NetworkFault } from '../../../platform/network.ts';
import { startTlsPorts, startTlsProtocols } from '../../../platform/start-tls.ts';
import { secureContextFor, startTlsExchange, type TlsEnd } from '../../../platform/tls-exchange.ts';
import { certificateShape, judgeCertificate, observedOf, wordsOfTlsFault } from '../certificate.ts';
import { makeEvidence } from '../evidence.ts';
import { defineKind, type ProbeContext, type ProbeResult } from '../kind.ts';
import { limitSchema, portSchema, slowness } from '../limits.ts';
import { resolveTarget } from '../resolve-target.ts';

const hostName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[^\s/?#@]+$/, 'a name or an address, without scheme or path');

const expectSchema = z.strictObject({
  ...certificateShape,
  trusted: z
    .boolean()
    .optional()
    .meta({ description: 'Somebody trusted must vouch for it; false takes one made by hand', default: true }),
  nameMatches: z.boolean().optional().meta({ description: 'It must be for the name that was asked', default: true }),
  latency: z
    .strictObject({ total: limitSchema('From the name to the encrypted connection').optional() })
    .optional()
    .describe('Limits such as 300ms; what is slower is degraded, not failed'),
});

const tlsSchema = z.strictObject({
  host: hostName.describe('Name or address of the machine'),
  port: portSchema
    .optional()
    .meta({ description: 'The port that is opened; with startTls the usual one of its protocol', default: 443 }),
  servername: hostName
    .optional()
    .describe('The name that is asked for and that the certificate must be for, where it is not the host'),
  startTls: z
    .enum(startTlsProtocols)
    .optional()
    .describe('The protocol that is spoken until it turns to encryption; left out, encryption comes at once'),
  ca: z
    .string()
    .max(200_000)
    .refine(isPem, 'not a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----')
    .optional()
    .describe('Certificates that are trusted in place of the usual authorities, in PEM; {file: path} reads them'),
  expect: expectSchema.optional().describe('What must be true of the certificate and the connection'),
});
type TlsSpec = z.output<typeof tlsSchema>;

export const tlsKind = defineKind<TlsSpec>({
  kind: 'tls',
  title: 'Certificate',
  schema: tlsSchema,
  secretPaths: [],
  describe({ daysLeft, protocol }) {
    if (typeof daysLeft !== 'number') return 'certificate not seen yet';
    // Its days say nothing of whether it is trusted: not “good for”.
    if (daysLeft < 0) return 'certificate expired';
    return `certificate ends in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}, ${protocol}`;
  },
  async probe(spec, context) {
    const startUs = context.clock.monotonicUs();
    secureContextFor(spec.ca);
    // The first reads the machine's certificates for some 20 ms, which are no latency of the target.
    const readyUs = context.clock.monotonicUs();
    try {
      const { end, dnsUs } = await exchange(spec, context);
      const fromUs = end.identity === undefined ? startUs : readyUs;
      return judge(spec, end, dnsUs, context.clock.monotonicUs() - fromUs, context);
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      return {
        outcome: error.reason === 'address-not-allowed' ? 'unknown' : 'fail',
        reason: error.reason,
        phases: {},
        totalUs: context.clock.monotonicUs() - startUs,
        observed: {},
        evidence: makeEvidence({ facts: error.facts }, context.secrets),
      };
    }
  },
});

function isPem(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function nameOf(spec: TlsSpec): string {
  return withoutBrackets(spec.servername ?? spec.host);
}

async function exchange(spec: TlsSpec, context: ProbeContext): Promise<{ end: TlsEnd; dnsUs: number | undefined }> {
  const host = withoutBrackets(spec.host);
  const resolved = isIP(host) !== 0 ? await context.network.resolve(host) : await resolveTarget(host, context);
  const { ca, startTls } = spec;
  const port = spec.port ?? (startTls === undefined ? 443 : startTlsPorts[startTls]);
  const ask = (address: string) =>
    new Promise<TlsEnd>((resolve) => {
      const request = { address, port, name: nameOf(spec), ca, startTls };
      context.onDeadline(startTlsExchange(request, context.clock, resolve));
    });
  let end = await ask(resolved.address);
  for (const address of resolved.others ?? []) {
    if (!isWorthAnother(end.fault)) break;
    end = await ask(address);
  }
  return { end, dnsUs: resolved.dnsUs };
}

function judge(
  spec: TlsSpec,
  end: TlsEnd,
  dnsUs: number | undefined,
  totalUs: number,
  { clock, timeoutMs, secrets }: ProbeContext,
): ProbeResult {
  const phases = {
    ...(dnsUs === undefined ? {} : { dnsUs }),
    ...(end.connectUs < 0 ? {} : { connectUs: end.connectUs }),
    ...(end.waitUs < 0 ? {} : { waitUs: end.waitUs }),
    ...(end.tlsUs < 0 ? {} : { tlsUs: end.tlsUs }),
  };
  const base = { phases, totalUs };
  const { fault, identity } = end;
  if (fault !== undefined || identity === undefined) {
    // Suites without certificates are not offered by us, so there is always one.
    const { reason, facts, ours } = fault ?? { reason: 'tls-failed', facts: { code: 'no certificate' } };
    const told = reason === 'tls-failed' ? { code: wordsOfTlsFault(String(facts['code'])) } : facts;
    const evidence = makeEvidence({ facts: { ...told, timeoutMs } }, secrets);
    return { ...base, observed: {}, outcome: ours === true ? 'unknown' : 'fail', reason, evidence };
  }
  const nowMs = clock.nowMs();
  const observed = observedOf(identity, nowMs);
  const { expect = {} } = spec;
  const verdict = judgeCertificate(identity, {
    expect,
    name: nameOf(spec),
    mustBeTrusted: expect.trusted ?? true,
    mustMatchName: expect.nameMatches ?? true,
    nowMs,
  });
  if (verdict !== undefined) {
    const { outcome, reason, facts } = verdict;
    return { ...base, observed, outcome, reason, evidence: makeEvidence({ facts }, secrets) };
  }
  const slow = slowness('The encrypted connection', totalUs, expect.latency?.total);
  if (slow === undefined) return { ...base, observed, outcome: 'pass', reason: 'expectations-met' };
  return {
    ...base,
    observed,
    outcome: 'degraded',
    reason: 'too-slow',
    evidence: makeEvidence({ facts: slow }, secrets),
  };
}
