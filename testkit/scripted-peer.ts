/** A real TCP or TLS server that says exactly the bytes it was told to, and counts what became of its connections. */
import net from 'node:net';
import tls from 'node:tls';

/** What a connection of the peer can do. It never fails: the other side is free to go at any time. */
export interface PeerConnection {
  /** Everything that came so far. */
  readonly received: string;
  /** Resolves once this text has come. */
  heard(text: string): Promise<void>;
  say(bytes: string | Buffer): void;
  /** Says the same again and again, as fast as it is taken, until the other side goes. */
  sayForEver(bytes: string | Buffer): void;
  /** Says it byte by byte, one each 20 ms, over and over: always alive, never done. */
  drip(bytes: string): void;
  /** Says no more, politely. */
  end(): void;
  reset(): void;
}

export type Script = (connection: PeerConnection) => void | Promise<void>;

export interface PeerOptions {
  readonly tls?: tls.TlsOptions;
  readonly port?: number;
}

const dripMs = 20;

/** Of a server that wants to know who asks. */
export function askingWho(authority: string): tls.TlsOptions {
  return { ca: authority, requestCert: true, rejectUnauthorized: true };
}

export class ScriptedPeer implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #waiting: (() => void)[] = [];
  /** Raw connections that were taken. */
  opened = 0;
  /** What each connection said, in the order in which they were taken; with TLS, what it said in the open. */
  readonly heard: { received: string }[] = [];

  private constructor(script: Script, options: PeerOptions) {
    const take = (socket: net.Socket): void => {
      const connection = new Connection(socket);
      this.heard.push(connection);
      void script(connection);
    };
    this.#server = options.tls === undefined ? net.createServer(take) : tls.createServer(options.tls, take);
    this.#server.on('tlsClientError', () => {});
    this.#server.on('connection', (socket: net.Socket) => {
      this.opened += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
      });
    });
  }

  static async start(script: Script, options: PeerOptions = {}): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(script, options);
    await new Promise<void>((resolve) => peer.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return peer;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  url(path = '/'): string {
    return `${this.#server instanceof tls.Server ? 'https' : 'http'}://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves once no connection is left. Whoever leaves a socket open lets the test run out of time. */
  allClosed(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

class Connection implements PeerConnection {
  received = '';
  readonly #socket: net.Socket;
  readonly #listeners: (() => void)[] = [];

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      for (const listener of this.#listeners) listener();
    });
  }

  heard(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.received.includes(text)) resolve();
      };
      this.#listeners.push(look);
      look();
    });
  }

  say(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  sayForEver(bytes: string | Buffer): void {
    const one = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    // Many at a time: a write each would hold up this process, and with it the other side.
    const piece = Buffer.concat(new Array<Buffer>(Math.ceil(65_536 / one.length)).fill(one));
    const more = (): void => {
      while (!this.#socket.destroyed && this.#socket.write(piece));
    };
    this.#socket.on('drain', more);
    more();
  }

  drip(bytes: string): void {
    let at = 0;
    const timer = setInterval(() => {
      this.say(bytes[at % bytes.length]!);
      at += 1;
    }, dripMs);
    this.#socket.on('close', () => clearInterval(timer));
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

/** Waits for a whole request head, as a decent server would, then goes on as told. */
export function afterRequest(then: Script): Script {
  return async (connection) => {
    await connection.heard('\r\n\r\n');
    await then(connection);
  };
}

/** Says this once the request is there, and leaves the connection open. */
export function answering(bytes: string | Buffer): Script {
  return afterRequest((connection) => connection.say(bytes));
}

/** An answer with its length. */
export function page(body: string | Buffer, head = ''): Buffer {
  const bytes = Buffer.from(body as string);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}
