/** Kind `http`: asks one address, follows its redirects, and compares the answer with what was expected. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome, Phases } from '../../../../../../contract/src/vocabulary.ts';
import type { ConnectionFault } from '../../../../platform/connection-faults.ts';
import {
  type ExchangeAnswer,
  type ExchangeEnd,
  headerValue,
  startExchange,
} from '../../../../platform/http-exchange.ts';
import { NetworkFault } from '../../../../platform/network.ts';
import { evidenceBytes, type Facts, makeEvidence } from '../../evidence.ts';
import { defineKind, type ProbeContext, type ProbeResult } from '../../kind.ts';
import { wordsOfMs } from '../../limits.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { beginningOfBody, decodeBody } from './body.ts';
import { judgeAnswer, type Verdict } from './expectations.ts';
import { headersAfterRedirect, type Plan, planOf, type Target, targetOf } from './plan.ts';
import { type HttpSpec, httpSchema } from './spec.ts';

const mostRedirects = 5;

export const httpKind = defineKind<HttpSpec>({
  kind: 'http',
  title: 'Web page or API',
  schema: httpSchema,
  secretPaths: ['headers.*', 'body'],
  describe: (observed, totalUs) => `page ${observed['status'] ?? '?'} in ${wordsOfMs(totalUs)} ms`,
  probe: (spec, context) => new HttpAttempt(planOf(spec), context).run(),
});

interface Hop {
  readonly target: Target;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly count: number;
}

class HttpAttempt {
  readonly #plan: Plan;
  readonly #context: ProbeContext;
  readonly #startUs: number;
  readonly #phases: { -readonly [name in keyof Phases]: Phases[name] } = {};

  constructor(plan: Plan, context: ProbeContext) {
    this.#plan = plan;
    this.#context = context;
    this.#startUs = context.clock.monotonicUs();
  }

  async run(): Promise<ProbeResult> {
    const { target, method, headers, body } = this.#plan;
    let hop: Hop = { target, method, headers, body, count: 0 };
    while (true) {
      let end: ExchangeEnd;
      try {
        end = await this.#exchange(hop);
      } catch (error) {
        if (error instanceof NetworkFault) return this.#networkFault(error, hop);
        throw error;
      }
      if (end.fault !== undefined) return this.#connectionFault(end.fault, end.answer);
      const answer = end.answer!;
      const next = this.#plan.followRedirects ? nextHop(hop, answer, this.#plan.verify) : undefined;
      if (next === undefined) return this.#judge(answer);
      if (next === 'elsewhere')
        return this.#failed('protocol-error', { protocol: 'redirect', code: location(answer) }, answer);
      if (next.count > mostRedirects) {
        return this.#failed('too-many-redirects', { limit: mostRedirects, location: next.target.url.href }, answer);
      }
      hop = next;
    }
  }

  async #exchange(hop: Hop): Promise<ExchangeEnd> {
    const { target } = hop;
    if (target.numeric) {
      const rule = this.#context.network.forbids(target.host);
      if (rule !== undefined) throw new NetworkFault('address-not-allowed', { address: target.host, rule });
      return this.#ask(hop, target.host);
    }
    const resolved = await resolveTarget(target.host, this.#context);
    this.#add('dnsUs', resolved.dnsUs ?? -1);
    let end = await this.#ask(hop, resolved.address);
    for (const address of resolved.others ?? []) {
      if (end.fault?.reason !== 'connection-refused' && end.fault?.reason !== 'host-unreachable') break;
      end = await this.#ask(hop, address);
    }
    return end;
  }

  async #ask({ target, method, headers, body }: Hop, address: string): Promise<ExchangeEnd> {
    const { keepBytes, readBytes, endlessStreams } = this.#plan;
    const request = {
      address,
      port: target.port,
      tls: target.tls,
      method,
      path: target.path,
      headers,
      body,
      keepBytes,
      readBytes,
      endlessStreams,
    };
    const end = await new Promise<ExchangeEnd>((resolve) => {
      this.#context.onDeadline(startExchange(request, this.#context.clock, resolve));
    });
    this.#add('connectUs', end.times.connectUs);
    this.#add('tlsUs', end.times.tlsUs);
    this.#add('waitUs', end.times.waitUs);
    this.#add('transferUs', end.times.transferUs);
    return end;
  }

  #add(phase: keyof Phases, lapUs: number): void {
    if (lapUs >= 0) this.#phases[phase] = (this.#phases[phase] ?? 0) + lapUs;
  }

  #judge(answer: ExchangeAnswer): ProbeResult {
    const { expect, bodyLimitBytes } = this.#plan;
    const totalUs = this.#totalUs();
    const verdict = judgeAnswer(
      expect,
      {
        statusCode: answer.statusCode,
        header: (name) => headerValue(answer.rawHeaders, name),
        sizeBytes: answer.sizeBytes,
        truncated: answer.truncated,
        bodyLimitBytes,
        text: () => decodeBody(encoded(answer), bodyLimitBytes),
      },
      {
        totalUs,
        dnsUs: this.#phases.dnsUs,
        connectUs: this.#phases.connectUs,
        tlsUs: this.#phases.tlsUs,
        waitUs: this.#phases.waitUs,
        transferUs: this.#phases.transferUs,
      },
    );
    return this.#result(verdict, answer, totalUs);
  }

  #totalUs(): number {
    return this.#context.clock.monotonicUs() - this.#startUs;
  }

  #networkFault(fault: NetworkFault, hop: Hop): ProbeResult {
    // A check that may not run says nothing about its target; a target that sends us where we may not go is broken.
    const outcome = fault.reason === 'address-not-allowed' && hop.count === 0 ? 'unknown' : 'fail';
    return this.#failed(fault.reason, fault.facts, undefined, outcome);
  }

  #connectionFault(fault: ConnectionFault, answer: ExchangeAnswer | undefined): ProbeResult {
    const facts = { ...fault.facts, timeoutMs: this.#context.timeoutMs };
    return this.#failed(fault.reason, facts, answer, fault.ours === true ? 'unknown' : 'fail');
  }

  #failed(
    reason: ReasonCode,
    facts: Facts,
    answer: ExchangeAnswer | undefined,
    outcome: Outcome = 'fail',
  ): ProbeResult {
    return this.#result({ outcome, reason, facts }, answer, this.#totalUs());
  }

  #result(verdict: Verdict, answer: ExchangeAnswer | undefined, totalUs: number): ProbeResult {
    const { outcome, reason, facts } = verdict;
    const observed = answer === undefined ? {} : { status: answer.statusCode, sizeBytes: answer.sizeBytes };
    const result = { outcome, reason, phases: this.#phases, totalUs, observed };
    if (outcome === 'pass') return result;
    if (answer === undefined || outcome === 'degraded')
      return { ...result, evidence: makeEvidence({ facts }, this.#context.secrets) };
    const body = beginningOfBody(encoded(answer), evidenceBytes);
    const { statusCode, rawHeaders } = answer;
    const raw = { facts, statusCode, rawHeaders, ...(body === undefined ? {} : { body }) };
    return { ...result, evidence: makeEvidence(raw, this.#context.secrets) };
  }
}

function encoded({ kept, rawHeaders }: ExchangeAnswer) {
  return { kept, encoding: headerValue(rawHeaders, 'content-encoding') };
}

function location({ rawHeaders }: ExchangeAnswer): string {
  return headerValue(rawHeaders, 'location') ?? '';
}

/** Where a redirect leads; undefined where the answer is none, `elsewhere` where it leads out of HTTP. */
function nextHop(hop: Hop, answer: ExchangeAnswer, verify: boolean): Hop | 'elsewhere' | undefined {
  const { statusCode } = answer;
  if (statusCode < 301 || statusCode > 308 || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const to = headerValue(answer.rawHeaders, 'location');
  if (to === undefined) return undefined;
  const url = URL.parse(to, hop.target.url.href);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'elsewhere';
  const target = targetOf(url, verify);
  // As browsers do: only 307 and 308 repeat a POST.
  const keepsMethod = statusCode >= 307 || hop.method === 'GET' || hop.method === 'HEAD';
  return {
    target,
    method: keepsMethod ? hop.method : 'GET',
    headers: headersAfterRedirect(hop.headers, hop.target, target, keepsMethod),
    body: keepsMethod ? hop.body : undefined,
    count: hop.count + 1,
  };
}
