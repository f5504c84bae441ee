/** One HTTP request and its answer over a new connection, with the time of each phase; nothing is kept or reused. */
import net from 'node:net';
import tls from 'node:tls';
import type { Clock } from './clock.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';
import { AnswerReader, type AnswerSink, type ReadState } from './http-reader.ts';

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
  readonly body: string | undefined;
  /** The first bytes of the body that are handed over. */
  readonly keepBytes: number;
  /** Reading stops after this many, and the answer is `truncated`. */
  readonly readBytes: number;
  /** A stream of events never ends; who needs no body is done when its headers are there. */
  readonly endlessStreams: 'read' | 'stop';
}

export interface ExchangeTls {
  /** The name that the certificate must be for; undefined where the host is an address. */
  readonly servername: string | undefined;
  readonly verify: boolean;
}

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
}

export const headerLimitBytes = 16_384;

/** Loading the root certificates costs milliseconds, so once for all. */
let sharedContext: tls.SecureContext | undefined;

/** Starts at once; `done` is called exactly once, when every socket is freed. Returns the early end, as a time-out. */
export function startExchange(request: ExchangeRequest, clock: Clock, done: (end: ExchangeEnd) => void): () => void {
  const exchange = new Exchange(request, clock, done);
  exchange.dial();
  return () => exchange.giveUp();
}

class Exchange implements AnswerSink {
  readonly #request: ExchangeRequest;
  readonly #clock: Clock;
  readonly #done: (end: ExchangeEnd) => void;
  readonly #times: ExchangeTimes = { connectUs: -1, tlsUs: -1, waitUs: -1, transferUs: -1 };
  #doing: Doing = 'connecting';
  #phaseStartUs = 0;
  #ended = false;
  #socket: net.Socket | undefined;
  readonly #head: string;
  readonly #reader: AnswerReader;
  #hasHead = false;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #sizeBytes = 0;

  constructor(request: ExchangeRequest, clock: Clock, done: (end: ExchangeEnd) => void) {
    this.#request = request;
    this.#clock = clock;
    this.#done = done;
    this.#head = requestHead(request);
    this.#reader = new AnswerReader(request.method, headerLimitBytes, this);
  }

  dial(): void {
    const { address, port } = this.#request;
    const secure = this.#request.tls;
    this.#phaseStartUs = this.#clock.monotonicUs();
    const socket = secure === undefined ? net.connect(port, address) : tls.connect(tlsOptions(address, port, secure));
    this.#socket = socket;
    socket.on('error', (error) => this.#failed(error));
    // Without a word of why: never seen, but nobody must wait for ever.
    socket.once('close', () => this.#fail({ reason: 'connection-closed', facts: { doing: this.#doing } }));
    socket.once('connect', () => this.#connected(secure));
    if (secure !== undefined) socket.once('secureConnect', () => this.#secured(secure));
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

  #connected(secure: ExchangeTls | undefined): void {
    if (this.#ended) return;
    this.#times.connectUs = this.#lapUs();
    if (secure === undefined) this.#send();
    else this.#doing = 'agreeing on encryption';
  }

  /** The certificate is judged here and not by the socket, so that its dates can still be read; nothing was sent yet. */
  #secured(secure: ExchangeTls): void {
    if (this.#ended) return;
    this.#times.tlsUs = this.#lapUs();
    const socket = this.#socket as tls.TLSSocket;
    if (secure.verify && !socket.authorized) {
      // Declared as an Error, but it is the code as text.
      this.#fail(certificateFault(String(socket.authorizationError), socket.getPeerCertificate(), this.#clock.nowMs()));
    } else this.#send();
  }

  #send(): void {
    this.#doing = 'waiting for an answer';
    const socket = this.#socket!;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('end', () => this.#endOfStream());
    const { body } = this.#request;
    if (body === undefined || body === '') socket.write(this.#head, 'latin1');
    else socket.write(Buffer.concat([Buffer.from(this.#head, 'latin1'), Buffer.from(body)]));
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#doing === 'waiting for an answer') {
      this.#times.waitUs = this.#lapUs();
      this.#doing = 'reading the answer';
    }
    this.#proceed(this.#reader.push(chunk));
  }

  #endOfStream(): void {
    if (!this.#ended) this.#proceed(this.#reader.end());
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
    if (this.#sizeBytes > this.#request.readBytes && this.#sizeBytes !== this.#reader.declaredBytes) this.#finish(true);
  }

  #finish(truncated: boolean): void {
    if (this.#ended) return;
    this.#times.transferUs = this.#lapUs();
    this.#end(undefined, truncated);
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#ended) return;
    const { address, port } = this.#request;
    this.#fail(connectionFault(error, { doing: this.#doing, address: hostAndPort(address, port) }));
  }

  #fail(fault: ConnectionFault): void {
    if (!this.#ended) this.#end(fault, true);
  }

  #end(fault: ConnectionFault | undefined, truncated: boolean): void {
    this.#ended = true;
    this.#socket!.destroy();
    const { statusCode, rawHeaders } = this.#reader;
    const seen = { statusCode, rawHeaders, kept: this.#kept, sizeBytes: this.#sizeBytes, truncated };
    this.#done({ times: this.#times, fault, answer: this.#hasHead ? seen : undefined });
  }
}

function tlsOptions(address: string, port: number, { servername }: ExchangeTls): tls.ConnectionOptions {
  sharedContext ??= tls.createSecureContext();
  return {
    host: address,
    port,
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: false,
    secureContext: sharedContext,
    ALPNProtocols: ['http/1.1'],
  };
}

function certificateFault(code: string, certificate: tls.PeerCertificate, nowMs: number): ConnectionFault {
  const validTo = new Date(certificate.valid_to);
  // The code may be about an issuer in the chain, whose date is another.
  if (code !== 'CERT_HAS_EXPIRED' || !(validTo.getTime() <= nowMs))
    return { reason: 'certificate-invalid', facts: { code } };
  return { reason: 'certificate-expired', facts: { code, validTo: validTo.toISOString().slice(0, 10) } };
}

/** What would end a header and begin another, or cannot be sent as the one byte that it should be. */
const notInHeader = /[^\t\x20-\x7e\x80-\xff]/;
const notInPath = /[^\x21-\x7e]/;

/** The request up to its body. Throws where a part of it could not be sent as it is: it would be another request. */
function requestHead({ method, path, headers }: ExchangeRequest): string {
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

function isEventStream(rawHeaders: readonly string[]): boolean {
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
