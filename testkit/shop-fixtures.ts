/** The shop of docs and example as servers of ours: they behave, well and badly, as the real ones were seen to. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { startMcp, type ToolState } from './mcp-servers.ts';
import { afterRows, beforeRows, logInDone, prepared, row } from './postgres-bytes.ts';

/** What can go wrong; change it at any time. */
export interface ShopState {
  /** Holds the admin page back this long; its budget is 300 ms. */
  adminDelayMs: number;
  /** The agent's process as its health page sees it; asleep, it takes a while to answer, and then is `ok`. */
  agent: 'ok' | 'starting' | 'crashed' | 'asleep';
  /** The search of the RAG server; its health page is green whatever it does. */
  readonly rag: ToolState;
}

export interface Shop extends AsyncDisposable {
  readonly state: ShopState;
  /** The variables that `examples/hot-rod-an/pitwall.yaml` reads. */
  readonly environment: Readonly<Record<string, string>>;
  /** Requests to the agent and the admin app, as `METHOD path`. */
  readonly requests: readonly string[];
  stopDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
}

const host = '127.0.0.1';
/** What counts as a cold start begins at a second. */
const startMs = 1_100;

/** Starts all of them on free ports. */
export async function startShop(): Promise<Shop> {
  const token = 'token-of-the-analytics-of-the-shop';
  const [rag, analytics, docs] = await Promise.all([
    startMcp('both eras'),
    startMcp('older transport', token),
    startMcp('sessions'),
  ]);
  const state: ShopState = { adminDelayMs: 0, agent: 'ok', rag: rag.state };
  const requests: string[] = [];
  const noted =
    (answer: RequestListener): RequestListener =>
    (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      answer(request, response);
    };
  let database: TcpServer | undefined = await listen(databaseServer(), 0);
  const databasePort = portOf(database);
  const redis = await listen(redisServer(), 0);
  const admin = await listen(createHttpServer(noted(adminApp(state))), 0);
  const agent = await listen(createHttpServer(noted(agentService(state, databasePort))), 0);
  const stopDatabase = async () => {
    if (database !== undefined) await close(database);
    database = undefined;
  };
  return {
    state,
    requests,
    environment: {
      HOTROD_ADMIN_URL: `http://${host}:${portOf(admin)}`,
      HOTROD_AGENT_URL: `http://${host}:${portOf(agent)}`,
      HOTROD_DATABASE_HOST: host,
      HOTROD_DATABASE_PORT: String(databasePort),
      HOTROD_RAG_URL: rag.origin,
      HOTROD_ANALYTICS_URL: analytics.origin,
      HOTROD_ANALYTICS_TOKEN: token,
      HOTROD_DOCS_URL: docs.origin,
      HOTROD_DATABASE_USER: 'postgres.shop',
      HOTROD_DATABASE_PASSWORD: 'not-a-real-password',
      HOTROD_REDIS_URL: `redis://${host}:${portOf(redis)}`,
      HOTROD_WEBHOOK_URL: `http://${host}:9/hook`,
      HOTROD_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    },
    stopDatabase,
    async startDatabase() {
      database ??= await listen(databaseServer(), databasePort);
    },
    async [Symbol.asyncDispose]() {
      const servers = [rag, analytics, docs].map((server) => server[Symbol.asyncDispose]());
      await Promise.all([close(admin), close(agent), close(redis), stopDatabase(), ...servers]);
    },
  };
}

/** Knows as much of the protocol of Postgres as a check needs: anybody may log in, and every query gives 1. */
function databaseServer(): TcpServer {
  return createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const said = bytes.toString('latin1');
      if (said.endsWith('\x04\xd2\x16\x2f')) socket.write('N');
      else if (said.includes('user\0')) socket.write(logInDone);
      else if (said.includes('BEGIN READ ONLY')) socket.write(prepared);
      else if (said.startsWith('P')) socket.write(Buffer.concat([beforeRows, row('1'), afterRows]));
      else socket.destroy();
    });
  });
}

/** A primary with a tenth of its memory in use. */
function redisServer(): TcpServer {
  const info = 'role:master\r\nused_memory:10\r\nmaxmemory:100\r\n';
  return createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('PING')) socket.write('+PONG\r\n');
      else socket.write(`$${info.length}\r\n${info}\r\n`);
    });
  });
}

/** No /health; 200 HTML in mock mode; 410 Gone, and fast, to plain scripts in live mode. */
function adminApp(state: ShopState): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop');
    if (url.pathname !== '/app') return text(response, 404, 'Not Found');
    if (url.searchParams.get('mock') !== '1') return text(response, 410, 'Gone');
    const answer = () => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!DOCTYPE html><html lang="en"><title>Hot Rod AN</title></html>');
    };
    if (state.adminDelayMs > 0) setTimeout(answer, state.adminDelayMs);
    else answer();
  };
}

/** Its health page knows nothing of the database; its approval queue reads it. */
function agentService(state: ShopState, databasePort: number): RequestListener {
  const awake = (request: IncomingMessage, response: ServerResponse) => {
    if (state.agent === 'crashed') return text(response, 502, 'Bad Gateway');
    if (request.url === '/health') {
      const status = state.agent === 'ok' ? 'ok' : 'starting';
      const timestamp = '2025-10-12T02:45:33.000Z';
      return json(response, 200, { status, service: 'shop-agent-service', version: '0.9.2', timestamp });
    }
    if (request.url !== '/approvals') return text(response, 404, 'Not Found');
    const socket = connect(databasePort, host);
    socket.once('connect', () => {
      socket.destroy();
      json(response, 200, []);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => json(response, 500, { error: `database: ${error.code}` }));
  };
  return (request, response) => {
    if (state.agent !== 'asleep') return awake(request, response);
    setTimeout(() => {
      state.agent = 'ok';
      awake(request, response);
    }, startMs);
  };
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(body);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function listen<S extends Server | TcpServer>(server: S, port: number): Promise<S> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function portOf(server: Server | TcpServer): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server | TcpServer): Promise<void> {
  if ('closeAllConnections' in server) server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
