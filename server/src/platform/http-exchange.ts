/** One HTTP request and its answer over a new connection, with the time of each phase; nothing is kept or reused. */
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { Clock } from './clock.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';

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

class Exchange {
  readonly #request: ExchangeRequest;
  readonly #clock: Clock;
  readonly #done: (end: ExchangeEnd) => void;
  readonly #times: ExchangeTimes = { connectUs: -1, tlsUs: -1, waitUs: -1, transferUs: -1 };
  #doing: Doing = 'connecting';
  #phaseStartUs = 0;
  #ended = false;
  #socket: net.Socket | undefined;
  #response: http.IncomingMessage | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #sizeBytes = 0;
  #declaredBytes = -1;

  constructor(request: ExchangeRequest, clock: Clock, done: (end: ExchangeEnd) => void) {
    this.#request = request;
    this.#clock = clock;
    this.#done = done;
  }

  dial(): void {
    const { address, port } = this.#request;
    const secure = this.#request.tls;
    this.#phaseStartUs = this.#clock.monotonicUs();
    const socket = secure === undefined ? net.connect(port, address) : tls.connect(tlsOptions(address, port, secure));
    this.#socket = socket;
    socket.on('error', (error) => this.#failed(error));
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
      this.#fail(certificateFault(String(socket.authorizationError), socket.getPeerCertificate()));
    } else this.#send();
  }

  #send(): void {
    this.#doing = 'waiting for an answer';
    const { method, path, headers, body } = this.#request;
    const request = http.request({
      method,
      path,
      // Given as pairs they are written as they are, without a map in between.
      headers: headers as unknown as http.OutgoingHttpHeaders,
      createConnection: () => this.#socket!,
      maxHeaderSize: headerLimitBytes,
      setHost: false,
    });
    request.on('error', (error) => this.#failed(error));
    request.once('response', (response) => this.#answered(response));
    request.end(body);
  }

  #answered(response: http.IncomingMessage): void {
    if (this.#ended) return;
    this.#times.waitUs = this.#lapUs();
    this.#doing = 'reading the answer';
    this.#response = response;
    response.on('error', (error) => this.#failed(error));
    this.#declaredBytes = declaredLength(response.rawHeaders);
    const status = response.statusCode!;
    const bodiless = this.#request.method === 'HEAD' || status === 204 || status === 304 || this.#declaredBytes === 0;
    if (bodiless || (this.#request.endlessStreams === 'stop' && isEventStream(response.rawHeaders))) {
      this.#finish(false);
      return;
    }
    response.on('data', (chunk: Buffer) => this.#read(chunk));
    response.once('end', () => this.#finish(false));
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    this.#sizeBytes += chunk.length;
    const room = this.#request.keepBytes - this.#keptBytes;
    if (room > 0) {
      const part = chunk.length <= room ? chunk : chunk.subarray(0, room);
      this.#kept.push(part);
      this.#keptBytes += part.length;
    }
    if (this.#sizeBytes === this.#declaredBytes) this.#finish(false);
    else if (this.#sizeBytes > this.#request.readBytes) this.#finish(true);
  }

  #finish(truncated: boolean): void {
    if (this.#ended) return;
    this.#times.transferUs = this.#lapUs();
    this.#end(undefined, truncated);
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#ended) return;
    const { address, port } = this.#request;
    const at = { doing: this.#doing, address: hostAndPort(address, port), headerLimitBytes };
    this.#fail(connectionFault(error, at));
  }

  #fail(fault: ConnectionFault): void {
    if (!this.#ended) this.#end(fault, true);
  }

  #end(fault: ConnectionFault | undefined, truncated: boolean): void {
    this.#ended = true;
    this.#socket!.destroy();
    const response = this.#response;
    const answer = response && {
      statusCode: response.statusCode!,
      rawHeaders: response.rawHeaders,
      kept: this.#kept,
      sizeBytes: this.#sizeBytes,
      truncated,
    };
    this.#done({ times: this.#times, fault, answer });
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

function certificateFault(code: string, certificate: tls.PeerCertificate): ConnectionFault {
  if (code !== 'CERT_HAS_EXPIRED') return { reason: 'certificate-invalid', facts: { code } };
  const validTo = new Date(certificate.valid_to);
  return {
    reason: 'certificate-expired',
    facts: {
      code,
      validTo: Number.isNaN(validTo.getTime()) ? certificate.valid_to : validTo.toISOString().slice(0, 10),
    },
  };
}

/** −1 where the length is not declared; only the parser's own view would be cheaper to have and it is not shown. */
function declaredLength(rawHeaders: readonly string[]): number {
  const value = headerValue(rawHeaders, 'content-length');
  return value === undefined ? -1 : Number(value);
}

function isEventStream(rawHeaders: readonly string[]): boolean {
  return headerValue(rawHeaders, 'content-type')?.startsWith('text/event-stream') === true;
}

/** The first header of that name (lower case); without making a map of all, which costs more than the search. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
}
