/**
 * One HTTP/2 request and its answer over a connection of its own, with the time of each phase: what `startExchange` does
 * for HTTP/1.1. The frames are Node's business; dialling, encryption and limits are ours.
 */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from './clock.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';
import {
  type ExchangeEnd,
  type ExchangeRequest,
  type ExchangeTimes,
  headerLimitBytes,
  isEventStream,
} from './http-exchange.ts';
import { acceptPeer } from './peer-acceptance.ts';
import type { PeerIdentity } from './peer-certificate.ts';

type Http2 = typeof import('node:http2');

let loaded: Http2 | undefined;

/** Takes some milliseconds the first time, which must not be a target's. */
export function loadHttp2(): Http2 {
  loaded ??= process.getBuiltinModule('node:http2');
  return loaded;
}

/** As `startExchange`. */
export function startHttp2Exchange(
  request: ExchangeRequest,
  clock: Clock,
  done: (end: ExchangeEnd) => void,
): () => void {
  const exchange = new Http2Exchange(request, clock, done);
  exchange.dial();
  return () => exchange.giveUp();
}

/** Belong to one connection of HTTP/1.1; here they are an error (RFC 9113 §8.2.2). */
const ofTheConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

class Http2Exchange implements ConnectionOwner {
  readonly #request: ExchangeRequest;
  readonly #clock: Clock;
  readonly #done: (end: ExchangeEnd) => void;
  readonly #times: ExchangeTimes = { connectUs: -1, tlsUs: -1, waitUs: -1, transferUs: -1 };
  #doing: Doing = 'connecting';
  #phaseStartUs = 0;
  #ended = false;
  #connection: Connection | undefined;
  #session: ClientHttp2Session | undefined;
  #identity: PeerIdentity | undefined;
  /** A frame of HTTP/2 has come. */
  #spoken = false;
  #statusCode = 0;
  #rawHeaders: string[] = [];
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #sizeBytes = 0;

  constructor(request: ExchangeRequest, clock: Clock, done: (end: ExchangeEnd) => void) {
    this.#request = request;
    this.#clock = clock;
    this.#done = done;
  }

  dial(): void {
    const nowUs = this.#clock.monotonicUs();
    this.#phaseStartUs = nowUs;
    const { address, port, tls } = this.#request;
    const session = tls?.sessions?.offer(address, nowUs);
    this.#connection = new Connection({ address, port, tls: tls && { ...tls, session }, protocol: 'h2' }, this);
  }

  giveUp(): void {
    const { address, port } = this.#request;
    if (this.#doing === 'connecting')
      this.#fail({ reason: 'connect-timeout', facts: { address: hostAndPort(address, port) } });
    else this.#fail({ reason: 'timeout', facts: { doing: this.#doing } });
  }

  #lapUs(): number {
    const startUs = this.#phaseStartUs;
    this.#phaseStartUs = this.#clock.monotonicUs();
    return this.#phaseStartUs - startUs;
  }

