/** What the kill loop watches: pages and ports that go down and come back, and remember every request they got. */
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../server/src/platform/clock.ts';
import type { SeededRandom } from '../seeded-random.ts';

export interface LoggedRequest {
  /** `service/check` */
  readonly key: string;
  readonly startMs: number;
  /** Whether it was answered as its check expects. */
  readonly well: boolean;
  /** undefined while it is open. */
  endMs: number | undefined;
}

export interface ShopService {
  readonly serviceId: string;
  readonly downAfter: number;
  readonly page: boolean;
  readonly tcpPort: number | undefined;
}

/** What a check says to a port. */
export const question = 'well?';

type Way = 'up' | 'refuses' | 'resets' | 'hangs';

/** Two kinds of checks, one or two of them a service, verdicts after one result or after two. */
const shapes = [
  { page: true, port: false },
  { page: true, port: true },
  { page: false, port: true },
] as const;

export class LoggedShop implements AsyncDisposable {
  readonly requests: LoggedRequest[] = [];
  readonly services: ShopService[] = [];
  readonly #ways = new Map<string, Way>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #random: SeededRandom;
  #httpPort = 0;
  #flipping: NodeJS.Timeout | undefined;

  private constructor(random: SeededRandom) {
    this.#random = random;
  }

  static async start(services: number, random: SeededRandom): Promise<LoggedShop> {
    const shop = new LoggedShop(random);
    const http = createHttpServer((request, response) => shop.#answerPage(request.url!.slice(1), response));
    shop.#httpPort = await shop.#listen(http);
    for (let index = 0; index < services; index += 1) {
      const serviceId = `service-${index}`;
      const { page, port } = shapes[index % shapes.length]!;
      const tcpPort = port
        ? await shop.#listen(createServer((socket) => shop.#answerPort(serviceId, socket)))
        : undefined;
      shop.services.push({ serviceId, downAfter: 1 + (index % 2), page, tcpPort });
      shop.#ways.set(serviceId, 'up');
    }
    return shop;
  }

  pageUrl(serviceId: string): string {
    return `http://127.0.0.1:${this.#httpPort}/${serviceId}`;
  }

  /** From now on a service goes down or comes back about every so many milliseconds. */
  flipEvery(meanMs: number): void {
    const next = (): void => {
      this.#flipping = setTimeout(
        () => {
          this.#flip(this.#random.pick(this.services).serviceId);
          next();
        },
        meanMs * 2 * this.#random.ratio(),
      );
    };
    next();
  }

  /** Everything is well, and stays so. */
  mend(): void {
    clearTimeout(this.#flipping);
    for (const { serviceId } of this.services) this.#ways.set(serviceId, 'up');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#flipping);
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  #flip(serviceId: string): void {
    const isUp = this.#ways.get(serviceId) === 'up';
    this.#ways.set(serviceId, isUp ? this.#random.pick(['refuses', 'resets', 'hangs'] as const) : 'up');
  }

  async #listen(server: Server): Promise<number> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  #log(key: string, way: Way | undefined): LoggedRequest {
    const request = { key, startMs: systemClock.nowMs(), well: way === 'up', endMs: undefined };
    this.requests.push(request);
    return request;
  }

  #answerPage(serviceId: string, response: ServerResponse): void {
    const way = this.#ways.get(serviceId);
    if (way === undefined) {
      // Another test's discovery looks at every listener of this machine.
      response.writeHead(404).end();
      return;
    }
    const request = this.#log(`${serviceId}/page`, way);
    response.on('close', () => {
      request.endMs = systemClock.nowMs();
    });
    if (way === 'up') response.end('Open');
    else if (way === 'refuses') response.writeHead(503).end('Closed');
    else if (way === 'resets') response.socket?.resetAndDestroy();
  }

  #answerPort(serviceId: string, socket: Socket): void {
    // Whoever asks something else, such as another test's discovery, is no check.
    socket.once('data', (said) => {
      if (String(said) === question) this.#answerAsked(serviceId, socket);
      else socket.destroy();
    });
  }

  #answerAsked(serviceId: string, socket: Socket): void {
    const way = this.#ways.get(serviceId);
    const request = this.#log(`${serviceId}/port`, way);
    socket.on('close', () => {
      request.endMs = systemClock.nowMs();
    });
    if (way === 'up') socket.end('OK\n');
    else if (way === 'refuses') socket.end('NO\n');
    else if (way === 'resets') socket.resetAndDestroy();
  }
}
