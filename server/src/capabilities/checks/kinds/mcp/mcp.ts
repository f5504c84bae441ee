/**
 * Kind `mcp`: speaks to an MCP server as an agent would, over HTTP or with a program on this machine, and calls a tool.
 * Spoken by ourselves and not by the SDK’s client: docs/adr/0007.
 */

import { makeEvidence } from '../../evidence.ts';
import type { ProbeContext, ProbeResult } from '../../kind.ts';
import { defineKind } from '../../kind.ts';
import { wordsOfMs } from '../../limits.ts';
import type { Channel } from './channel.ts';
import { lookAtEndpoint } from './endpoint.ts';
import { HttpChannel } from './http-channel.ts';
import { HttpDoor } from './http-door.ts';
import { judgeCall, judgeLatency, judgeServer, judgeTools, met, type Verdict } from './judge.ts';
import { type Introduction, McpFault, type RpcAnswer } from './messages.ts';
import { Session } from './session.ts';
import { type McpSpec, mcpSchema } from './spec.ts';
import { SseChannel } from './sse-channel.ts';
import { StdioChannel } from './stdio-channel.ts';

export const mcpKind = defineKind<McpSpec>({
  kind: 'mcp',
  title: 'MCP server and its tools',
  schema: mcpSchema,
  secretPaths: ['token', 'headers.*', 'env.*'],
  describe(observed, totalUs) {
    const { tool, tools, callMs, status } = observed;
    if (tool !== undefined)
      return callMs === undefined ? `tool ${tool} did not answer well` : `tool ${tool} answered in ${callMs} ms`;
    const what =
      status !== undefined
        ? `endpoint there (${status})`
        : tools === undefined
          ? 'MCP spoken'
          : `${tools} tools offered`;
    return `${what} in ${wordsOfMs(totalUs)} ms`;
  },
  probe: (spec, context) => new McpAttempt(spec, context).run(),
});

/**
 * Servers that know the older era only, so that they are not asked again what they did not understand: it would be a
 * request more for each check, and for a program that ends at such a question, a start more. Forgotten at any failure.
 */
const knownLegacy = new WeakSet<McpSpec>();
/** A program that does not answer a question of the newer era within this does not know it. */
const longestSilenceMs = 2_000;
/** What is said of a failing tool is shown this far. */
const mostWords = 160;

class McpAttempt {
  readonly #spec: McpSpec;
  readonly #context: ProbeContext;
  readonly #startUs: number;
  readonly #observed: Record<string, string | number | boolean> = {};
  readonly #setTimer: ProbeContext['clock']['setTimer'];
  #door: HttpDoor | undefined;
  #program: StdioChannel | undefined;
  #channel: Channel | undefined;
  #session: Session | undefined;
  #expired = false;

  constructor(spec: McpSpec, context: ProbeContext) {
    this.#spec = spec;
    this.#context = context;
    this.#startUs = context.clock.monotonicUs();
    this.#setTimer = (callback, delayMs) => context.clock.setTimer(callback, delayMs);
  }

  async run(): Promise<ProbeResult> {
    try {
      const result = this.#result(await this.#verdict());
      await this.#channel?.leave();
      return result;
    } finally {
      // Whatever happened, also what nobody thought of: nothing stays open.
      this.#drop();
    }
  }

