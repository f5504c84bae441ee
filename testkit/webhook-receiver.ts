/** A real HTTP server that receives webhooks and behaves as told, request by request. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { WebhookMessage } from '../contract/src/webhook-message.ts';

/** What a request meets: a status, or trouble. */
export type Behaviour =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Reads the request and never answers. */
  | 'hang'
  /** Reads the request, then resets the connection. */
  | 'reset'
  /** Answers 200 and sends a body without an end. */
  | 'endless'
  /** Answers 200 at once; the promised body never comes. */
  | 'stalled-body'
  /** Answers 302 to a place on this same server that says 200. */
  | 'redirect';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: WebhookMessage;
}

/** What a request meets, where that depends on it; a promise keeps it waiting. */
export type Decide = (request: ReceivedRequest) => Behaviour | Promise<Behaviour>;

export class WebhookReceiver {
  readonly requests: ReceivedRequest[] = [];
  readonly #server: Server;
  readonly #script: Behaviour[] = [];
  #decide: Decide = () => 204;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #closedSockets = 0;
  readonly #closedWaiting: { readonly count: number; readonly resolve: () => void }[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('error', () => {});
      request.on('end', () => {
        const body = Buffer.concat(pieces).toString('utf8');
        const { method = '', url = '', headers } = request;
        // Another test's discovery may look at every listener of this machine: it is no delivery.
        if (!url.startsWith('/hooks/') && url !== '/elsewhere') {
          response.writeHead(404).end();
          return;
        }
        const received = { method, path: url, headers, body, message: parse(body) };
        this.requests.push(received);
        void Promise.resolve(this.#script.shift() ?? this.#decide(received)).then((met) => behave(met, response));
        release(this.#waiting, this.requests.length);
      });
    });
    this.#server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#closedSockets += 1;
        release(this.#closedWaiting, this.#closedSockets);
      });
    });
  }

  static async start(port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject);
      receiver.#server.listen(port, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks/secret-path?key=secret-key`;
  }

  /** What requests meet that no script speaks of: 204 where nobody says otherwise. */
  answerWith(decide: Decide): void {
    this.#decide = decide;
  }

  /** What the next requests meet, in order. */
  script(...behaviours: readonly Behaviour[]): void {
    this.#script.push(...behaviours);
  }

  /** Resolves once so many requests have come in all. */
  received(count: number): Promise<void> {
    return reached(this.#waiting, this.requests.length, count);
  }

  /** Resolves once so many connections have been closed in all. */
  closed(count: number): Promise<void> {
    return reached(this.#closedWaiting, this.#closedSockets, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Throws unless the signature is right for the secret (`whsec_…`). */
export function verifySignature({ body, headers }: ReceivedRequest, secret: string): void {
  new Webhook(secret).verify(body, headers as Record<string, string>);
}

function reached(
  waiting: { readonly count: number; readonly resolve: () => void }[],
  now: number,
  count: number,
): Promise<void> {
  if (now >= count) return Promise.resolve();
  return new Promise((resolve) => waiting.push({ count, resolve }));
}

function release(waiting: { readonly count: number; readonly resolve: () => void }[], now: number): void {
  for (const entry of [...waiting]) {
    if (entry.count > now) continue;
    waiting.splice(waiting.indexOf(entry), 1);
    entry.resolve();
  }
}

function parse(body: string): WebhookMessage {
  try {
    return JSON.parse(body) as WebhookMessage;
  } catch {
    return {} as WebhookMessage;
  }
}

function behave(behaviour: Behaviour, response: ServerResponse): void {
  if (behaviour === 'hang') return;
  if (behaviour === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (behaviour === 'redirect') {
    response.writeHead(302, { location: '/elsewhere' }).end();
    return;
  }
  if (behaviour === 'stalled-body') {
    response.writeHead(200, { 'content-length': '100' });
    response.flushHeaders();
    return;
  }
  if (behaviour === 'endless') {
    response.writeHead(200);
    const piece = 'x'.repeat(16_384);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    response.on('error', () => {});
    more();
    return;
  }
  const answer = typeof behaviour === 'number' ? { status: behaviour } : behaviour;
  response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
}
