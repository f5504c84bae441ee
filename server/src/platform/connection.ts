/** One outgoing connection, plain or encrypted, that tells its owner what happens until it is freed. */
import net from 'node:net';
import tls from 'node:tls';
import { secureContextOf } from './secure-context.ts';

export interface ConnectionOwner {
  onConnected(): void;
  /** Encryption is agreed on. The certificate is the owner's to judge. */
  onSecured(): void;
  /** The owner's own copy. */
  onBytes(chunk: Buffer): void;
  /** The other side says that nothing more will come. */
  onEnd(): void;
  onError(error: NodeJS.ErrnoException): void;
  /** Without a word of why: never seen, but nobody must wait for ever. */
  onClosed(): void;
}

export interface ConnectionTarget {
  /** Numeric. */
  readonly address: string;
  readonly port: number;
  /** Absent for a plain connection. */
  readonly tls: ConnectionTls | undefined;
  /** What is spoken on it; HTTP/1.1 where left out. Somebody else reads the frames of HTTP/2 from the socket. */
  readonly protocol?: 'h2';
}

export interface ConnectionTls {
  /** Undefined where the host is an address. */
  readonly servername: string | undefined;
  /** The machine's usual one where left out. */
  readonly context?: tls.SecureContext | undefined;
  /** An agreement to be taken up again. */
  readonly session?: Buffer | undefined;
}

/**
 * Where the bytes of every plain connection arrive. They are copied out at once, so one place serves all; a socket left
 * to itself takes 64 KiB at each read and gives nearly all of it back.
 */
const arrivals = Buffer.allocUnsafeSlow(65_536);

export class Connection {
  readonly socket: net.Socket;
  readonly #isSecure: boolean;
  /**
   * V8 keeps a stream until its next big collection, whoever has let go of it, and with it what its listeners reach. So
   * they reach the owner by way of this, emptied at the end: each check then leaves 2 KB to that collection and not 5.
   */
  readonly #to: { owner: ConnectionOwner | undefined };

  constructor(target: ConnectionTarget, owner: ConnectionOwner) {
    const to: { owner: ConnectionOwner | undefined } = { owner };
    this.#to = to;
    this.#isSecure = target.tls !== undefined;
    const socket =
      target.tls === undefined
        ? plainSocket(target, (chunk) => to.owner?.onBytes(chunk))
        : tls.connect(tlsOptions(target.address, target.port, target.tls, target.protocol));
    this.socket = socket;
    // `on` where `once` would do: each of these comes once by itself.
    socket.on('error', (error) => to.owner?.onError(error));
    socket.on('close', () => to.owner?.onClosed());
    socket.on('connect', () => to.owner?.onConnected());
    if (this.#isSecure) socket.on('secureConnect', () => to.owner?.onSecured());
  }

  /** Sends, and from here on hands over what comes. */
  send(message: string | Buffer): void {
    const { socket } = this;
    const to = this.#to;
    if (this.#isSecure) socket.on('data', (chunk: Buffer) => to.owner?.onBytes(chunk));
    socket.on('end', () => to.owner?.onEnd());
    socket.write(message, 'latin1');
  }

  /** The owner hears nothing more. */
  free(): void {
    this.#to.owner = undefined;
    this.socket.destroy();
  }
}

function plainSocket({ address, port, protocol }: ConnectionTarget, onBytes: (chunk: Buffer) => void): net.Socket {
  if (protocol !== undefined) return net.connect({ host: address, port });
  const callback = (sizeBytes: number): boolean => {
    onBytes(Buffer.from(arrivals.subarray(0, sizeBytes)));
    return true;
  };
  return net.connect({ host: address, port, onread: { buffer: arrivals, callback } });
}

const http1 = ['http/1.1'];

function tlsOptions(
  host: string,
  port: number,
  { servername, context, session }: ConnectionTls,
  protocol: 'h2' | undefined,
): tls.ConnectionOptions {
  return {
    host,
    port,
    ...(servername === undefined ? {} : { servername }),
    ...(session === undefined ? {} : { session }),
    rejectUnauthorized: false,
    secureContext: context ?? secureContextOf(),
    ALPNProtocols: protocol === undefined ? http1 : [protocol],
  };
}