  #drop(): void {
    this.#channel?.drop();
    this.#door?.drop();
  }

  #expire(): void {
    this.#expired = true;
    this.#drop();
  }

  async #verdict(): Promise<Verdict> {
    try {
      if (this.#spec.url !== undefined) {
        this.#door = new HttpDoor(this.#spec, this.#context);
        await this.#door.resolve();
      }
      this.#context.onDeadline(() => this.#expire());
      if (this.#spec.reach === 'endpoint') {
        this.#observed['status'] = await lookAtEndpoint(this.#door!);
        return judgeLatency(this.#spec, this.#totalUs(), undefined) ?? met;
      }
      return await this.#converse();
    } catch (error) {
      if (!(error instanceof McpFault)) throw error;
      knownLegacy.delete(this.#spec);
      return { outcome: error.ours ? 'unknown' : 'fail', reason: error.reason, facts: this.#factsOf(error) };
    }
  }

  async #converse(): Promise<Verdict> {
    const { call, expect = {} } = this.#spec;
    const introduction = await this.#meet();
    const { name = 'without a name', serverVersion = '', version, hasTools } = introduction;
    Object.assign(this.#observed, { server: `${name} ${serverVersion}`.trim().slice(0, 120), protocol: version });
    const session = this.#session!;
    const wrongServer = judgeServer(expect, introduction);
    if (wrongServer !== undefined) return wrongServer;
    if (expect.tools !== undefined || (call === undefined && hasTools)) {
      const tools = await session.tools();
      this.#observed['tools'] = tools.length;
      const missing = judgeTools(expect, tools);
      if (missing !== undefined) return missing;
    }
    let callUs: number | undefined;
    if (call !== undefined) {
      this.#observed['tool'] = call.tool;
      const calledUs = this.#context.clock.monotonicUs();
      const answer = await session.call(call.tool, call.arguments ?? {});
      callUs = this.#context.clock.monotonicUs() - calledUs;
      const wrongAnswer = judgeCall(call.tool, call.expect ?? {}, answer);
      if (wrongAnswer !== undefined) return wrongAnswer;
      this.#observed['callMs'] = Math.max(1, Math.round(callUs / 1_000));
    }
    return judgeLatency(this.#spec, this.#totalUs(), callUs) ?? met;
  }

  /** The newer era is asked for first, as the reference client does; who does not know it is met in the older. */
  async #meet(): Promise<Introduction> {
    if (this.#door !== undefined) this.#open(this.#httpChannel(this.#door));
    else this.#start();
    // The older transport is older than the newer era.
    if (this.#spec.transport !== 'sse' && !knownLegacy.has(this.#spec)) {
      const found = await this.#discover();
      if (found !== undefined) return found;
    }
    const introduction = await this.#session!.initialize();
    if (!this.#session!.modern) knownLegacy.add(this.#spec);
    return introduction;
  }

  #httpChannel(door: HttpDoor): Channel {
    return this.#spec.transport === 'sse' ? new SseChannel(door) : new HttpChannel(door, this.#setTimer);
  }

  #open(channel: Channel): void {
    this.#channel = channel;
    this.#session = new Session(channel);
    if (this.#expired) channel.drop();
  }

  #start(): void {
    this.#program = new StdioChannel(this.#spec, this.#setTimer);
    this.#open(this.#program);
  }

  async #discover(): Promise<Introduction | undefined> {
    const program = this.#program;
    try {
      return await this.#session!.discover((answer) => (program === undefined ? answer : this.#unlessSilent(answer)));
    } catch (error) {
      // Servers exist that fail at what they do not know, or end; whether they are well the older handshake tells.
      const unknown = error instanceof McpFault && (error.reason === 'wrong-status' || error.reason === 'not-mcp');
      if (unknown && !this.#expired) return undefined;
      if (program?.endedByItself !== true || this.#expired) throw error;
      this.#start();
      return undefined;
    }
  }

  async #unlessSilent(answer: Promise<RpcAnswer>): Promise<RpcAnswer | undefined> {
    const { promise: silent, resolve } = Promise.withResolvers<undefined>();
    const limitMs = Math.min(longestSilenceMs, this.#context.timeoutMs / 4);
    const cancel = this.#setTimer(() => resolve(undefined), limitMs);
    try {
      return await Promise.race([answer, silent]);
    } finally {
      cancel();
    }
  }

  /** What a socket was doing says less than what it was for. */
  #factsOf({ facts }: McpFault): Verdict['facts'] {
    const { doing } = facts;
    const general = doing === 'waiting for an answer' || doing === 'reading the answer';
    const words = general && this.#session !== undefined ? { doing: this.#session.doing } : {};
    return { ...facts, ...words, timeoutMs: this.#context.timeoutMs };
  }

  #totalUs(): number {
    return this.#context.clock.monotonicUs() - this.#startUs;
  }

  #result({ outcome, reason, facts }: Verdict): ProbeResult {
    const phases = { ...this.#door?.phases };
    // The server's name is its own words, too.
    const { facts: observed } = makeEvidence({ facts: this.#observed }, this.#context.secrets);
    const result = { outcome, reason, phases, totalUs: this.#totalUs(), observed };
    if (outcome === 'pass') return result;
    const trace = outcome === 'degraded' ? {} : (this.#door?.trace() ?? this.#program?.trace() ?? {});
    const evidence = makeEvidence({ facts, ...trace }, this.#context.secrets);
    // Shortened when the secrets are out: half a secret would not be recognised any more.
    const shortFacts = Object.fromEntries(
      Object.entries(evidence.facts).map(([name, fact]) => [name, typeof fact === 'string' ? shortened(fact) : fact]),
    );
    return { ...result, evidence: { ...evidence, facts: shortFacts } };
  }
}

function shortened(text: string): string {
  if (text.length <= mostWords) return text;
  const kept = text.slice(0, mostWords).trimEnd();
  return `${kept}…${kept.includes('“') ? '”' : ''}`;
}
