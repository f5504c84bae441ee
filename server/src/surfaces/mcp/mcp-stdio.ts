/** MCP over standard input and output: `./pitwall mcp`, started by an agent's host, a client of the running Pitwall. */
import { once } from 'node:events';
import process from 'node:process';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createMcpServer, type McpServerOptions } from './mcp-server.ts';

/** Resolves when whoever started it closes its end. */
export async function serveMcpOverStdio(options: Omit<McpServerOptions, 'allows' | 'announces'>): Promise<number> {
  // The token of the command line is a manager's; Pitwall itself judges what is called.
  const handle = serveStdio(() => createMcpServer({ ...options, allows: () => true, announces: false }));
  await once(process.stdin, 'close');
  await handle.close();
  return 0;
}
