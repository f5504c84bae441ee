/** MCP over streamable HTTP at /mcp: who comes in is judged as the API judges it, before anything is read. */
import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../../../../contract/src/handlers.ts';
import type { McpHandlerOptions, Visitor } from './mcp-handler.ts';

export interface McpRouteOptions extends McpHandlerOptions {
  readonly authorize: (request: FastifyRequest) => Promise<Caller>;
}

const visitors = new WeakMap<FastifyRequest, Visitor>();

export async function addMcp(app: FastifyInstance, options: McpRouteOptions): Promise<void> {
  let handler: Promise<McpHttpHandler> | undefined;
  // The library is 9 MiB and 0.1 s of every start: whoever has no agent does without.
  const loaded = () => {
    handler ??= import('./mcp-handler.ts').then((module) => module.createHandler(options));
    return handler;
  };
  await app.register(async (scope) => {
    // What is not JSON is answered as JSON-RPC has it, by the library.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
    // Before the body is read.
    scope.addHook('onRequest', async (request) => {
      visitors.set(request, { caller: await options.authorize(request), remote: request.ip });
    });
    scope.all('/mcp', async (request, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const visitor = visitors.get(request)!;
      const authInfo = { token: '', clientId: visitor.caller.actor, scopes: [], extra: visitor };
      const mcp = await loaded();
      const response = await mcp.fetch(asWebRequest(request, gone.signal), { authInfo });
      return reply.header('cache-control', 'no-store').send(response);
    });
  });
  // Streams that stay open would keep the server from closing.
  app.addHook('preClose', async () => (await handler)?.close());
}

function asWebRequest(request: FastifyRequest, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const { method } = request;
  const body = method === 'POST' && typeof request.body === 'string' ? { body: request.body } : {};
  return new Request(`http://${request.host}${request.url}`, { method, headers, signal, ...body });
}
