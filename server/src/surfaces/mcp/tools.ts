/** The operations that agents get, as tools and resources: made once from their declarations. */
import type { Tool } from '@modelcontextprotocol/server';
import { inputJsonSchema, outputJsonSchema } from '../../../../contract/src/json-schema.ts';
import type { AgentTool, Effect, Operation } from '../../../../contract/src/operation.ts';
import { operations } from '../../../../contract/src/operations.ts';
import { inputError } from '../http/problems.ts';

export interface OfferedTool {
  readonly operation: Operation;
  readonly declared: AgentTool;
  readonly tool: Tool;
}

/** Reading stays within Pitwall; what does something may reach a target outside. */
const annotationsOf: Readonly<Record<Effect, NonNullable<Tool['annotations']>>> = {
  read: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  write: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
  dangerous: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
};

export const offeredTools: readonly OfferedTool[] = (Object.values(operations) as Operation[]).flatMap((operation) => {
  const { mcp } = operation;
  if (mcp === false) return [];
  const tool = {
    name: mcp.tool,
    title: mcp.title,
    description: mcp.description,
    inputSchema: inputJsonSchema(mcp.input ?? operation.input),
    outputSchema: outputJsonSchema(mcp.concise?.output ?? operation.output),
    annotations: annotationsOf[operation.effect],
  } as unknown as Tool;
  return [{ operation, declared: mcp, tool }];
});

/** Carries the tool's operation out by `call`, with the tool's own, narrower input, in the tool's shorter form. */
export async function runTool(
  { operation, declared }: OfferedTool,
  given: unknown,
  call: (operation: Operation, input: unknown) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const parsed = (declared.input ?? operation.input).safeParse(given);
  if (!parsed.success) throw inputError(parsed.error, given, declared.input ?? operation.input);
  const output = await call(operation, parsed.data);
  const { concise } = declared;
  const shown = concise === undefined ? output : concise.output.parse(concise.from(output, parsed.data));
  return shown as Record<string, unknown>;
}

/** The tool that a resource's address stands for, and its input. */
export function resourceAt(
  uri: string,
): { readonly tool: OfferedTool; readonly input: Record<string, string> } | undefined {
  for (const tool of offeredTools) {
    const { resource } = tool.declared;
    if (resource === undefined) continue;
    const pattern = resource.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const groups = new RegExp(`^${pattern}$`).exec(uri);
    if (groups !== null) return { tool, input: decoded(groups.groups ?? {}) };
  }
  return undefined;
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeOr(text)]));
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
