/** Kind `dns`: asks for a record, of the machine's own resolver or another, and compares the answer. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { ReasonCode } from '../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../contract/src/vocabulary.ts';
import { connectionFault, hostAndPort } from '../../../platform/connection-faults.ts';
import {
  type DnsEnd,
  ownNameServers,
  plainRecord,
  type RecordType,
  recordTypes,
  reverseName,
  startDnsQuestion,
} from '../../../platform/dns-question.ts';
import { NetworkFault, type ResolvedAddress } from '../../../platform/network.ts';
import { whyNoWay } from '../../../platform/way-out.ts';
import { type Facts, makeEvidence } from '../evidence.ts';
import { defineKind, type ProbeContext } from '../kind.ts';
import { limitSchema, slowness, wordsOfMs } from '../limits.ts';
import { resolveTarget } from '../resolve-target.ts';

const answerList = (description: string) =>
  z.array(z.string().min(1).max(2_000)).min(1).max(50).optional().describe(description);

const answersSchema = z
  .strictObject({
    exactly: answerList('These records and no others, in any order'),
    contains: answerList('Each of these must be among the records'),
    anyOf: answerList('At least one of these must be among the records'),
  })
  .optional()
  .describe('The records as they stand in a zone file, such as 203.0.113.7 or “10 mail.shop.example”');

const dnsSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(254)
      .regex(/^[^\s/@]+$/, 'a name such as shop.example')
      .describe('The name that is looked up; for PTR an address will do'),
    type: z.enum(recordTypes).optional().meta({ description: 'The type of the record', default: 'A' }),
    resolver: z
      .string()
      .refine((text) => resolverOf(text) !== undefined, 'not a resolver such as 9.9.9.9, ns1.example:53 or [::1]:5353')
      .optional()
      .describe('Who is asked: an address or a name, with a port where it is not 53; left out, whom this machine asks'),
    expect: z
      .strictObject({
        answers: answersSchema,
        absent: z
          .boolean()
          .optional()
          .meta({ description: 'There must be no such record, as with a list of the blocked', default: false }),
        latency: z
          .strictObject({ total: limitSchema('From the question to the answer').optional() })
          .optional()
          .describe('Limits such as 200ms; what is slower is degraded, not failed'),
      })
      .optional()
      .describe('What must be true of the answer; left out, there must be one'),
  })
  .superRefine(({ type = 'A', expect }, context) => {
    const issue = (path: string[], message: string, fix: string) =>
      context.addIssue({ code: 'custom', path, message, params: { fix } });
    if (expect?.absent === true && expect.answers !== undefined)
      issue(['expect', 'absent'], 'a record that is absent cannot be compared', 'leave out absent or answers');
    const isRight = type === 'A' ? isIPv4 : type === 'AAAA' ? isIPv6 : () => true;
    for (const [key, answers = []] of Object.entries(expect?.answers ?? {})) {
      if (answers.every(isRight)) continue;
      const example = type === 'A' ? '203.0.113.7' : '2001:db8::7';
      issue(['expect', 'answers', key], `a record of type ${type} is an address`, `write addresses such as ${example}`);
    }
  });
type DnsSpec = z.output<typeof dnsSchema>;

export const dnsKind = defineKind<DnsSpec>({
  kind: 'dns',
  title: 'DNS record',
  schema: dnsSchema,
  secretPaths: [],
  describe({ type, answers }, totalUs) {
    if (type === undefined) return 'not looked up yet';
    return `${answers === undefined ? `no ${type} record` : `${type} ${answers}`}, in ${wordsOfMs(totalUs)} ms`;
  },
  async probe(spec, context) {
    const startUs = context.clock.monotonicUs();
    const dnsUs: { value?: number } = {};
    let verdict: Verdict;
    let end: DnsEnd | undefined;
    try {
      const server = await serverOf(spec, context, dnsUs);
      end = await new Promise<DnsEnd>((resolve) => {
        const question = { ...questionOf(spec), server, repeatMs: Math.max(200, Math.ceil(context.timeoutMs / 3)) };
        context.onDeadline(startDnsQuestion(question, context.clock, resolve));
      });
      verdict = end.code === 'ECONNREFUSED' ? await nothingSent(spec, server) : judge(spec, end, context);
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      const { reason, facts } = error;
      verdict = { outcome: reason === 'address-not-allowed' ? 'unknown' : 'fail', reason, facts };
    }
    const { outcome, reason, facts } = verdict;
    const phases = {
      ...(dnsUs.value === undefined ? {} : { dnsUs: dnsUs.value }),
      ...(end === undefined ? {} : { waitUs: end.waitUs }),
    };
    const observed = observedOf(spec, end);
    const result = { outcome, reason, phases, totalUs: context.clock.monotonicUs() - startUs, observed };
    return outcome === 'pass' ? result : { ...result, evidence: makeEvidence({ facts }, context.secrets) };
  },
});

interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

interface Server {
  readonly address: string;
  readonly port: number;
}

/** `9.9.9.9`, `::1`, `ns1.example`, each with a port behind a colon, IPv6 then in brackets. */
function resolverOf(text: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^\s/@[\]]+?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (isIP(text) !== 0) return { host: text, port: 53 };
  const host = bracketed ?? plain;
  const port = Number(digits ?? 53);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined ? !isIPv6(bracketed) : host.includes(':')) return undefined;
  return { host, port };
}

