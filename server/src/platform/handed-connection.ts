/**
 * A connection that is opened, encrypted and timed here, and over which a library then speaks its protocol. The library
 * gets a stream that stays the same when encryption begins; what goes wrong with the connection is told in our words.
 */
import net from 'node:net';
import { Writable } from 'node:stream';
import tls from 'node:tls';
import type { Clock } from './clock.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';
import { certificateFault } from './peer-acceptance.ts';
import { secureContextOf } from './secure-context.ts';

export interface HandedTarget {
  /** Numeric, already allowed by the address policy. */
  readonly address: string;
  readonly port: number;
  /** Its name in `protocol-error`. */
  readonly protocol: string;
  /** More than this from the other side ends it: libraries keep without limit what they have not understood yet. */
  readonly limitBytes: number;
  /** Looks at the first bytes; a text says why they cannot be that protocol. A library might wait for ever instead. */
  readonly firstBytesFault?: (first: Buffer) => string | undefined;
}

export interface HandedTls {
  /** The name or address that the certificate must be for. */
  readonly host: string;
  readonly verify: boolean;
  /** Authorities trusted instead of the ordinary ones, as PEM. */
  readonly ca: string | undefined;
}

/** A fault of the connection, whatever the library made of it. */
export class ConnectionFaultError extends Error {
  readonly fault: ConnectionFault;
  constructor(fault: ConnectionFault) {
    super(fault.reason);
    this.fault = fault;
  }
}

export class HandedConnection {
  readonly stream: HandedStream;
  /** Microseconds; −1 where the phase did not begin or end. */
  readonly times = { connectUs: -1, tlsUs: -1 };
  readonly #target: HandedTarget;
  readonly #clock: Clock;
  readonly #broken = Promise.withResolvers<never>();
  #socket: net.Socket;
  #doing: Doing = 'connecting';
  #fault: ConnectionFault | undefined;
  #freed = false;
  #receivedBytes = 0;
  #tlsStartUs = -1;
  /** Takes the answer to `ask` in place of the library. */
  #asked: ((chunk: Buffer) => void) | undefined;

  constructor(target: HandedTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
    this.stream = new HandedStream(this);
    this.#broken.promise.catch(() => {});
    this.#socket = net.connect({ host: target.address, port: target.port, noDelay: true });
    this.#listen(this.#socket);
  }

  /** Why the connection is of no more use, where that lies with it and not with what was said over it. */
  get fault(): ConnectionFault | undefined {
    return this.#fault;
  }

  async connected(): Promise<void> {
    const startUs = this.#clock.monotonicUs();
    const socket = this.#socket;
    await this.during('connecting', () => new Promise<void>((resolve) => socket.once('connect', resolve)));
    this.times.connectUs = this.#clock.monotonicUs() - startUs;
  }

