/** A small shop on this machine: what the screenshots are taken of. Loopback only, on ports that are free. */
import { createServer, type RequestListener, type Server as WebServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';

export interface DemoShop {
  /** The configuration that watches it. */
  readonly config: string;
  /** Where the agent service listens. */
  readonly agentAddress: string;
  /** Answers of the staff page wait this long from now on. */
  slowDown(delayMs: number): void;
  /** The agent service goes away, as a killed process does. */
  stopAgent(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const html =
  (title: string): RequestListener =>
  (_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>${title}</title><h1>${title}</h1><button>Add to cart</button>`);
  };
const json: RequestListener = (_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"status":"ok"}');
};

async function listen(server: Server | WebServer): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function closing(server: Server | WebServer): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close(() => resolve());
    });
}

export async function openDemoShop(): Promise<DemoShop> {
  const stack = new AsyncDisposableStack();
  let delayMs = 0;
  const ports: Record<string, number> = {};
  const open = async (name: string, server: Server | WebServer): Promise<() => Promise<void>> => {
    ports[name] = await listen(server);
    const close = closing(server);
    stack.defer(close);
    return close;
  };
  const web = (name: string, answer: RequestListener, baseMs: number) =>
    open(
      name,
      createServer((request, response) => {
        const slowMs = name === 'staff' ? delayMs : 0;
        setTimeout(() => answer(request, response), baseMs + slowMs);
      }),
    );
  await web('storefront', html('Parts for old engines'), 40);
  await web('checkout', html('Checkout'), 60);
  await web('search', json, 30);
  const stopAgent = await web('agent', json, 80);
  await web('staff', html('Shop admin'), 70);
  await web('images', html('Images'), 20);
  await open(
    'redis',
    createSocketServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write('+PONG\r\n'));
    }),
  );
  await open(
    'postgres',
    // Read on, as a socket that nobody reads never hears that the other side has closed.
    createSocketServer((socket) => socket.on('error', () => {}).resume()),
  );
  await open('chat', createServer(json));
  return {
    config: configOf(ports),
    agentAddress: `127.0.0.1:${ports['agent']}`,
    slowDown(ms) {
      delayMs = ms;
    },
    stopAgent,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function configOf(ports: Readonly<Record<string, number>>): string {
  const url = (name: string, path = '/') => `"http://127.0.0.1:${ports[name]}${path}"`;
  return `defaults: { interval: 60s, timeout: 5s, retries: 0 }
services:
  storefront:
    title: Storefront
    tile: cx
    criticality: P0
    facesCustomers: true
    ability: Browsing
    checks:
      page: { title: First page, kind: http, url: ${url('storefront')}, expect: { text: Add to cart, latency: { total: 800ms } } }
  checkout:
    title: Checkout
    tile: cx
    criticality: P0
    facesCustomers: true
    ability: Orders
    dependsOn: [postgres]
    checks:
      page: { title: Checkout page, kind: http, url: ${url('checkout')}, expect: { status: 200, latency: { total: 500ms } } }
  agent:
    title: Agent service
    tile: cx
    criticality: P1
    facesCustomers: true
    ability: Chat replies
    dependsOn: [redis]
    checks:
      health: { title: Health, kind: http, url: ${url('agent', '/health')}, expect: { json: { $.status: ok }, latency: { total: 1s } } }
  search:
    title: Product search
    tile: cx
    criticality: P1
    facesCustomers: true
    ability: Searching
    checks:
      index: { title: Index answers, kind: http, url: ${url('search')}, expect: { json: { $.status: ok }, latency: { total: 300ms } } }
  staff:
    title: Admin app
    tile: fulfillment
    criticality: P1
    ability: Staff tiles
    dependsOn: [postgres, redis]
    checks:
      page: { title: Staff page, kind: http, url: ${url('staff')}, expect: { text: Shop admin, latency: { total: 400ms } } }
  images:
    title: Product images
    tile: inventory
    criticality: P2
    ability: Product images
    facesCustomers: true
    checks:
      sample: { title: A sample image, kind: http, url: ${url('images', '/sample')}, expect: { latency: { total: 200ms } } }
  postgres:
    title: Postgres
    criticality: P0
    checks:
      port: { title: Takes connections, kind: tcp, host: 127.0.0.1, port: ${ports['postgres']}, expect: { latency: { total: 100ms } } }
  redis:
    title: Redis
    criticality: P1
    checks:
      ping: { title: Answers PING, kind: tcp, host: 127.0.0.1, port: ${ports['redis']}, send: "PING\\r\\n", expect: { text: "+PONG", latency: { total: 100ms } } }
channels:
  owner: { kind: webhook, url: ${url('chat', '/hooks/owner')}, secret: "\${DEMO_WEBHOOK_SECRET}" }
`;
}
