/** One conversation with an MCP server, whatever carries it: who are you, what can you do, do this. */
import type { Channel } from './channel.ts';
import { argumentHeaders } from './http-channel.ts';
import {
  type Introduction,
  initialized,
  initializeParams,
  type Json,
  McpFault,
  modernVersion,
  notMcp,
  type RpcAnswer,
  readDiscovery,
  readInitialized,
  readToolAnswer,
  readTools,
  requestOf,
  resultOf,
  type ToolAnswer,
  type ToolEntry,
} from './messages.ts';

/** As the reference client: a list of more pages than these is taken to be without end. */
const mostPages = 64;
const headerMismatch = -32_020;

export class Session {
  readonly #channel: Channel;
  #nextId = 1;
  /** Whether the newer era is spoken. */
  modern = false;
  #discovery: Promise<RpcAnswer> | undefined;
  #limited: ((answer: Promise<RpcAnswer>) => Promise<RpcAnswer | undefined>) | undefined;
  #tools: readonly ToolEntry[] | undefined;
  /** What is under way, as it reads in “no answer while …”. */
  doing = 'shaking hands';

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * The newer era’s question; undefined where it is not understood, and the older handshake is to decide. `limited` may
   * give up waiting: the answer may still come then.
   */
  async discover(
    limited: (answer: Promise<RpcAnswer>) => Promise<RpcAnswer | undefined>,
  ): Promise<Introduction | undefined> {
    this.#limited = limited;
    this.#discovery = this.#channel.ask(requestOf(this.#id(), 'server/discover', {}, true));
    this.#discovery.catch(() => {});
    return this.#discovered(await limited(this.#discovery));
  }

  async initialize(): Promise<Introduction> {
    const answer = await this.#channel.ask(requestOf(this.#id(), 'initialize', initializeParams, false));
    if ('error' in answer && this.#discovery !== undefined) {
      // A server of the newer era that was slow to start: its answer to the first question is under way.
      const found = this.#discovered(await this.#limited?.(this.#discovery).catch(() => undefined));
      if (found !== undefined) return found;
    }
    const found = readInitialized(answer);
    this.#channel.agree({ modern: false, version: found.version });
    await this.#channel.tell(initialized);
    return found;
  }

  #discovered(answer: RpcAnswer | undefined): Introduction | undefined {
    const found = answer === undefined ? undefined : readDiscovery(answer);
    if (found === undefined) return undefined;
    this.modern = true;
    this.#channel.agree({ modern: true, version: modernVersion });
    return found;
  }

  async tools(): Promise<readonly ToolEntry[]> {
    if (this.#tools !== undefined) return this.#tools;
    this.doing = 'asking for its tools';
    const all: ToolEntry[] = [];
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const answer = await this.#ask('tools/list', cursor === undefined ? {} : { cursor });
      const page = readTools(resultOf(answer, 'tools/list', this.modern));
      for (const tool of page.tools) all.push(tool);
      cursor = page.nextCursor;
      if (cursor !== undefined && seen.has(cursor)) throw notMcp('the pages of tools/list lead in a circle');
      if (seen.size + 1 >= mostPages && cursor !== undefined)
        throw notMcp(`tools/list has more than ${mostPages} pages and no end`);
      if (cursor !== undefined) seen.add(cursor);
    } while (cursor !== undefined);
    this.#tools = all;
    return all;
  }

  async call(tool: string, values: Json): Promise<ToolAnswer> {
    const words = `calling the tool ${tool}`;
    this.doing = words;
    const params = { name: tool, arguments: values };
    const headers = () => argumentHeaders(this.#tools?.find(({ name }) => name === tool)?.inputSchema, values);
    let answer = await this.#ask('tools/call', params, this.modern ? headers() : {});
    if (this.modern && 'error' in answer && answer.error.code === headerMismatch && this.#tools === undefined) {
      // Its schema asks for arguments in the head: only now it is worth a request to know which.
      await this.tools();
      this.doing = words;
      answer = await this.#ask('tools/call', params, headers());
    }
    try {
      return readToolAnswer(resultOf(answer, `a call of ${tool}`, this.modern));
    } catch (error) {
      // The servers of the reference implementation say so, each in its own way.
      if (error instanceof McpFault && isUnknownTool(error)) throw new McpFault('tool-missing', { tool });
      throw error;
    }
  }

  #ask(method: string, params: Json, headers?: Readonly<Record<string, string>>): Promise<RpcAnswer> {
    return this.#channel.ask(requestOf(this.#id(), method, params, this.modern), headers);
  }

  #id(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }
}

function isUnknownTool({ reason, facts }: McpFault): boolean {
  return (
    reason === 'call-failed' &&
    facts['code'] === -32_602 &&
    /\btool\b.*\bnot found\b|unknown tool/i.test(String(facts['message']))
  );
}
