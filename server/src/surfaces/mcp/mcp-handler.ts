/** Requests of either protocol era, stateless: each is served by a server of its own, made for whoever asks. */
import {
  createMcpHandler,
  type McpHttpHandler,
  type McpRequestContext,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import { type CallContext, type Caller, type Handlers, roleScopes } from '../../../../contract/src/handlers.ts';
import { operations } from '../../../../contract/src/operations.ts';
import type { EventBus } from '../../bus/events.ts';
import { carryOut, requireScope } from '../carry-out.ts';
import { asPitwallError } from '../http/problems.ts';
import { createMcpServer } from './mcp-server.ts';

const bodyLimitBytes = 64 * 1024;
const mostSubscriptions = 50;

export interface McpHandlerOptions {
  readonly handlers: Handlers;
  readonly bus: EventBus;
  readonly version: string;
  readonly onInternalError: (error: unknown, what: string) => void;
}

/** Whom the request was let in as. */
export interface Visitor extends Record<string, unknown> {
  readonly caller: Caller;
  readonly remote: string;
}

export function createHandler(options: McpHandlerOptions): McpHttpHandler {
  return createMcpHandler((context) => serverFor(options, context), {
    bus: boardChanges(options.bus, mcpResourceOf(operations['board.brief'])),
    maxSubscriptions: mostSubscriptions,
    maxRequestBodySize: bodyLimitBytes,
  });
}

function serverFor({ handlers, version, onInternalError }: McpHandlerOptions, { authInfo, era }: McpRequestContext) {
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
function boardChanges(bus: EventBus, boardUri: string): ServerEventBus {
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
