/** An MCP server as a program, well or badly behaved: `node testkit/mcp-program.ts [HOW]`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { ToolState } from './mcp-servers.ts';

const [how = 'both eras', file = ''] = process.argv.slice(2);
const state: ToolState = { search: 'ok', delayMs: 0 };
/** Loaded by those that need it: it takes longer than all the rest. */
async function real() {
  const [{ shopTools }, { serveStdio, StdioServerTransport }, { McpServer }] = await Promise.all([
    import('./mcp-servers.ts'),
    import('@modelcontextprotocol/server/stdio'),
    import('@modelcontextprotocol/server'),
  ]);
  return { shopTools, serveStdio, StdioServerTransport, McpServer };
}
const say = (value: unknown) => process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);

switch (how) {
  case 'both eras': {
    const { serveStdio, shopTools } = await real();
    serveStdio(() => shopTools(state));
    break;
  }
  case 'newer era only': {
    const { serveStdio, shopTools } = await real();
    serveStdio(() => shopTools(state), { legacy: 'reject' });
    break;
  }
  case 'older era only': {
    const { shopTools, StdioServerTransport } = await real();
    await shopTools(state).connect(new StdioServerTransport());
    break;
  }
  case 'ends at what it does not know':
  case 'says nothing to what it does not know': {
    const [first] = (await once(process.stdin, 'data')) as [Buffer];
    const known = String(first).includes('"initialize"');
    if (!known && how.startsWith('ends')) process.exit(3);
    const { shopTools, StdioServerTransport } = await real();
    if (known) process.stdin.unshift(first);
    await shopTools(state).connect(new StdioServerTransport());
    break;
  }
  case 'tells its environment': {
    const { McpServer, serveStdio } = await real();
    const server = new McpServer({ name: 'environment', version: '1' });
    server.registerTool('env', {}, () => ({
      content: [{ type: 'text', text: JSON.stringify({ ...process.env, cwd: process.cwd(), pid: process.pid }) }],
    }));
    serveStdio(() => server);
    break;
  }
  case 'hangs with a child': {
    const child = spawn('sleep', ['600'], { stdio: 'inherit' });
    writeFileSync(file, `${process.pid} ${child.pid}`);
    process.stdin.resume();
    break;
  }
  case 'stays when its input ends': {
    const { serveStdio, shopTools } = await real();
    writeFileSync(file, String(process.pid));
    serveStdio(() => shopTools(state));
    setInterval(() => {}, 1_000);
    break;
  }
  case 'crashes':
    process.stderr.write("Error: Cannot find package 'llamaindex'\n");
    process.exit(1);
    break;
  case 'talks': {
    const { serveStdio, shopTools } = await real();
    say('Server ready on stdio');
    serveStdio(() => shopTools(state));
    break;
  }
  case 'floods':
    for (;;) {
      if (!process.stdout.write(`${'x'.repeat(65_536)}\n`)) await once(process.stdout, 'drain');
    }
  case 'lies':
    process.stdin.once('data', () => say({ jsonrpc: '2.0', id: -7, result: {} }));
    break;
  default:
    process.exit(64);
}
