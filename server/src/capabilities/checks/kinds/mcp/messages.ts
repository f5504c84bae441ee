/**
 * The messages of MCP: what is asked, and what an answer means, in both eras of the protocol. Pure.
 * Until 2025-11-25 a session begins with `initialize`; since 2026-07-28 there is none: each request brings its version
 * along, and `server/discover` says who answers.
 */

import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Facts } from '../../evidence.ts';

export const modernVersion = '2026-07-28';
const unsupportedVersion = -32_022;
/** Those that differ in nothing a check can see; the first is offered. */
const legacyVersions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

/** Why there is no answer to work with. What is thrown here ends the attempt. */
export class McpFault extends Error {
  readonly reason: ReasonCode;
  readonly facts: Facts;
  /** The cause lies with this machine or its rules. */
  readonly ours: boolean;

  constructor(reason: ReasonCode, facts: Facts, ours = false) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
    this.ours = ours;
  }
}

export function notMcp(code: string): McpFault {
  return new McpFault('protocol-error', { protocol: 'MCP', code });
}

export type Json = Readonly<Record<string, unknown>>;

export interface Message {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method: string;
  readonly params?: Json;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

export type RpcAnswer = { readonly result: Json } | { readonly error: RpcError };

export type Heard =
  | { readonly kind: 'answer'; readonly id: unknown; readonly answer: RpcAnswer }
  | { readonly kind: 'request'; readonly id: string | number; readonly method: string }
  | { readonly kind: 'notification' };

const self = { name: 'pitwall', title: 'Pitwall', version: '0.1.0' };

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function requestOf(id: number, method: string, params: Json, modern: boolean): Message {
  return { jsonrpc: '2.0', id, method, params: modern ? { ...params, _meta: envelope } : params };
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': modernVersion,
  'io.modelcontextprotocol/clientInfo': self,
  'io.modelcontextprotocol/clientCapabilities': {},
};

export const initializeParams: Json = { protocolVersion: legacyVersions[0], capabilities: {}, clientInfo: self };
export const initialized: Message = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** A server may ask, too: whether we are there, which must be answered, or for what a check cannot give. */
export function replyTo({ id, method }: { id: string | number; method: string }): object {
  if (method === 'ping') return { jsonrpc: '2.0', id, result: {} };
  return { jsonrpc: '2.0', id, error: { code: -32_601, message: 'A check does not do that' } };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** What a JSON value says, as JSON-RPC 2.0; throws McpFault where it is none. */
export function hear(value: unknown): Heard {
  if (!isObject(value)) throw notMcp('a message is no JSON object');
  if (value['jsonrpc'] !== '2.0') throw notMcp('a message does not name JSON-RPC 2.0');
  const { id, method, error, result } = value;
  if (typeof method === 'string') {
    if (id === undefined) return { kind: 'notification' };
    if (method === 'initialize' || method === 'server/discover') throw notMcp('it says back what it is told');
    if (typeof id === 'string' || typeof id === 'number') return { kind: 'request', id, method };
    throw notMcp('a request has no proper id');
  }
  if (isObject(error)) {
    const { code, message, data } = error;
    if (typeof code !== 'number') throw notMcp('an error has no code');
    const words = typeof message === 'string' && message !== '' ? message : 'no message';
    return { kind: 'answer', id, answer: { error: { code, message: words, data } } };
  }
  if (isObject(result)) return { kind: 'answer', id, answer: { result } };
  throw notMcp('a message is neither a request nor a result nor an error');
}

/** Whether an answer is the one to this request; an error may come without an id where the request was not understood. */
export function isAnswerTo(asked: Message, { id, answer }: Heard & { kind: 'answer' }): boolean {
  if (id === asked.id) return true;
  if ('error' in answer && (id === null || id === undefined)) return true;
  throw notMcp(`it answers request ${JSON.stringify(id)?.slice(0, 40) ?? 'without an id'}, asked was ${asked.id}`);
}

export interface Introduction {
  readonly version: string;
  readonly name: string | undefined;
  readonly serverVersion: string | undefined;
  readonly hasTools: boolean;
}

function introduction(version: string, info: unknown, capabilities: unknown): Introduction {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { name, version: serverVersion } = isObject(info) ? info : {};
  const hasTools = isObject(capabilities) && isObject(capabilities['tools']);
  return { version, name: text(name), serverVersion: text(serverVersion), hasTools };
}

/** The newer era’s answer to `server/discover`; undefined where it is none, so that the older handshake decides. */
export function readDiscovery(answer: RpcAnswer): Introduction | undefined {
  if ('error' in answer) {
    const supported = isObject(answer.error.data) ? answer.error.data['supported'] : undefined;
    if (answer.error.code !== unsupportedVersion || !Array.isArray(supported)) return undefined;
    if (supported.length === 0 || supported.some((version) => legacyVersions.includes(version))) return undefined;
    throw new McpFault('value-mismatch', {
      reading: 'The version of MCP',
      actual: supported.join(', ').slice(0, 80),
      expected: `${modernVersion} or older`,
    });
  }
  const { supportedVersions, capabilities, _meta } = answer.result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(modernVersion)) return undefined;
  const info = isObject(_meta) ? _meta['io.modelcontextprotocol/serverInfo'] : undefined;
  return introduction(modernVersion, info, capabilities);
}

export function readInitialized(answer: RpcAnswer): Introduction {
  const { protocolVersion, serverInfo, capabilities } = resultOf(answer, 'initialize', false);
  if (typeof protocolVersion !== 'string') throw notMcp('the handshake names no version');
  if (!legacyVersions.includes(protocolVersion)) {
    const facts = { reading: 'The version of MCP', actual: protocolVersion.slice(0, 80), expected: legacyVersions[0]! };
    throw new McpFault('value-mismatch', facts);
  }
  return introduction(protocolVersion, serverInfo, capabilities);
}

/** The result of an answer; its error, or a result that is not whole, is a fault. */
export function resultOf(answer: RpcAnswer, method: string, modern: boolean): Json {
  if ('error' in answer) {
    const { code, message } = answer.error;
    throw new McpFault('call-failed', { method, code, message });
  }
  if (!modern) return answer.result;
  const { resultType } = answer.result;
  if (resultType === 'complete') return answer.result;
  if (resultType === undefined) throw notMcp(`the result of ${method} has no resultType`);
  if (resultType === 'input_required')
    throw new McpFault('call-failed', {
      method,
      code: 'input_required',
      message: 'it asks back, which a check cannot answer',
    });
  throw notMcp(`the result of ${method} has an unknown resultType`);
}

export interface ToolEntry {
  readonly name: string;
  readonly inputSchema: unknown;
}

export interface ToolPage {
  readonly tools: readonly ToolEntry[];
  readonly nextCursor: string | undefined;
}

export function readTools(result: Json): ToolPage {
  const { tools, nextCursor } = result;
  if (!Array.isArray(tools)) throw notMcp('tools/list has no list of tools');
  const entries = tools.map((tool: unknown) => {
    if (!isObject(tool) || typeof tool['name'] !== 'string') throw notMcp('a tool in tools/list has no name');
    return { name: tool['name'], inputSchema: tool['inputSchema'] };
  });
  if (nextCursor !== undefined && nextCursor !== null && typeof nextCursor !== 'string')
    throw notMcp('nextCursor of tools/list is no text');
  return { tools: entries, nextCursor: nextCursor ?? undefined };
}

export interface ToolAnswer {
  readonly isError: boolean;
  /** All texts of the answer. */
  readonly text: string;
  /** The structured answer; undefined where there is none. */
  readonly structured: unknown;
}

export function readToolAnswer(result: Json): ToolAnswer {
  const { content, structuredContent, isError } = result;
  if (!Array.isArray(content)) throw notMcp('the result of a tool has no content');
  if (isError !== undefined && typeof isError !== 'boolean')
    throw notMcp('isError of a result is neither true nor false');
  const texts = content.flatMap((part: unknown) => {
    if (!isObject(part) || typeof part['type'] !== 'string') throw notMcp('a part of the content has no type');
    return typeof part['text'] === 'string' ? [part['text']] : [];
  });
  return { isError: isError === true, text: texts.join('\n'), structured: structuredContent };
}
