/** Whether what an MCP server said is what was expected, and if not, why not. Pure. Wrong outranks slow. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import type { Facts } from '../../evidence.ts';
import { slowness } from '../../limits.ts';
import { parseJsonPath, sameJson, valueAtPath } from '../http/json-path.ts';
import { type Introduction, parseJson, type ToolAnswer, type ToolEntry } from './messages.ts';
import type { CallExpectations, McpSpec, ServerExpectations } from './spec.ts';

export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

export const met: Verdict = { outcome: 'pass', reason: 'expectations-met', facts: {} };

function fail(reason: ReasonCode, facts: Facts): Verdict {
  return { outcome: 'fail', reason, facts };
}

export function judgeServer({ server }: ServerExpectations, seen: Introduction): Verdict | undefined {
  const { name = seen.name, version = seen.serverVersion } = server ?? {};
  if (name !== seen.name)
    return fail('value-mismatch', { reading: 'The server’s name', actual: seen.name ?? 'not told', expected: name! });
  if (version === seen.serverVersion) return undefined;
  const actual = seen.serverVersion ?? 'not told';
  return fail('value-mismatch', { reading: 'The server’s version', actual, expected: version! });
}

export function judgeTools({ tools = [] }: ServerExpectations, offered: readonly ToolEntry[]): Verdict | undefined {
  const names = new Set(offered.map(({ name }) => name));
  const missing = tools.find((tool) => !names.has(tool));
  return missing === undefined ? undefined : fail('tool-missing', { tool: missing, offered: names.size });
}

export function judgeCall(tool: string, expect: CallExpectations, answer: ToolAnswer): Verdict | undefined {
  const { isError = false, text, notText, json } = expect;
  const message = answer.text === '' ? 'it does not say why' : answer.text;
  if (answer.isError && !isError) return fail('tool-failed', { tool, message });
  const mismatch = (actual: string, expected: string) => fail('tool-mismatch', { tool, actual, expected });
  if (!answer.isError && isError) return mismatch(quoted(answer.text), 'an error');
  if (text !== undefined && !answer.text.includes(text)) return mismatch(quoted(answer.text), `the text “${text}”`);
  if (notText !== undefined && answer.text.includes(notText)) return mismatch(quoted(answer.text), `no “${notText}”`);
  if (json === undefined) return undefined;
  const value = answer.structured === undefined ? parseJson(answer.text) : answer.structured;
  if (value === undefined) return mismatch(quoted(answer.text), 'JSON');
  for (const [path, wanted] of Object.entries(json)) {
    const actual = valueAtPath(value, parseJsonPath(path)!);
    if (!sameJson(actual, wanted)) return mismatch(`${inWords(actual)} at ${path}`, JSON.stringify(wanted));
  }
  return undefined;
}

function quoted(text: string): string {
  return text === '' ? 'no text' : `“${text}”`;
}

/** JSON can be parsed far deeper than it can be written again. */
function inWords(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'something nested too deeply to be shown';
  }
}

export function judgeLatency(spec: McpSpec, totalUs: number, callUs: number | undefined): Verdict | undefined {
  const slow =
    slowness('The whole conversation', totalUs, spec.expect?.latency?.total) ??
    slowness(`The tool ${spec.call?.tool}`, callUs ?? 0, spec.call?.expect?.latency?.total);
  return slow === undefined ? undefined : { outcome: 'degraded', reason: 'too-slow', facts: slow };
}