  onConnected(): void {
    this.#times.connectUs = this.#lapUs();
    if (this.#request.tls === undefined) this.#tryToAsk();
    else this.#doing = 'agreeing on encryption';
  }

  onSecured(): void {
    this.#times.tlsUs = this.#lapUs();
    const socket = this.#connection!.socket as TLSSocket;
    const { fault, identity } = acceptPeer(socket, this.#request.address, this.#request.tls!, this.#clock);
    this.#identity = identity;
    if (fault !== undefined) this.#fail(fault);
    else if (socket.alpnProtocol !== 'h2') this.#fail(notHttp2('the server does not offer it'));
    else this.#tryToAsk();
  }

  onBytes(): void {}

  onEnd(): void {}

  onError(error: NodeJS.ErrnoException): void {
    const { address, port } = this.#request;
    if (error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
      this.#fail(notHttp2('the server does not offer it'));
    else if (error.code?.startsWith('ERR_HTTP2_'))
      this.#fail(notHttp2(this.#spoken ? error.message : 'the server does not speak it'));
    else this.#fail(connectionFault(error, { doing: this.#doing, address: hostAndPort(address, port) }));
  }

  onClosed(): void {
    this.#fail({ reason: 'connection-closed', facts: { doing: this.#doing } });
  }

  /** A header that HTTP/2 does not have is thrown, and there is nobody else to catch it. */
  #tryToAsk(): void {
    try {
      this.#ask();
    } catch (error) {
      this.onError(error as NodeJS.ErrnoException);
    }
  }

  #ask(): void {
    this.#doing = 'waiting for an answer';
    const { body, tls } = this.#request;
    const headers = this.#headers();
    const session = loadHttp2().connect(`${tls === undefined ? 'http' : 'https'}://${headers[':authority']}`, {
      createConnection: () => this.#connection!.socket,
      settings: { enablePush: false, maxHeaderListSize: headerLimitBytes },
    });
    this.#session = session;
    session.on('error', (error) => this.onError(error));
    session.on('remoteSettings', () => {
      this.#spoken = true;
    });
    session.on('close', () => this.onClosed());
    const stream = session.request(headers, { endStream: body === undefined || body === '' });
    this.#listen(stream);
    if (body !== undefined && body !== '') stream.end(body);
  }

  #headers(): OutgoingHttpHeaders {
    const { method, path, headers, tls } = this.#request;
    const sent: OutgoingHttpHeaders = {
      ':method': method,
      ':path': path,
      ':scheme': tls === undefined ? 'http' : 'https',
    };
    for (const [written, value] of headers) {
      const name = written.toLowerCase();
      if (name === 'host') sent[':authority'] = value;
      else if (!ofTheConnection.has(name)) sent[name] = value;
    }
    return sent;
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('response', (headers) => this.#onHead(headers));
    stream.on('data', (part: Buffer) => this.#onBody(part));
    stream.on('end', () => {
      if (this.#statusCode !== 0) this.#finish(false);
    });
    stream.on('error', (error) => this.#onStreamError(error, stream.rstCode));
    stream.on('close', () => this.onClosed());
  }

  #onStreamError(error: NodeJS.ErrnoException, rstCode: number | undefined): void {
    if (error.code !== 'ERR_HTTP2_STREAM_ERROR') {
      this.onError(error);
      return;
    }
    const name = /NGHTTP2_\w+/.exec(error.message)?.[0] ?? String(rstCode);
    // Said by our side, of what the other sends.
    if (name === 'NGHTTP2_ENHANCE_YOUR_CALM' && this.#statusCode === 0) this.#tooManyHeaders();
    else this.#fail(notHttp2(`the answer was ended with ${name.replace('NGHTTP2_', '')}`));
  }

  #onHead(headers: IncomingHttpHeaders & { readonly ':status'?: number | undefined }): void {
    if (this.#ended) return;
    this.#times.waitUs = this.#lapUs();
    this.#doing = 'reading the answer';
    this.#statusCode = headers[':status'] ?? 0;
    let sizeBytes = 0;
    for (const [name, value] of Object.entries(headers)) {
      if (name.startsWith(':') || value === undefined) continue;
      for (const each of [value].flat()) {
        this.#rawHeaders.push(name, String(each));
        sizeBytes += name.length + String(each).length;
      }
    }
    // Node takes up to 64 KiB, whatever the settings say.
    if (sizeBytes > headerLimitBytes) this.#tooManyHeaders();
    if (this.#request.endlessStreams === 'stop' && isEventStream(this.#rawHeaders)) this.#finish(false);
  }

  #tooManyHeaders(): void {
    this.#fail({ reason: 'headers-too-large', facts: { limitBytes: headerLimitBytes } });
  }

  #onBody(part: Buffer): void {
    if (this.#ended) return;
    this.#sizeBytes += part.length;
    const room = this.#request.keepBytes - this.#keptBytes;
    if (room > 0) {
      const kept = part.subarray(0, room);
      this.#kept.push(kept);
      this.#keptBytes += kept.length;
    }
    if (this.#sizeBytes > this.#request.readBytes) this.#finish(true);
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
    this.#session?.destroy();
    this.#connection!.free();
    if (fault !== undefined) this.#request.tls?.sessions?.forget();
    const seen = { statusCode: this.#statusCode, rawHeaders: this.#rawHeaders, kept: this.#kept };
    const answer = this.#statusCode === 0 ? undefined : { ...seen, sizeBytes: this.#sizeBytes, truncated };
    this.#done({ times: this.#times, fault, answer, identity: this.#identity });
  }
}

function notHttp2(code: string): ConnectionFault {
  return { reason: 'protocol-error', facts: { protocol: 'HTTP/2', code } };
}
