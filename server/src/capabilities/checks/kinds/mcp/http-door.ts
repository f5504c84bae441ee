/** HTTP requests of one attempt to one MCP endpoint: the address policy, redirects within it, limits, times and traces. */
import type { Phases } from '../../../../../../contract/src/vocabulary.ts';
import { isWorthAnother } from '../../../../platform/connection-faults.ts';
import {
  type AnswerListener,
  type ExchangeAnswer,
  type ExchangeEnd,
  headerValue,
  startExchange,
} from '../../../../platform/http-exchange.ts';
import { NetworkFault } from '../../../../platform/network.ts';
import { evidenceBytes } from '../../evidence.ts';
import type { ProbeContext } from '../../kind.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { beginningOfBody, decodeBody } from '../http/body.ts';
import { type Target, targetOf } from '../http/target.ts';
import { answerLimitBytes, type Trace, timeUp } from './channel.ts';
import { McpFault } from './messages.ts';
import type { McpSpec } from './spec.ts';

const mostRedirects = 5;

export interface DoorRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly listener?: AnswerListener;
  readonly endlessStreams?: 'read' | 'stop';
  /** Another place at the same origin. */
  readonly url?: URL;
  /** Its time is none of the attempt's: a stream beside other requests, or a goodbye. */
  readonly untimed?: true;
}

export class HttpDoor {
  readonly phases: { -readonly [name in keyof Phases]: Phases[name] } = {};
  readonly #spec: McpSpec;
  readonly #context: ProbeContext;
  readonly #active = new Set<() => void>();
  #target: Target;
  #addresses: readonly string[] | undefined;
  #leftBytes = answerLimitBytes;
  #dropped = false;
  #last: ExchangeAnswer | undefined;

  constructor(spec: McpSpec, context: ProbeContext) {
    this.#spec = spec;
    this.#context = context;
    this.#target = targetOf(new URL(spec.url!), ordinaryTls(spec));
  }

  get url(): URL {
    return this.#target.url;
  }

  get hasLogin(): boolean {
    const { token, headers = {} } = this.#spec;
    return token !== undefined || Object.keys(headers).some((name) => /auth|key|token|cookie/i.test(name));
  }

