/** One connection that is encrypted only to see whom it leads to: opened, agreed on, read, closed. */
import net from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Clock } from './clock.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';
import { type PeerIdentity, readPeerIdentity } from './peer-certificate.ts';
import { StartTls, type StartTlsProtocol, type Step } from './start-tls.ts';

export interface TlsRequest {
  /** Numeric, already allowed by the address policy. */
  readonly address: string;
  readonly port: number;
  /** The name or address that the certificate should be for; a name is also told to the server. */
  readonly name: string;
  /** Trusted in place of the machine's usual authorities: PEM. */
  readonly ca: string | undefined;
  /** The conversation that comes first; undefined where encryption comes at once. */
  readonly startTls: StartTlsProtocol | undefined;
}

export interface TlsEnd {
  /** −1 where the phase did not end. `waitUs`: the conversation before encryption. */
  readonly connectUs: number;
  readonly waitUs: number;
  readonly tlsUs: number;
  readonly fault: ConnectionFault | undefined;
  readonly identity: PeerIdentity | undefined;
}

/** Starts at once; `done` is called exactly once, when the socket is freed. Returns the early end, as a time-out. */
export function startTlsExchange(request: TlsRequest, clock: Clock, done: (end: TlsEnd) => void): () => void {
  const exchange = new TlsExchange(request, clock, done);
  exchange.dial();
  return () => exchange.giveUp();
}

/** Making one reads all its certificates, 20 ms for the machine's; so one for all checks that trust the same. */
const contexts = new Map<string, tls.SecureContext>();
const mostContexts = 100;

export function secureContextFor(ca: string | undefined): tls.SecureContext {
  const known = contexts.get(ca ?? '');
  if (known !== undefined) return known;
  if (contexts.size >= mostContexts) contexts.clear();
  // Partial: who gives the certificate in the middle, or the server's own, means that it is enough.
  const context = tls.createSecureContext(ca === undefined ? {} : { ca, allowPartialTrustChain: true });
  contexts.set(ca ?? '', context);
  return context;
}

class TlsExchange {
  readonly #request: TlsRequest;
  readonly #clock: Clock;
  readonly #done: (end: TlsEnd) => void;
  readonly #times = { connectUs: -1, waitUs: -1, tlsUs: -1 };
  #phaseStartUs = 0;
  #doing: Doing = 'connecting';
  #plain: net.Socket | undefined;
  #secure: TLSSocket | undefined;
  #ended = false;

  constructor(request: TlsRequest, clock: Clock, done: (end: TlsEnd) => void) {
    this.#request = request;
    this.#clock = clock;
    this.#done = done;
  }

  dial(): void {
    this.#phaseStartUs = this.#clock.monotonicUs();
    this.#plain = net.connect(this.#request.port, this.#request.address);
    this.#hear(this.#plain);
    this.#plain.once('connect', () => {
      this.#times.connectUs = this.#lapUs();
      if (this.#request.startTls === undefined) this.#encrypt();
      else this.#converse(new StartTls(this.#request.startTls));
    });
  }

  giveUp(): void {
    const { address, port } = this.#request;
    if (this.#doing === 'connecting')
      this.#end({ reason: 'connect-timeout', facts: { address: hostAndPort(address, port) } });
    else this.#end({ reason: 'timeout', facts: { doing: this.#doing } });
  }

  #converse(conversation: StartTls): void {
    const plain = this.#plain!;
    this.#doing = 'waiting for an answer';
    const take = (step: Step): void => {
      if (step.kind === 'say') plain.write(step.bytes);
      else if (step.kind === 'refused') this.#end({ reason: 'tls-failed', facts: { code: step.why } });
      else if (step.kind === 'ready') {
        plain.removeAllListeners('data');
        this.#times.waitUs = this.#lapUs();
        this.#encrypt();
      }
    };
    plain.on('data', (bytes: Buffer) => {
      if (!this.#ended) take(conversation.push(bytes));
    });
    take(conversation.begin());
  }

  #encrypt(): void {
    this.#doing = 'agreeing on encryption';
    const { name, ca } = this.#request;
    this.#secure = tls.connect({
      socket: this.#plain!,
      ...(net.isIP(name) === 0 ? { servername: name } : {}),
      // Judged by whoever asked, so that what is not accepted can still be read.
      rejectUnauthorized: false,
      secureContext: secureContextFor(ca),
    });
    this.#hear(this.#secure);
    this.#secure.once('secureConnect', () => {
      this.#times.tlsUs = this.#lapUs();
      this.#end(undefined, readPeerIdentity(this.#secure!, name, ca));
    });
  }

  #hear(socket: net.Socket): void {
    const { address, port } = this.#request;
    socket.on('error', (error) =>
      this.#end(connectionFault(error, { doing: this.#doing, address: hostAndPort(address, port) })),
    );
    for (const event of ['end', 'close'])
      socket.on(event, () => this.#end({ reason: 'connection-closed', facts: { doing: this.#doing } }));
  }

  #lapUs(): number {
    const startUs = this.#phaseStartUs;
    this.#phaseStartUs = this.#clock.monotonicUs();
    return this.#phaseStartUs - startUs;
  }

  #end(fault: ConnectionFault | undefined, identity?: PeerIdentity): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#secure?.destroy();
    this.#plain!.destroy();
    this.#done({ ...this.#times, fault, identity });
  }
}