  /** Waits for a step of the library, but not longer than the connection lasts; rejects with ConnectionFaultError. */
  async during<T>(doing: Doing, work: () => Promise<T>): Promise<T> {
    const before = this.#doing;
    this.#doing = doing;
    const working = work();
    // Whichever comes second must not be an error that nobody takes.
    working.catch(() => {});
    const done = await Promise.race([working, this.#broken.promise]);
    this.#doing = before;
    return done;
  }

  /** Sends, and gives the next piece that comes to the caller: for what precedes encryption. */
  ask(message: Buffer): Promise<Buffer> {
    this.#tlsStartUs = this.#clock.monotonicUs();
    return this.during('agreeing on encryption', () => {
      this.#socket.write(message);
      return new Promise((resolve) => {
        this.#asked = resolve;
      });
    });
  }

  /** Begins encryption; from then on the stream's bytes are encrypted. The certificate is judged before anything is sent. */
  secure(options: HandedTls): Promise<void> {
    if (this.#tlsStartUs < 0) this.#tlsStartUs = this.#clock.monotonicUs();
    return this.during('agreeing on encryption', () => this.#encrypt(options));
  }

  async #encrypt({ host, verify, ca }: HandedTls): Promise<void> {
    const secured = tls.connect({
      socket: this.#socket,
      host,
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: false,
      secureContext: ca === undefined ? secureContextOf() : contextOf(ca),
    });
    this.#socket = secured;
    this.#listen(secured);
    await new Promise<void>((resolve) => secured.once('secureConnect', resolve));
    this.times.tlsUs = this.#clock.monotonicUs() - this.#tlsStartUs;
    if (!verify || secured.authorized) return;
    // Declared as an Error, but it is the code as text.
    const code = String(secured.authorizationError);
    this.fail(certificateFault(code, secured.getPeerCertificate(), this.#clock.nowMs()));
    await this.#broken.promise;
  }

  /** The attempt’s time is up. */
  giveUp(): void {
    const { address, port } = this.#target;
    if (this.#doing === 'connecting')
      this.fail({ reason: 'connect-timeout', facts: { address: hostAndPort(address, port) } });
    else this.fail({ reason: 'timeout', facts: { doing: this.#doing } });
  }

  fail(fault: ConnectionFault): void {
    if (this.#freed) return;
    this.#fault = fault;
    this.free();
    this.#broken.reject(new ConnectionFaultError(fault));
  }

  /** Says goodbye and lets go once that has left: servers write a line into their logs about everybody who just goes. */
  part(goodbye: Buffer): Promise<void> {
    if (this.#freed) return Promise.resolve();
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.write(goodbye, () => this.free());
    return closed;
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#socket.destroy();
    this.stream.destroy();
  }

  /** For the stream. */
  write(chunk: Buffer, done: (error?: Error | null) => void): void {
    if (this.#freed) done();
    else this.#socket.write(chunk, done);
  }

  #listen(socket: net.Socket): void {
    const { address, port } = this.#target;
    const at = hostAndPort(address, port);
    socket.on('error', (error) => this.fail(connectionFault(error, { doing: this.#doing, address: at })));
    socket.on('data', (chunk: Buffer) => {
      if (socket === this.#socket) this.#take(chunk);
    });
    const gone = () => this.fail({ reason: 'connection-closed', facts: { doing: this.#doing } });
    socket.on('end', gone);
    socket.on('close', gone);
  }

  #take(chunk: Buffer): void {
    if (this.#freed) return;
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined) asked(chunk);
    else this.#hand(chunk);
  }

  #hand(chunk: Buffer): void {
    const { protocol, limitBytes, firstBytesFault } = this.#target;
    const code = this.#receivedBytes === 0 ? firstBytesFault?.(chunk) : undefined;
    this.#receivedBytes += chunk.length;
    if (code !== undefined) this.fail({ reason: 'protocol-error', facts: { protocol, code } });
    else if (this.#receivedBytes > limitBytes) this.fail({ reason: 'body-too-large', facts: { limitBytes } });
    else {
      try {
        this.stream.emit('data', chunk);
      } catch (error) {
        // Parsers of libraries throw at bytes that nobody should send; from an event that would end the whole prober.
        const { code: thrown = 'unreadable' } = error as { code?: string };
        this.fail({ reason: 'protocol-error', facts: { protocol, code: thrown } });
      }
    }
  }
}

/** What libraries expect of a socket. They are given bytes by `data` alone: the end is ours to tell. */
export class HandedStream extends Writable {
  readonly #connection: HandedConnection;

  constructor(connection: HandedConnection) {
    super({ autoDestroy: false });
    this.#connection = connection;
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#connection.write(chunk, done);
  }

  /** It is connected already, and says so when a library thinks that it connects. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** Reading certificates costs milliseconds; a shop's checks trust one or two authorities of their own. */
const contexts = new Map<string, tls.SecureContext>();
const mostContexts = 50;

function contextOf(ca: string): tls.SecureContext {
  const known = contexts.get(ca);
  if (known !== undefined) return known;
  if (contexts.size >= mostContexts) contexts.clear();
  const context = tls.createSecureContext({ ca });
  contexts.set(ca, context);
  return context;
}
