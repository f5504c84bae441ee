/** Access tokens by the client credentials of OAuth 2 (RFC 6749 §4.4), kept until they end. */

import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import { isWorthAnother } from '../../../../platform/connection-faults.ts';
import { type ExchangeEnd, startExchange } from '../../../../platform/http-exchange.ts';
import { NetworkFault } from '../../../../platform/network.ts';
import type { Facts } from '../../evidence.ts';
import type { ProbeContext } from '../../kind.ts';
import { resolveTarget } from '../../resolve-target.ts';
import type { ClientCredentials } from './auth-spec.ts';
import type { Target } from './target.ts';

/** There is no token, so the target was not asked. */
export class LoginFault extends Error {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
  constructor(outcome: Outcome, reason: ReasonCode, facts: Facts) {
    super(reason);
    this.outcome = outcome;
    this.reason = reason;
    this.facts = facts;
  }
}

interface Token {
  readonly text: string;
  readonly untilUs: number;
}

/** One that ends within the attempt would be refused through no fault of the target. */
const earlyUs = 30_000_000;
const answerLimitBytes = 65_536;

/** The tokens of one check. */
export class TokenSource {
  readonly #given: ClientCredentials;
  readonly #target: Target;
  #token: Token | undefined;
  /** The standard wants servers to take a header; some take the body only. */
  #sentIn: 'header' | 'body' = 'header';

  constructor(given: ClientCredentials, target: Target) {
    this.#given = given;
    this.#target = target;
  }

  /** Throws LoginFault. */
  async token(context: ProbeContext): Promise<string> {
    if (this.#token !== undefined && context.clock.monotonicUs() < this.#token.untilUs) return this.#token.text;
    const nowUs = context.clock.monotonicUs();
    let end = await this.#ask(context);
    if (this.#sentIn === 'header' && (end.answer?.statusCode === 400 || end.answer?.statusCode === 401)) {
      this.#sentIn = 'body';
      end = await this.#ask(context);
      if (end.answer?.statusCode !== 200) this.#sentIn = 'header';
    }
    this.#token = this.#read(end, nowUs, context.timeoutMs);
    return this.#token.text;
  }

  /** It was refused: the next attempt fetches another. */
  forget(): void {
    this.#token = undefined;
  }

  async #ask(context: ProbeContext): Promise<ExchangeEnd> {
    const { host, numeric } = this.#target;
    try {
      const resolved = numeric ? await context.network.resolve(host) : await resolveTarget(host, context);
      let end = await this.#exchange(resolved.address, context);
      for (const address of resolved.others ?? []) {
        if (!isWorthAnother(end.fault)) break;
        end = await this.#exchange(address, context);
      }
      return end;
    } catch (error) {
      if (error instanceof NetworkFault) throw new LoginFault('unknown', error.reason, error.facts);
      throw error;
    }
  }

  #exchange(address: string, context: ProbeContext): Promise<ExchangeEnd> {
    const { port, path, tls } = this.#target;
    const { headers, body } = this.#request();
    const limits = { keepBytes: answerLimitBytes, readBytes: answerLimitBytes, endlessStreams: 'read' } as const;
    const request = { address, port, tls, method: 'POST', path, headers, body, ...limits };
    return new Promise((resolve) => context.onDeadline(startExchange(request, context.clock, resolve)));
  }

  #request(): { headers: [string, string][]; body: string } {
    const { clientId, clientSecret, scopes = [] } = this.#given;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    const headers: [string, string][] = [
      ['Host', this.#target.url.host],
      ['User-Agent', 'Pitwall'],
      ['Accept', 'application/json'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ];
    if (this.#sentIn === 'header') {
      const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
      headers.push(['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]);
    } else {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret);
    }
    const body = form.toString();
    headers.push(['Content-Length', String(Buffer.byteLength(body))], ['Connection', 'close']);
    return { headers, body };
  }

  #read({ fault, answer }: ExchangeEnd, nowUs: number, timeoutMs: number): Token {
    const doing = `logging in at ${this.#target.url.host}`;
    if (fault !== undefined) throw new LoginFault('unknown', fault.reason, { ...fault.facts, timeoutMs, doing });
    const { statusCode, kept } = answer!;
    const { access_token: text, expires_in: sec, error } = jsonOf(Buffer.concat(kept).toString('utf8'));
    if (statusCode !== 200 || typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) {
      const why = typeof error === 'string' ? ` ${error}` : statusCode === 200 ? ' without a token' : '';
      throw new LoginFault('fail', 'login-refused', { user: this.#given.clientId, code: `${statusCode}${why}` });
    }
    // Without a word of its end it is kept until it is refused.
    const lifeUs = Number(sec ?? Number.POSITIVE_INFINITY) * 1_000_000;
    return { text, untilUs: nowUs + lifeUs - Math.min(earlyUs, lifeUs / 2) };
  }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
