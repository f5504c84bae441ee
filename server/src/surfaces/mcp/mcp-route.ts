/** MCP over streamable HTTP at /mcp, of either protocol era, stateless: each request is judged by its own token. */
import { createMcpHandler, type McpRequestContext, type ServerEventBus } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type CallContext, type Caller, type Handlers, roleScopes } from '../../../../contract/src/handlers.ts';
import { operations } from '../../../../contract/src/operations.ts';
import type { EventBus } from '../../bus/events.ts';
import { carryOut, requireScope } from '../carry-out.ts';
import { asPitwallError } from '../http/problems.ts';
import { createMcpServer } from './mcp-server.ts';

const bodyLimitBytes = 64 * 1024;
const mostSubscriptions = 50;
const boardUri = mcpResourceOf(operations['board.brief']);

export interface McpRouteOptions {
  readonly handlers: Handlers;
  readonly bus: EventBus;
  readonly version: string;
  readonly authorize: (request: FastifyRequest) => Promise<Caller>;
  readonly onInternalError: (error: unknown, what: string) => void;
}

interface Visitor extends Record<string, unknown> {
  readonly caller: Caller;
  readonly remote: string;
}

const visitors = new WeakMap<FastifyRequest, Visitor>();

export async function addMcp(app: FastifyInstance, options: McpRouteOptions): Promise<void> {
  const mcp = createMcpHandler((context) => serverFor(options, context), {
    bus: boardChanges(options.bus),
    maxSubscriptions: mostSubscriptions,
    maxRequestBodySize: bodyLimitBytes,
  });
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
      const response = await mcp.fetch(asWebRequest(request, gone.signal), { authInfo });
      return reply.header('cache-control', 'no-store').send(response);
    });
  });
  // Streams that stay open would keep the server from closing.
  app.addHook('preClose', () => mcp.close());
}

function serverFor({ handlers, version, onInternalError }: McpRouteOptions, { authInfo, era }: McpRequestContext) {
  const { caller, remote } = authInfo!.extra as Visitor;
  const context: CallContext = { caller, remote, session: { token: undefined, start() {}, end() {} } };
  return createMcpServer({
    version,
    announces: era === 'modern',
    allows: ({ scope }) => scope === 'public' || roleScopes[caller.role].includes(scope),
    async call(operation, input) {
      requireScope(caller, operation.scope);
      return await carryOut(handlers, operation, input, context);
    },
    problemOf(error) {
      const known = asPitwallError(error);
      if (known.code === 'internal') onInternalError(error, 'MCP');
      return known.toProblem();
    },
  });
}

/** Each stream listens for itself, and for changes of status only: results come every second. */
function boardChanges(bus: EventBus): ServerEventBus {
  return {
    publish() {},
    subscribe: (listener) =>
      bus.subscribe((event) => {
        if (event.type === 'changed' && event.what !== 'results') listener({ kind: 'resource_updated', uri: boardUri });
      }),
  };
}

function mcpResourceOf({ mcp }: { readonly mcp: { readonly resource?: string } | false }): string {
  if (mcp === false || mcp.resource === undefined) throw new Error('The board is no resource');
  return mcp.resource;
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
