/** Real MCP servers, of the reference implementation, as the shop's: two tools, one of which can be broken. */
import { createServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  createMcpHandler,
  isInitializeRequest,
  type JSONRPCMessage,
  McpServer,
  type Transport,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** What can be wrong with the tools while `/health` stays green; change it at any time. */
export interface ToolState {
  search: 'ok' | 'broken' | 'throws' | 'hangs';
  delayMs: number;
}

export function shopTools(state: ToolState): McpServer {
  const server = new McpServer({ name: 'shop-rag-mcp', version: '1.4.0' });
  const answer = { found: 2, names: ['brake pads', 'brake discs'] };
  server.registerTool(
    'search',
    {
      description: 'Searches the catalogue',
      inputSchema: z.object({ query: z.string() }),
      outputSchema: z.looseObject({}),
    },
    async ({ query }) => {
      if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
      if (state.search === 'hangs') await new Promise(() => {});
      if (state.search === 'throws') throw new Error("Cannot find package 'llamaindex'");
      if (state.search === 'broken')
        return { isError: true, content: [{ type: 'text', text: "Query failed: No module named 'tiktoken'" }] };
      return {
        content: [{ type: 'text', text: `2 parts for ${query}: brake pads, brake discs` }],
        structuredContent: answer,
      };
    },
  );
  server.registerTool('stock', { description: 'What is in stock' }, () => ({
    content: [{ type: 'text', text: '{"sku":"BP-1","count":7}' }],
  }));
  const sku = z.string().meta({ 'x-mcp-header': 'Sku' });
  server.registerTool('price', { description: 'What a part costs', inputSchema: z.object({ sku }) }, () => ({
    content: [{ type: 'text', text: '49.90' }],
  }));
  return server;
}

export type Posture = 'both eras' | 'newer era only' | 'sessions' | 'sessions, JSON' | 'older transport';

export interface McpOverHttp extends AsyncDisposable {
  readonly state: ToolState;
  readonly url: string;
  readonly origin: string;
  /** `METHOD path` of each request, with its MCP method where it has one. */
  readonly requests: readonly string[];
  readonly sessions: ReadonlyMap<string, unknown>;
  /** Resolves once no connection is left. Whoever leaves one open lets the test run out of time. */
  readonly noSockets: () => Promise<void>;
}

/** `/mcp` as asked for, `/health` green whatever happens, and with a token a locked door. */
export async function startMcp(posture: Posture, token?: string): Promise<McpOverHttp> {
  const state: ToolState = { search: 'ok', delayMs: 0 };
  const requests: string[] = [];
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const noSockets = () =>
    sockets.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve));
  const streams = new EventStreams(() => shopTools(state));
  const handler = createMcpHandler(() => shopTools(state), {
    legacy: posture === 'both eras' ? 'stateless' : 'reject',
  });
  const withSession = async (request: Request): Promise<Response> => {
    const id = request.headers.get('mcp-session-id');
    if (request.method === 'GET' && !(request.headers.get('accept') ?? '').includes('text/event-stream'))
      return refusal(406, 'Not Acceptable: Client must accept text/event-stream');
    const known = id === null ? undefined : sessions.get(id);
    if (known !== undefined) return known.handleRequest(request);
    const body: unknown = request.method === 'POST' ? await request.clone().json() : undefined;
    if (!isInitializeRequest(body)) return refusal(400, 'Bad Request: No valid session ID provided');
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => `session-${sessions.size + 1}`,
      enableJsonResponse: posture === 'sessions, JSON',
      onsessioninitialized: (name) => void sessions.set(name, transport),
      onsessionclosed: (name) => void sessions.delete(name),
    });
    await shopTools(state).connect(transport);
    return transport.handleRequest(request);
  };
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await webRequest(incoming);
    const text = request.method === 'POST' ? await request.clone().text() : '';
    const method = (JSON.parse(text || '{}') as { method?: string }).method;
    const { pathname } = new URL(request.url);
    requests.push([request.method, pathname, method].filter((word) => word !== undefined).join(' '));
    // Neither knows anything of the tools; that of the shop's analytics says no more than OK.
    if (pathname === '/health')
      return send(response, posture === 'older transport' ? new Response('OK') : Response.json({ status: 'ok' }));
    if (pathname !== '/mcp' && posture !== 'older transport')
      return send(response, new Response('Not Found', { status: 404 }));
    if (token !== undefined && request.headers.get('authorization') !== `Bearer ${token}`) {
      const challenge = { 'www-authenticate': `Bearer realm="shop", error="invalid_token"` };
      return send(response, new Response('no', { status: 401, headers: challenge }));
    }
    if (posture === 'older transport') return streams.answer(request, response);
    const aborted = new AbortController();
    response.on('close', () => aborted.abort());
    const own = new Request(request, { signal: aborted.signal });
    return send(response, await (posture.startsWith('sessions') ? withSession(own) : handler.fetch(own)));
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of waiting.splice(0)) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ state, requests, sessions, origin, url: `${origin}/mcp`, noSockets },
    async [Symbol.asyncDispose]() {
      await Promise.all([
        handler.close(),
        ...[...sessions.values()].map((transport) => transport.close()),
        closed(server),
      ]);
    },
  };
}

/** The transport that was before streamable HTTP: the SDK has no server for it any more, so its server is carried here. */
class EventStreams {
  readonly #streams = new Map<string, Transport>();
  readonly #make: () => McpServer;

  constructor(make: () => McpServer) {
    this.#make = make;
  }

  async answer(request: Request, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url);
    const id = searchParams.get('session');
    if (request.method === 'POST' && pathname === '/messages') {
      const stream = this.#streams.get(id ?? '');
      if (stream === undefined) return send(response, new Response('no session', { status: 404 }));
      stream.onmessage?.((await request.json()) as JSONRPCMessage);
      return send(response, new Response(null, { status: 202 }));
    }
    if (request.method !== 'GET' || pathname !== '/mcp') return send(response, new Response('no', { status: 405 }));
    const name = String(this.#streams.size + 1);
    const stream: Transport = {
      start: () => Promise.resolve(),
      send(message) {
        response.write(`event: message\r\ndata: ${JSON.stringify(message)}\r\n\r\n`);
        return Promise.resolve();
      },
      close: () => Promise.resolve(void response.end()),
    };
    this.#streams.set(name, stream);
    response.on('close', () => stream.onclose?.());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`: hello\r\n\r\nevent: endpoint\r\ndata: /messages?session=${name}\r\n\r\n`);
    await this.#make().connect(stream);
  }
}

/** A server as a program: `command` of a check. */
export function mcpProgram(...options: readonly string[]): string[] {
  return [process.execPath, fileURLToPath(new URL('./mcp-program.ts', import.meta.url)), ...options];
}

function refusal(status: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }, { status });
}

async function webRequest(incoming: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2)
    headers.append(incoming.rawHeaders[index]!, incoming.rawHeaders[index + 1]!);
  const { method = 'GET' } = incoming;
  const body = method === 'POST' ? { body: Buffer.concat(parts) } : {};
  return new Request(`http://${incoming.headers.host}${incoming.url}`, { method, headers, ...body });
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body !== null) for await (const part of answer.body) response.write(part);
  response.end();
}

function closed(server: NodeServer): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
