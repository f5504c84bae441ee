/**
 * Whether an MCP endpoint answers, by one plain GET and without a session. Its healthy answers to that are refusals:
 * it wants another `Accept` (406), no GET (405), a session first (400 with an error of MCP) or a login (401).
 */
import type { ExchangeAnswer } from '../../../../platform/http-exchange.ts';
import { needsLogin, notMcpAnswer, rpcErrorIn } from './http-channel.ts';
import { type HttpDoor, mediaType } from './http-door.ts';
import { hear, McpFault, parseJson } from './messages.ts';

/** Its status; throws McpFault where it is no answer of an MCP endpoint. */
export async function lookAtEndpoint(door: HttpDoor): Promise<number> {
  const answer = await door.exchange({
    method: 'GET',
    headers: { Accept: 'application/json' },
    // The older transport answers with its stream, which has no end.
    endlessStreams: 'stop',
  });
  const fault = faultOf(answer, door);
  if (fault !== undefined) throw fault;
  return answer.statusCode;
}

function faultOf(answer: ExchangeAnswer, door: HttpDoor): McpFault | undefined {
  const { statusCode, rawHeaders } = answer;
  if (statusCode === 405 || statusCode === 406) return undefined;
  if (statusCode === 401) {
    const fault = needsLogin(rawHeaders, door.hasLogin);
    const asks = rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'www-authenticate');
    // Without a login of ours it was not refused: it guards its door, so it is there.
    return asks && !door.hasLogin ? undefined : fault;
  }
  if (statusCode === 400 && rpcErrorIn(door.text(answer)) !== undefined) return undefined;
  if (statusCode !== 200)
    return new McpFault('wrong-status', {
      actual: statusCode,
      expected: 'what an MCP endpoint says to a plain GET: 406, 405, 401 or a stream',
    });
  if (mediaType(rawHeaders) === 'text/event-stream' || saysJsonRpc(door.text(answer))) return undefined;
  return notMcpAnswer(answer, door.text(answer));
}

function saysJsonRpc(text: string): boolean {
  try {
    hear(parseJson(text));
    return true;
  } catch {
    return false;
  }
}