  trace(): Trace {
    if (this.#last === undefined) return {};
    const { statusCode, rawHeaders } = this.#last;
    const body = beginningOfBody(encoded(this.#last), evidenceBytes);
    // Who has the name of a session is in it.
    const shown = rawHeaders.map((text, index) =>
      index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'mcp-session-id' ? '[redacted]' : text,
    );
    return { statusCode, rawHeaders: shown, ...(body === undefined ? {} : { body }) };
  }

  /** Looks the name up once; `onDeadline` of the context is taken meanwhile. */
  async resolve(): Promise<void> {
    const { host, numeric } = this.#target;
    try {
      const {
        address,
        others = [],
        dnsUs,
      } = numeric ? await this.#context.network.resolve(host) : await resolveTarget(host, this.#context);
      if (dnsUs !== undefined) this.phases.dnsUs = dnsUs;
      this.#addresses = [address, ...others];
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      throw new McpFault(error.reason, error.facts, error.reason === 'address-not-allowed');
    }
  }

  /** An answer, whatever its status; throws McpFault where there is none. Follows redirects within the same origin. */
  async exchange(request: DoorRequest): Promise<ExchangeAnswer> {
    for (let hops = 0; ; hops += 1) {
      const end = await this.#anyAddress(request);
      const { answer, fault } = end;
      if (answer !== undefined) {
        this.#last = answer;
        this.#leftBytes -= answer.sizeBytes;
      }
      if (fault !== undefined) throw new McpFault(fault.reason, fault.facts, fault.ours === true);
      const next = redirect(this.#target, answer!);
      if (next === undefined) {
        if (this.#leftBytes < 0) throw new McpFault('body-too-large', { limitBytes: answerLimitBytes });
        return answer!;
      }
      if (hops === mostRedirects)
        throw new McpFault('too-many-redirects', { limit: mostRedirects, location: next.href });
      this.#target = targetOf(next, ordinaryTls(this.#spec));
    }
  }

  text(answer: ExchangeAnswer): string {
    const text = decodeBody(encoded(answer), answerLimitBytes);
    if (text === undefined) throw new McpFault('body-too-large', { limitBytes: answerLimitBytes });
    return text;
  }

  drop(): void {
    this.#dropped = true;
    for (const giveUp of this.#active) giveUp();
  }

  async #anyAddress(request: DoorRequest): Promise<ExchangeEnd> {
    const addresses = this.#addresses!;
    for (const [index, address] of addresses.entries()) {
      const end = await this.#once(request, address);
      if (isWorthAnother(end.fault) && index < addresses.length - 1) continue;
      this.#addresses = [address];
      return end;
    }
    throw timeUp();
  }

  #once(request: DoorRequest, address: string): Promise<ExchangeEnd> {
    if (this.#dropped) throw timeUp();
    const rule = this.#context.network.forbids(address);
    if (rule !== undefined) throw new McpFault('address-not-allowed', { address, rule }, true);
    const { port, tls, path } =
      request.url === undefined ? this.#target : targetOf(request.url, ordinaryTls(this.#spec));
    const exchange = {
      ...{ address, port, method: request.method, path: path, body: request.body },
      tls,
      headers: this.#headers(request),
      keepBytes: Math.max(evidenceBytes, this.#leftBytes),
      readBytes: Math.max(evidenceBytes, this.#leftBytes),
      endlessStreams: request.endlessStreams ?? 'read',
      listener: request.listener,
    };
    return new Promise((resolve) => {
      const giveUp = startExchange(exchange, this.#context.clock, (end) => {
        this.#active.delete(giveUp);
        if (request.untimed !== true) this.#addTimes(end);
        resolve(end);
      });
      this.#active.add(giveUp);
    });
  }

  #headers({ headers, body }: DoorRequest): [string, string][] {
    const { token, headers: written = {} } = this.#spec;
    const all = new Map<string, [string, string]>();
    const set = (name: string, value: string) => all.set(name.toLowerCase(), [name, value]);
    set('Host', this.#target.url.host);
    set('User-Agent', 'Pitwall');
    if (token !== undefined) set('Authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(written)) set(name, value);
    for (const [name, value] of Object.entries(headers)) set(name, value);
    if (body !== undefined) set('Content-Length', String(Buffer.byteLength(body)));
    set('Connection', 'close');
    return [...all.values()];
  }

  #addTimes({ times }: ExchangeEnd): void {
    for (const phase of ['connectUs', 'tlsUs', 'waitUs', 'transferUs'] as const) {
      if (times[phase] >= 0) this.phases[phase] = (this.phases[phase] ?? 0) + times[phase];
    }
  }
}

export function encoded({ kept, rawHeaders }: ExchangeAnswer) {
  return { kept, encoding: headerValue(rawHeaders, 'content-encoding') };
}

/** `application/json` of `application/json; charset=utf-8`. */
export function mediaType(rawHeaders: readonly string[]): string {
  return (headerValue(rawHeaders, 'content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** Where a redirect leads that keeps method, body and origin, as the reference client follows it; others are a fault. */
function redirect(target: Target, { statusCode, rawHeaders }: ExchangeAnswer): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const written = headerValue(rawHeaders, 'location');
  if (written === undefined) return undefined;
  const location = Buffer.from(written, 'latin1').toString('utf8');
  const url = URL.parse(location, target.url.href);
  const refused = (rule: string) => new McpFault('hop-refused', { location, rule });
  if (url === null) throw refused('it is no address');
  if (url.origin !== target.url.origin) throw refused('clients of MCP stay at the address they were given');
  if (statusCode < 307) throw refused('it would make a GET of the request');
  return url;
}

function ordinaryTls({ tls }: McpSpec) {
  return { verify: tls?.verify ?? true, context: undefined };
}
