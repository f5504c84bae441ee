/** One HTTP request and its answer over a new connection, with the time of each phase; nothing is kept or reused. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from './clock.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';
import { AnswerReader, type AnswerSink, type ReadState } from './http-reader.ts';
import { acceptPeer, type ExchangeTls } from './peer-acceptance.ts';
import type { PeerIdentity } from './peer-certificate.ts';

export interface ExchangeRequest {
  /** Numeric, already allowed by the address policy. */
  readonly address: string;
  readonly port: number;
  /** Absent for plain HTTP. */
  readonly tls: ExchangeTls | undefined;
  readonly method: string;
  readonly path: string;
  /** With `host`; as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What `requestHead` makes of the three above, where it is at hand already. */
  readonly head?: string | undefined;
  readonly body: string | undefined;
  /** The first bytes of the body that are handed over. */
  readonly keepBytes: number;
  /** Reading stops after this many, and the answer is `truncated`. */
  readonly readBytes: number;
  /** A stream of events never ends; who needs no body is done when its headers are there. */
  readonly endlessStreams: 'read' | 'stop';
  /** Hears the answer while it comes, for what is said in a stream. */
  readonly listener?: AnswerListener | undefined;
}

export interface AnswerListener {
  onHead(statusCode: number, rawHeaders: readonly string[]): void;
  /** `enough` ends the answer there, as if it had ended by itself. */
  onBody(part: Buffer): 'more' | 'enough';
}

type RequestParts = Pick<ExchangeRequest, 'method' | 'path' | 'headers'>;

export interface ExchangeAnswer {
  readonly statusCode: number;
  /** Name, value, name, value … as they came. */
  readonly rawHeaders: readonly string[];
  /** What was kept of the body, in pieces. */
  readonly kept: readonly Buffer[];
  readonly sizeBytes: number;
  readonly truncated: boolean;
}

/** Microseconds; −1 where the phase did not begin or end. */
export interface ExchangeTimes {
  connectUs: number;
  tlsUs: number;
  waitUs: number;
  transferUs: number;
}

export interface ExchangeEnd {
  readonly times: ExchangeTimes;
  readonly fault: ConnectionFault | undefined;
  /** With a fault: as much as had come. */
  readonly answer: ExchangeAnswer | undefined;
  /** Where it was asked for and the certificate was accepted. */
  readonly identity?: PeerIdentity | undefined;
}

export const headerLimitBytes = 16_384;

/** Starts at once; `done` is called exactly once, when every socket is freed. Returns the early end, as a time-out. */
export function startExchange(request: ExchangeRequest, clock: Clock, done: (end: ExchangeEnd) => void): () => void {
  const exchange = new Exchange(request, clock, done);
  exchange.dial();
  return () => exchange.giveUp();
}

class Exchange implements ConnectionOwner, AnswerSink {
  readonly #request: ExchangeRequest;
  readonly #clock: Clock;
  readonly #done: (end: ExchangeEnd) => void;
  readonly #times: ExchangeTimes = { connectUs: -1, tlsUs: -1, waitUs: -1, transferUs: -1 };
  #doing: Doing = 'connecting';
  #phaseStartUs = 0;
  #ended = false;
  #connection: Connection | undefined;
  readonly #head: string;
  readonly #reader: AnswerReader;
  #hasHead = false;
  #identity: PeerIdentity | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #sizeBytes = 0;

  constructor(request: ExchangeRequest, clock: Clock, done: (end: ExchangeEnd) => void) {
    this.#request = request;
    this.#clock = clock;
    this.#done = done;
    this.#head = request.head ?? requestHead(request);
    this.#reader = new AnswerReader(request.method, headerLimitBytes, this);
  }

  dial(): void {
    const nowUs = this.#clock.monotonicUs();
    this.#phaseStartUs = nowUs;
    const { address, port, tls } = this.#request;
    const session = tls?.sessions?.offer(address, nowUs);
    const target = session === undefined ? this.#request : { address, port, tls: { ...tls!, session } };
    this.#connection = new Connection(target, this);
  }

  giveUp(): void {
    const { address, port } = this.#request;
    if (this.#doing === 'connecting')
      this.#fail({ reason: 'connect-timeout', facts: { address: hostAndPort(address, port) } });
    else this.#fail({ reason: 'timeout', facts: { doing: this.#doing } });
  }

  #lapUs(): number {
    const nowUs = this.#clock.monotonicUs();
    const lapUs = nowUs - this.#phaseStartUs;
    this.#phaseStartUs = nowUs;
    return lapUs;
  }

