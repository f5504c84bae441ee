/** Pitwall as an MCP server, whoever carries the operations out: this process (HTTP) or a client of it (stdio). */
import { type CallToolResult, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { errorCodes, type Problem } from '../../../../contract/src/error-codes.ts';
import type { Operation } from '../../../../contract/src/operation.ts';
import { instructions, triage, triagePrompt } from './prompts.ts';
import { type OfferedTool, offeredTools, resourceAt, runTool } from './tools.ts';

export interface McpServerOptions {
  readonly version: string;
  /** What is not allowed is not offered; that it is refused when called all the same is up to `call`. */
  readonly allows: (operation: Operation) => boolean;
  readonly call: (operation: Operation, input: unknown) => Promise<unknown>;
  /** Whatever was thrown, as callers see it. */
  readonly problemOf: (error: unknown) => Problem;
  /** Whether changes of resources can be announced. */
  readonly announces: boolean;
}

const json = 'application/json';

export function createMcpServer(options: McpServerOptions): Server {
  const { version, announces } = options;
  const server = new Server(
    { name: 'pitwall', title: 'Pitwall', version },
    { capabilities: { tools: {}, resources: { subscribe: announces }, prompts: {} }, instructions },
  );
  const offered = offeredTools.filter(({ operation }) => options.allows(operation));
  server.setRequestHandler('tools/list', () => ({ tools: offered.map(({ tool }) => tool) }));
  server.setRequestHandler('tools/call', ({ params }) => callTool(options, params.name, params.arguments ?? {}));
  const withResource = offered.filter(({ declared }) => declared.resource !== undefined);
  const isTemplate = ({ declared }: OfferedTool) => declared.resource!.includes('{');
  server.setRequestHandler('resources/list', () => ({
    resources: withResource
      .filter((tool) => !isTemplate(tool))
      .map((tool) => ({ uri: tool.declared.resource!, ...describe(tool) })),
  }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: withResource
      .filter(isTemplate)
      .map((tool) => ({ uriTemplate: tool.declared.resource!, ...describe(tool) })),
  }));
  server.setRequestHandler('resources/read', async ({ params: { uri } }) => {
    const found = resourceAt(uri);
    if (found === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no resource ${uri}`, { uri });
    }
    const shown = await runTool(found.tool, found.input, options.call).catch((error: unknown) => {
      throw protocolError(options.problemOf(error));
    });
    return { contents: [{ uri, mimeType: json, text: JSON.stringify(shown) }] };
  });
  server.setRequestHandler('prompts/list', () => ({ prompts: [triagePrompt] }));
  server.setRequestHandler('prompts/get', ({ params }) => {
    if (params.name === triagePrompt.name) return triage(params.arguments?.['serviceId']);
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no prompt ${params.name}; there is: triage`);
  });
  return server;
}

function describe({ declared }: OfferedTool) {
  return { name: declared.tool, title: declared.title, description: declared.description, mimeType: json };
}

/** What goes wrong within a tool is a result, so that the model reads it and can do better. */
async function callTool(options: McpServerOptions, name: string, given: unknown): Promise<CallToolResult> {
  const tool = offeredTools.find((one) => one.tool.name === name);
  if (tool === undefined) {
    const names = offeredTools.map((one) => one.tool.name).join(', ');
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${name}; there are: ${names}`);
  }
  try {
    const shown = await runTool(tool, given, options.call);
    return { content: [{ type: 'text', text: JSON.stringify(shown) }], structuredContent: shown };
  } catch (error) {
    return { content: [{ type: 'text', text: JSON.stringify(options.problemOf(error)) }], isError: true };
  }
}

/** Where MCP has no result for it: resources. */
function protocolError(problem: Problem): ProtocolError {
  return new ProtocolError(errorCodes[problem.code].mcpCode, problem.message, problem);
}
