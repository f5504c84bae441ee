/** Kind `http`: asks one address, follows its redirects, and compares the answer with what was expected. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome, Phases } from '../../../../../../contract/src/vocabulary.ts';
import { type ConnectionFault, isWorthAnother } from '../../../../platform/connection-faults.ts';
import {
  type ExchangeAnswer,
  type ExchangeEnd,
  headerValue,
  headerValues,
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
  /** Made in advance for the first; redirects are rare. */
  readonly head?: string;
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
    const { target, method, headers, head, body } = this.#plan;
    let hop: Hop = { target, method, headers, head, body, count: 0 };
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
      if (typeof next === 'string')
        return this.#failed('hop-refused', { location: location(answer), rule: next }, answer);
      if (next.count > mostRedirects) {
        return this.#failed('too-many-redirects', { limit: mostRedirects, location: next.target.url.href }, answer);
      }
      hop = next;
    }
  }

  /** Not `async`, here and below: each such step is a promise, a frame and a turn of the queue more for every check. */
  #exchange(hop: Hop): Promise<ExchangeEnd> {
    const { target } = hop;
    if (!target.numeric) return this.#exchangeByName(hop);
    const rule = this.#context.network.forbids(target.host);
    if (rule !== undefined) throw new NetworkFault('address-not-allowed', { address: target.host, rule });
    return this.#ask(hop, target.host);
  }

  async #exchangeByName(hop: Hop): Promise<ExchangeEnd> {
    const { target } = hop;
    const resolved = await resolveTarget(target.host, this.#context, this.#plan.family);
    this.#add('dnsUs', resolved.dnsUs ?? -1);
    let end = await this.#ask(hop, resolved.address);
    for (const address of resolved.others ?? []) {
      if (!isWorthAnother(end.fault)) break;
      end = await this.#ask(hop, address);
    }
    return end;
  }

  #ask({ target, method, headers, head, body }: Hop, address: string): Promise<ExchangeEnd> {
    const { keepBytes, readBytes, endlessStreams } = this.#plan;
    const request = {
      address,
      port: target.port,
      tls: target.tls,
      method,
      path: target.path,
      headers,
      head,
      body,
      keepBytes,
      readBytes,
      endlessStreams,
    };
    return new Promise((resolve) => {
      const done = (end: ExchangeEnd) => {
        this.#addTimes(end.times);
        resolve(end);
      };
      this.#context.onDeadline(startExchange(request, this.#context.clock, done));
    });
  }

  #addTimes({ connectUs, tlsUs, waitUs, transferUs }: ExchangeEnd['times']): void {
    this.#add('connectUs', connectUs);
    this.#add('tlsUs', tlsUs);
    this.#add('waitUs', waitUs);
    this.#add('transferUs', transferUs);
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
        headers: (name) => headerValues(answer.rawHeaders, name),
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
    return this.#result(this.#withRedirect(verdict, answer), answer, totalUs);
  }

  /** A redirect that is the answer says where it would have led, and which key of the check goes there. */
  #withRedirect(verdict: Verdict, answer: ExchangeAnswer): Verdict {
    if (verdict.reason !== 'wrong-status' || Math.floor(answer.statusCode / 100) !== 3) return verdict;
    const to = URL.parse(location(answer), this.#plan.target.url.href);
    if (location(answer) === '' || to === null) return verdict;
    // A query may hold what opens a session.
    const facts = { ...verdict.facts, location: to.origin === 'null' ? to.protocol : to.origin + to.pathname };
    return {
      ...verdict,
      facts: this.#plan.followRedirects ? facts : { ...facts, hint: 'followRedirects: true goes there' },
    };
  }

  /** Where reading stopped at the limit it is the limit, not what the last piece happened to bring. */
  #sizeBytes({ sizeBytes, truncated }: ExchangeAnswer): number {
    return truncated ? Math.min(sizeBytes, this.#plan.readBytes) : sizeBytes;
  }

  #totalUs(): number {
    return this.#context.clock.monotonicUs() - this.#startUs;
  }

  #networkFault(fault: NetworkFault, hop: Hop): ProbeResult {
    if (fault.reason !== 'address-not-allowed') return this.#failed(fault.reason, fault.facts, undefined);
    // A check that may not run says nothing about its target; a target that sends us where we may not go is broken.
    if (hop.count === 0) return this.#failed(fault.reason, fault.facts, undefined, 'unknown');
    return this.#failed('hop-refused', { location: hop.target.url.href, ...fault.facts }, undefined);
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
    const observed = answer === undefined ? {} : { status: answer.statusCode, sizeBytes: this.#sizeBytes(answer) };
    const result = { outcome, reason, phases: this.#phases, totalUs, observed };
    if (outcome === 'pass') return result;
    const secrets = allSecrets(this.#plan, this.#context.secrets);
    if (answer === undefined || outcome === 'degraded')
      return { ...result, evidence: makeEvidence({ facts }, secrets) };
    const body = beginningOfBody(encoded(answer), evidenceBytes);
    const { statusCode, rawHeaders } = answer;
    const raw = { facts, statusCode, rawHeaders, ...(body === undefined ? {} : { body }) };
    return { ...result, evidence: makeEvidence(raw, secrets) };
  }
}

/** The same list each time: what redaction makes of it (milliseconds) is kept by it. */
const joined = new WeakMap<readonly string[], { readonly given: readonly string[]; readonly all: readonly string[] }>();

function allSecrets({ secrets: own }: Plan, given: readonly string[]): readonly string[] {
  if (own.length === 0) return given;
  const known = joined.get(own);
  if (known?.given === given) return known.all;
  const all = [...given, ...own];
  joined.set(own, { given, all });
  return all;
}

function encoded({ kept, rawHeaders }: ExchangeAnswer) {
  return { kept, encoding: headerValue(rawHeaders, 'content-encoding') };
}

/** Headers are read as Latin-1, but a place that is not ASCII is written in UTF-8 by everybody. */
function location({ rawHeaders }: ExchangeAnswer): string {
  return Buffer.from(headerValue(rawHeaders, 'location') ?? '', 'latin1').toString('utf8');
}

/** Where a redirect leads; undefined where the answer is none, a rule where it is not followed. */
function nextHop(hop: Hop, answer: ExchangeAnswer, verify: boolean): Hop | string | undefined {
  const { statusCode } = answer;
  if (statusCode < 301 || statusCode > 308 || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  if (headerValue(answer.rawHeaders, 'location') === undefined) return undefined;
  const url = URL.parse(location(answer), hop.target.url.href);
  if (url === null) return 'it is no address';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'it leads out of HTTP';
  const target = targetOf(url, verify);
  // As browsers do: only 307 and 308 repeat a POST.
  const keepsMethod = statusCode >= 307 || hop.method === 'GET' || hop.method === 'HEAD';
  const body = keepsMethod ? hop.body : undefined;
  // A body may be a log-in; who means another place to have it writes that place into the check.
  if (body !== undefined && url.origin !== hop.target.url.origin) return 'the body that is sent is for the first only';
  return {
    target,
    method: keepsMethod ? hop.method : 'GET',
    headers: headersAfterRedirect(hop.headers, hop.target, target, keepsMethod),
    body,
    count: hop.count + 1,
  };
}