/** Whom the machine asks anyway is no address that somebody chose, so the policy is not asked about it. */
async function serverOf(spec: DnsSpec, context: ProbeContext, dnsUs: { value?: number }): Promise<Server | undefined> {
  if (spec.resolver === undefined) return undefined;
  const { host, port } = resolverOf(spec.resolver)!;
  const found: ResolvedAddress =
    isIP(host) === 0 ? await resolveTarget(host, context) : await context.network.resolve(host);
  if (found.dnsUs !== undefined) dnsUs.value = found.dnsUs;
  return { address: found.address, port };
}

function questionOf({ name, type = 'A' }: DnsSpec): { name: string; type: RecordType } {
  return { name: type === 'PTR' && isIP(name) !== 0 ? reverseName(name) : name, type };
}

function observedOf({ type = 'A' }: DnsSpec, end: DnsEnd | undefined): Facts {
  if (end?.answers !== undefined)
    return { type, answers: end.answers.join(', ').slice(0, 300), count: end.answers.length };
  return end?.code === 'ENOTFOUND' || end?.code === 'ENODATA' ? { type, count: 0 } : {};
}

function resolverWords({ resolver }: DnsSpec): string {
  return resolver ?? `of this machine (${ownNameServers().join(', ')})`;
}

/** What a resolver does instead of answering, and whether that is its fault where it is this machine's own. */
const refusals: Readonly<Record<string, { readonly what: string; readonly ownIsUnknown: boolean }>> = {
  ESERVFAIL: { what: 'answered that it could not find out (SERVFAIL)', ownIsUnknown: false },
  EREFUSED: { what: 'refuses to answer (REFUSED)', ownIsUnknown: true },
  ENOTIMP: { what: 'cannot answer such a question (NOTIMP)', ownIsUnknown: true },
  EFORMERR: { what: 'did not understand the question (FORMERR)', ownIsUnknown: true },
  EBADRESP: { what: 'answered what is no DNS (EBADRESP)', ownIsUnknown: true },
  ECONNREFUSED: { what: 'does not listen (ECONNREFUSED)', ownIsUnknown: true },
};

/** The worst first: no answer, another answer, a slow one. */
function judge(spec: DnsSpec, end: DnsEnd, { timeoutMs }: ProbeContext): Verdict {
  const { name, type = 'A', resolver, expect = {} } = spec;
  const { answers, code, waitUs } = end;
  if (answers === undefined) {
    const nothing = code === 'ENOTFOUND' || code === 'ENODATA';
    if (!nothing && (code === 'ECANCELLED' || code === 'ETIMEOUT'))
      return {
        outcome: 'fail',
        reason: 'dns-timeout',
        facts: { host: name, timeoutMs, resolver: resolverWords(spec) },
      };
    if (!nothing) return refused(spec, code ?? 'error');
    if (expect.absent !== true)
      return code === 'ENOTFOUND'
        ? { outcome: 'fail', reason: 'dns-not-found', facts: { host: name } }
        : { outcome: 'fail', reason: 'no-record', facts: { name, type } };
  } else {
    const expected = expect.absent === true ? 'none' : mismatch(expect.answers ?? {}, type, answers);
    if (expected !== undefined)
      return {
        outcome: 'fail',
        reason: 'answer-mismatch',
        facts: { name, type, actual: answers.join(', '), expected },
      };
  }
  const asked = resolver === undefined ? 'The resolver' : `The resolver ${resolver}`;
  const slow = slowness(asked, waitUs, expect.latency?.total);
  if (slow !== undefined) return { outcome: 'degraded', reason: 'too-slow', facts: slow };
  return { outcome: 'pass', reason: 'expectations-met', facts: {} };
}

function refused(spec: DnsSpec, code: string): Verdict {
  const { what, ownIsUnknown } = refusals[code] ?? { what: `failed (${code})`, ownIsUnknown: true };
  const outcome = spec.resolver === undefined && ownIsUnknown ? 'unknown' : 'fail';
  return { outcome, reason: 'resolver-failed', facts: { resolver: resolverWords(spec), what } };
}

async function nothingSent(spec: DnsSpec, server: Server | undefined): Promise<Verdict> {
  const error = server && (await whyNoWay(server.address, server.port));
  if (server === undefined || error === undefined) return refused(spec, 'ECONNREFUSED');
  const { reason, facts, ours } = connectionFault(error, {
    doing: 'connecting',
    address: hostAndPort(server.address, server.port),
  });
  return { outcome: ours === true ? 'unknown' : 'fail', reason, facts };
}

/** What was expected, in words, where it is not what came. */
function mismatch(
  { exactly, contains, anyOf }: NonNullable<NonNullable<DnsSpec['expect']>['answers']>,
  type: RecordType,
  answers: readonly string[],
): string | undefined {
  const has = (wanted: string) => answers.includes(plainRecord(type, wanted));
  if (exactly !== undefined) {
    const distinct = new Set(exactly.map((wanted) => plainRecord(type, wanted)));
    if (distinct.size !== answers.length || !exactly.every(has)) return `exactly ${exactly.join(', ')}`;
  }
  if (contains !== undefined && !contains.every(has)) return `${contains.join(', ')} among them`;
  if (anyOf !== undefined && !anyOf.some(has)) return `${anyOf.join(' or ')} among them`;
  return undefined;
}
