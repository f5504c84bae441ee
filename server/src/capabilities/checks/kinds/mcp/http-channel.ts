/** MCP over streamable HTTP: a POST for each message, its answer as JSON or in a stream of its own. */
import { type AnswerListener, type ExchangeAnswer, headerValue } from '../../../../platform/http-exchange.ts';
import { type Channel, mostReplies, type Spoken } from './channel.ts';
import { EventStreamReader } from './event-stream.ts';
import { type HttpDoor, mediaType } from './http-door.ts';
import {
  type Heard,
  hear,
  isAnswerTo,
  McpFault,
  type Message,
  parseJson,
  type RpcAnswer,
  replyTo,
} from './messages.ts';

const leaveMs = 1_000;

export class HttpChannel implements Channel {
  readonly #door: HttpDoor;
  readonly #setTimer: (callback: () => void, delayMs: number) => () => void;
  #spoken: Spoken | undefined;
  #sessionId: string | undefined;
  #replies = 0;

  constructor(door: HttpDoor, setTimer: (callback: () => void, delayMs: number) => () => void) {
    this.#door = door;
    this.#setTimer = setTimer;
  }

  agree(spoken: Spoken): void {
    this.#spoken = spoken;
  }

  async ask(message: Message, headers: Readonly<Record<string, string>> = {}): Promise<RpcAnswer> {
    const stream = new AnswerStream(message, (request) => this.#reply(request));
    const answer = await this.#post(message, { ...standardHeaders(message), ...headers }, stream).catch(
      (error: unknown) => {
        // What was heard before the connection broke, and what was wrong with it, outrank its end.
        if (stream.answer === undefined && stream.fault === undefined) throw error;
        return undefined;
      },
    );
    if (stream.fault !== undefined) throw stream.fault;
    if (stream.answer !== undefined) return stream.answer;
    if (message.method === 'initialize' && answer !== undefined) this.#keepSession(answer);
    return this.#read(message, answer!);
  }

  async tell(message: Message): Promise<void> {
    const answer = await this.#post(message, {});
    if (answer.statusCode < 200 || answer.statusCode > 299) this.#refused(message, answer);
  }

  async leave(): Promise<void> {
    if (this.#sessionId === undefined) return;
    const cancel = this.#setTimer(() => this.#door.drop(), leaveMs);
    try {
      await this.#door.exchange({ method: 'DELETE', headers: this.#agreed(), untimed: true });
    } catch {
      // It was a courtesy; servers that do not know it answer 405.
    } finally {
      cancel();
    }
  }

  drop(): void {
    this.#door.drop();
  }

  #post(message: object, headers: Readonly<Record<string, string>>, listener?: AnswerStream): Promise<ExchangeAnswer> {
    return this.#door.exchange({
      method: 'POST',
      headers: {
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
        ...this.#agreed(),
        ...headers,
      },
      body: JSON.stringify(message),
      ...(listener === undefined ? {} : { listener: this.#noting(message as Message, listener) }),
    });
  }

