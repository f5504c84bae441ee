/** One attempt of kind `http`: the requests it takes, and what is made of the last answer. */
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
import type { PeerIdentity } from '../../../../platform/peer-certificate.ts';
import { judgeCertificate, observedOf } from '../../certificate.ts';
import { evidenceBytes, type Facts, makeEvidence } from '../../evidence.ts';
import type { ProbeContext, ProbeResult } from '../../kind.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { LoginFault, type TokenSource } from './access-token.ts';
import { beginningOfBody, decodeBody } from './body.ts';
import { judgeAnswer, type Verdict } from './expectations.ts';
import type { Plan } from './plan.ts';
import { type Hop, location, mostRedirects, nextHop } from './redirects.ts';
import type { Target } from './target.ts';

export class HttpAttempt {
  readonly #plan: Plan;
  readonly #context: ProbeContext;
  #startUs: number;
  #token: string | undefined;
  readonly #phases: { -readonly [name in keyof Phases]: Phases[name] } = {};
  #identity: PeerIdentity | undefined;

  constructor(plan: Plan, context: ProbeContext) {
    this.#plan = plan;
    this.#context = context;
    this.#startUs = context.clock.monotonicUs();
  }

  async run(): Promise<ProbeResult> {
    let hop: Hop;
    try {
      hop = this.#plan.tokens === undefined ? this.#firstHop() : await this.#hopWithToken(this.#plan.tokens);
    } catch (error) {
      if (error instanceof LoginFault) return this.#failed(error.reason, error.facts, undefined, error.outcome);
      throw error;
    }
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
      const next = this.#plan.followRedirects ? nextHop(hop, answer, this.#plan) : undefined;
      if (next === undefined) return this.#judge(answer);
      if (typeof next === 'string')
        return this.#failed('hop-refused', { location: location(answer), rule: next }, answer);
      if (next.count > mostRedirects) {
        return this.#failed('too-many-redirects', { limit: mostRedirects, location: next.target.url.href }, answer);
      }
      hop = next;
    }
  }

  #firstHop(): Hop {
    const { target, method, headers, head, body } = this.#plan;
    return { target, method, headers, head, body, count: 0 };
  }

  async #hopWithToken(tokens: TokenSource): Promise<Hop> {
    const token = await tokens.token(this.#context);
    this.#token = token;
    // What comes now is the target's time.
    this.#startUs = this.#context.clock.monotonicUs();
    const { target, method, headers, body } = this.#plan;
    return { target, method, headers: [...headers, ['Authorization', `Bearer ${token}`]], body, count: 0 };
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
        this.#identity ??= end.identity;
        resolve(end);
      };
      const start = this.#starterFor(target);
      this.#context.onDeadline(start(request, this.#context.clock, done));
    });
  }

  /** Elsewhere nobody promised to speak anything else than HTTP/1.1. */
  #starterFor({ url }: Target): typeof startExchange {
    const { startExchange: own, target } = this.#plan;
    return own === startExchange || url.origin === target.url.origin ? own : startExchange;
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
    if (answer.statusCode === 401) this.#plan.tokens?.forget();
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
      this.#certificateVerdict(),
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

  #certificateVerdict(): Verdict | undefined {
    const { tls } = this.#plan.target;
    const expect = this.#plan.expect.certificate;
    if (expect === undefined || this.#identity === undefined) return undefined;
    const { identify, verify, sessions } = tls!;
    const question = { expect, name: identify!.name, mustBeTrusted: verify, mustMatchName: verify };
    const verdict = judgeCertificate(this.#identity, { ...question, nowMs: this.#context.clock.nowMs() });
    // It may be exchanged at any time, and is then to be seen at once.
    if (verdict !== undefined) sessions?.forget();
    return verdict;
  }

  /** Where reading stopped at the limit it is the limit, not what the last piece happened to bring. */
  #sizeBytes({ sizeBytes, truncated }: ExchangeAnswer): number {
    return truncated ? Math.min(sizeBytes, this.#plan.readBytes) : sizeBytes;
  }

  #observed(answer: ExchangeAnswer): Facts {
    const seen = { status: answer.statusCode, sizeBytes: this.#sizeBytes(answer) };
    if (this.#identity === undefined) return seen;
    const { daysLeft, validTo } = observedOf(this.#identity, this.#context.clock.nowMs());
    return { ...seen, daysLeft: daysLeft!, validTo: validTo! };
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
    const observed = answer === undefined ? {} : this.#observed(answer);
    const result = { outcome, reason, phases: this.#phases, totalUs, observed };
    if (outcome === 'pass') return result;
    const own = allSecrets(this.#plan, this.#context.secrets);
    const secrets = this.#token === undefined ? own : [...own, this.#token];
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