  onConnected(): void {
    this.#times.connectUs = this.#lapUs();
    if (this.#request.tls === undefined) this.#send();
    else this.#doing = 'agreeing on encryption';
  }

  /** Nothing was sent yet. */
  onSecured(): void {
    this.#times.tlsUs = this.#lapUs();
    const socket = this.#connection!.socket as TLSSocket;
    const { address, tls } = this.#request;
    const { fault, identity } = acceptPeer(socket, address, tls!, this.#clock);
    this.#identity = identity;
    if (fault !== undefined) this.#fail(fault);
    else this.#send();
  }

  #send(): void {
    this.#doing = 'waiting for an answer';
    const { body } = this.#request;
    if (body === undefined || body === '') this.#connection!.send(this.#head);
    else this.#connection!.send(Buffer.concat([Buffer.from(this.#head, 'latin1'), Buffer.from(body)]));
  }

  onBytes(chunk: Buffer): void {
    if (this.#doing === 'waiting for an answer') {
      this.#times.waitUs = this.#lapUs();
      this.#doing = 'reading the answer';
    }
    this.#proceed(this.#reader.push(chunk));
  }

  onEnd(): void {
    this.#proceed(this.#reader.end());
  }

  onError(error: NodeJS.ErrnoException): void {
    const { address, port } = this.#request;
    this.#fail(connectionFault(error, { doing: this.#doing, address: hostAndPort(address, port) }));
  }

  onClosed(): void {
    this.#fail({ reason: 'connection-closed', facts: { doing: this.#doing } });
  }

  #proceed(state: ReadState): void {
    if (state === 'more' || this.#ended) return;
    if (state === 'done') this.#finish(false);
    else if (state === 'cut') this.#fail({ reason: 'connection-closed', facts: { doing: this.#doing } });
    else if (state === 'headers-too-large') this.#fail({ reason: state, facts: { limitBytes: headerLimitBytes } });
    else this.#fail({ reason: 'protocol-error', facts: { protocol: 'HTTP', code: state.code } });
  }

  onHead(): void {
    this.#hasHead = true;
    this.#request.listener?.onHead(this.#reader.statusCode, this.#reader.rawHeaders);
    if (this.#request.endlessStreams === 'stop' && isEventStream(this.#reader.rawHeaders)) this.#finish(false);
  }

  onBody(part: Buffer): void {
    if (this.#ended) return;
    this.#sizeBytes += part.length;
    const room = this.#request.keepBytes - this.#keptBytes;
    if (room > 0) {
      const kept = part.length <= room ? part : part.subarray(0, room);
      this.#kept.push(kept);
      this.#keptBytes += kept.length;
    }
    if (this.#request.listener?.onBody(part) === 'enough') this.#finish(false);
    if (this.#sizeBytes > this.#request.readBytes && this.#sizeBytes !== this.#reader.declaredBytes) this.#finish(true);
  }

  #finish(truncated: boolean): void {
    if (this.#ended) return;
    this.#times.transferUs = this.#lapUs();
    this.#end(undefined, truncated);
  }

  #fail(fault: ConnectionFault): void {
    if (!this.#ended) this.#end(fault, true);
  }

  #end(fault: ConnectionFault | undefined, truncated: boolean): void {
    this.#ended = true;
    this.#connection!.free();
    // Whatever it was, the next time all is agreed on anew.
    if (fault !== undefined) this.#request.tls?.sessions?.forget();
    const { statusCode, rawHeaders } = this.#reader;
    const seen = { statusCode, rawHeaders, kept: this.#kept, sizeBytes: this.#sizeBytes, truncated };
    this.#done({ times: this.#times, fault, answer: this.#hasHead ? seen : undefined, identity: this.#identity });
  }
}

/** What would end a header and begin another, or cannot be sent as the one byte that it should be. */
const notInHeader = /[^\t\x20-\x7e\x80-\xff]/;
const notInPath = /[^\x21-\x7e]/;

/** The request up to its body. Throws where a part of it could not be sent as it is: it would be another request. */
export function requestHead({ method, path, headers }: RequestParts): string {
  if (notInPath.test(path)) throw unsendable('path');
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of headers) {
    if (notInHeader.test(name) || notInHeader.test(value)) throw unsendable('header');
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

function unsendable(part: string): Error {
  return Object.assign(new TypeError(`the ${part} holds what cannot be sent`), { code: 'ERR_INVALID_CHAR' });
}

export function isEventStream(rawHeaders: readonly string[]): boolean {
  return headerValue(rawHeaders, 'content-type')?.startsWith('text/event-stream') === true;
}

/** Every header of that name (lower case), as they came. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name);
}

/** The first header of that name (lower case); without making a map of all, which costs more than the search. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
}