  /** The session's name stands in the head of the first answer, which may be a stream. */
  #noting(message: Message, listener: AnswerStream): AnswerListener {
    return {
      onHead: (statusCode, rawHeaders) => {
        if (message.method === 'initialize' && statusCode === 200) this.#keepSession({ rawHeaders });
        listener.onHead(statusCode, rawHeaders);
      },
      onBody: (part) => listener.onBody(part),
    };
  }

  #keepSession({ rawHeaders }: Pick<ExchangeAnswer, 'rawHeaders'>): void {
    const id = headerValue(rawHeaders, 'mcp-session-id');
    if (id !== undefined && /^[\x21-\x7e]+$/.test(id)) this.#sessionId = id;
  }

  #agreed(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.#sessionId !== undefined) headers['Mcp-Session-Id'] = this.#sessionId;
    if (this.#spoken !== undefined) headers['MCP-Protocol-Version'] = this.#spoken.version;
    return headers;
  }

  #reply(request: { id: string | number; method: string }): void {
    if (this.#spoken?.modern === true || this.#replies === mostReplies) return;
    this.#replies += 1;
    void this.#door
      .exchange({
        method: 'POST',
        headers: {
          Accept: 'application/json, text/event-stream',
          'Content-Type': 'application/json',
          ...this.#agreed(),
        },
        body: JSON.stringify(replyTo(request)),
        untimed: true,
      })
      .catch(() => {});
  }

  #read(message: Message, answer: ExchangeAnswer): RpcAnswer {
    const { statusCode, rawHeaders } = answer;
    const type = mediaType(rawHeaders);
    const good = statusCode >= 200 && statusCode <= 299;
    if (!good) return this.#refused(message, answer);
    if (type === 'text/event-stream') throw new McpFault('connection-closed', { doing: 'reading the answer' });
    const value = type === 'application/json' ? parseJson(this.#door.text(answer)) : undefined;
    if (value === undefined) throw this.notMcp(answer);
    // Until 2025-03-26 several messages could come as a list.
    for (const item of Array.isArray(value) ? value : [value]) {
      const heard = hear(item);
      if (heard.kind === 'answer' && isAnswerTo(message, heard)) return heard.answer;
      if (heard.kind === 'request') this.#reply(heard);
    }
    throw new McpFault('protocol-error', { protocol: 'MCP', code: `there is no answer to ${message.method} in it` });
  }

  /** A status that is no success: an error of MCP where the body is one, else a fault. */
  #refused(message: Message, answer: ExchangeAnswer): RpcAnswer {
    const { statusCode, rawHeaders } = answer;
    if (statusCode === 401) throw needsLogin(rawHeaders, this.#door.hasLogin);
    const heard = statusCode < 400 ? undefined : rpcErrorIn(this.#door.text(answer));
    if (heard !== undefined && isAnswerTo(message, heard)) return heard.answer;
    throw new McpFault('wrong-status', { actual: statusCode, expected: '200' });
  }

  notMcp(answer: ExchangeAnswer): McpFault {
    return notMcpAnswer(answer, this.#door.text(answer));
  }
}

/** What came instead, in a few words. */
export function notMcpAnswer({ statusCode, rawHeaders, sizeBytes }: ExchangeAnswer, text: string): McpFault {
  const type = mediaType(rawHeaders) || 'without a type';
  const words = sizeBytes === 0 ? 'nothing' : `“${text.replace(/\s+/g, ' ').trim()}”`;
  return new McpFault('not-mcp', { actual: `${statusCode} ${type} ${words}` });
}

export function rpcErrorIn(text: string): (Heard & { kind: 'answer' }) | undefined {
  try {
    const heard = hear(parseJson(text));
    return heard.kind === 'answer' && 'error' in heard.answer ? heard : undefined;
  } catch {
    return undefined;
  }
}

export function needsLogin(rawHeaders: readonly string[], hasLogin: boolean): McpFault {
  const challenge = headerValue(rawHeaders, 'www-authenticate') ?? '';
  const scheme = /^[A-Za-z][A-Za-z0-9-]{0,30}(?= |$)/.exec(challenge)?.[0];
  const error = /\berror="([a-z_]{1,40})"/.exec(challenge)?.[1];
  const asked = [scheme ?? 'it does not say which', ...(error === undefined ? [] : [error])].join(', ');
  const what = hasLogin ? 'the one that is configured is not accepted' : 'none is configured';
  return new McpFault('needs-login', { what: `${what} (401, ${asked})` });
}

/** Since 2026-07-28 what a message is about stands in its head, too, so that whoever stands between need not read it. */
function standardHeaders({ method, params }: Message): Record<string, string> {
  if (params?.['_meta'] === undefined) return {};
  const name = params['name'];
  const version = (params['_meta'] as Record<string, string>)['io.modelcontextprotocol/protocolVersion']!;
  const headers = { 'MCP-Protocol-Version': version, 'Mcp-Method': method };
  return typeof name === 'string' ? { ...headers, 'Mcp-Name': headerText(name) } : headers;
}

/** Arguments that a tool wants to have in the head as well (`x-mcp-header` in its schema). */
export function argumentHeaders(schema: unknown, values: unknown, depth = 0): Record<string, string> {
  const properties = (schema as { properties?: unknown } | null | undefined)?.properties;
  if (typeof properties !== 'object' || properties === null || depth > 16) return {};
  const headers: Record<string, string> = {};
  for (const [key, property] of Object.entries(properties as Record<string, Record<string, unknown> | null>)) {
    const has = typeof values === 'object' && values !== null && Object.hasOwn(values, key);
    const value = has ? (values as Record<string, unknown>)[key] : undefined;
    const name = property?.['x-mcp-header'];
    if (
      typeof name === 'string' &&
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) &&
      /^(string|number|boolean)$/.test(typeof value)
    )
      headers[`Mcp-Param-${name}`] = headerText(String(value));
    Object.assign(headers, argumentHeaders(property, value, depth + 1));
  }
  return headers;
}

/** What cannot stand in a header as it is goes there as base64, marked. */
function headerText(text: string): string {
  const plain = /^[\t\x20-\x7e]+$/.test(text) && text === text.trim() && !/^=\?base64\?.*\?=$/.test(text);
  return plain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** Hears an answer that comes as a stream of events. */
class AnswerStream implements AnswerListener {
  answer: RpcAnswer | undefined;
  fault: McpFault | undefined;
  #reader: EventStreamReader | undefined;
  readonly #asked: Message;
  readonly #reply: (request: { id: string | number; method: string }) => void;

  constructor(asked: Message, reply: (request: { id: string | number; method: string }) => void) {
    this.#asked = asked;
    this.#reply = reply;
  }

  onHead(statusCode: number, rawHeaders: readonly string[]): void {
    if (statusCode !== 200 || mediaType(rawHeaders) !== 'text/event-stream') return;
    this.#reader = new EventStreamReader(({ event, data }) => {
      if (event === 'message' && this.answer === undefined && this.fault === undefined) this.#take(data);
    });
  }

  onBody(part: Buffer): 'more' | 'enough' {
    this.#reader?.push(part);
    return this.answer !== undefined || this.fault !== undefined ? 'enough' : 'more';
  }

  #take(data: string): void {
    try {
      const heard = hear(parseJson(data));
      if (heard.kind === 'request') this.#reply(heard);
      if (heard.kind === 'answer' && isAnswerTo(this.#asked, heard)) this.answer = heard.answer;
    } catch (error) {
      this.fault = error as McpFault;
    }
  }
}
